import * as assert from 'uvu/assert';
import { Machine, VARIANT_A } from '../../../../orchestrator/model/index.js';
import type { MachineOperation, MappedPage, UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { free, init, place, poke } from '../support.js';
import { fill, hugeOnDevice, map, migrate, munmap, play, read, step, word } from './user.js';

/** What can be asked of user memory, and what it does not take. */
const test = suite('model/mapping/state');

test('where the pages of a mapping are', () => {
  const machine = play([
    map(8),
    read(1),
    fill(2, 1),
    migrate([3, 9]),
    { op: 'mprotect', name: 'm', page: 3, count: 2, access: 'read' },
    munmap(5, 1),
  ]);
  const pte = { order: 0, level: 'pte', write: false, exclusive: false } as const;
  const own = { ...pte, exclusive: true } as const;
  const want: MappedPage[] = [
    { kind: 'none', ...pte },
    { kind: 'zero', ...pte },
    { kind: 'ram', ...own, write: true },
    { kind: 'device', ...own, pfn: 9 },
    { kind: 'none', ...pte },
    { kind: 'unmapped', ...pte },
    { kind: 'none', ...pte },
    { kind: 'none', ...pte },
  ];
  assert.equal(machine.user.pages('m'), want);
  assert.is(machine.user.rss(), 2);
});

test('huge pages: zero, in RAM, on the device, of the test and of a child', () => {
  const huge = (name: string): UserOperation => ({ op: 'mmap', name, pages: 513, thp: true });
  const on = (op: UserOperation, name: string) => ({ ...op, name }) as UserOperation;
  const machine = play([
    huge('zero'),
    huge('ram'),
    huge('device'),
    on(read(3), 'zero'),
    on(fill(511, 2), 'ram'),
    on(fill(0, 1), 'device'),
    on(migrate([0, 512, 9]), 'device'),
  ]);
  const { user } = machine;
  const pmd = { level: 'pmd', order: 9, write: true, exclusive: true } as const;
  assert.equal(user.pages('zero')[511], { ...pmd, kind: 'zero', write: false, exclusive: false });
  assert.equal(user.pages('ram')[0], { ...pmd, kind: 'ram' });
  assert.equal(user.pages('ram')[512], { ...pmd, kind: 'ram', level: 'pte', order: 0 });
  assert.equal(user.pages('device')[511], { ...pmd, kind: 'device', pfn: 1023 });
  assert.is(user.rss(), 1025);
  assert.is(user.charged, 1025);
  assert.equal([user.nrAnon(9), user.nrAnon(0), user.nrAnon(1)], [2, 0, 0]);
  assert.equal(user.folio(700), { order: 9, refcount: 1, mapcount: 1, entire: 1 });
  step(machine, { op: 'fork', child: 'c' });
  assert.equal(user.processes, ['main', 'c']);
  assert.equal(user.mappings('c'), ['zero', 'ram', 'device']);
  assert.is(user.rss('c'), 1025);
  assert.is(user.charged, 1025, 'what two processes map is charged once');
  assert.equal(user.pages('device', 'c')[0], {
    ...pmd,
    kind: 'device',
    pfn: 512,
    write: false,
    exclusive: false,
  });
  assert.equal(user.folio(512), { order: 9, refcount: 2, mapcount: 2, entire: 2 });
});

test('mappings lie where the guest says, else one behind the other; they are told by address', () => {
  const machine = play([
    { op: 'mmap', name: 'x', pages: 2, thp: false },
    { op: 'mmap', name: 'y', pages: 2, thp: false },
    { op: 'mmap', name: 'low', pages: 2, thp: false, address: 0x200000n },
  ]);
  for (const [i, name] of ['x', 'y', 'low'].entries())
    step(machine, { ...(migrate([1, i + 1]) as UserOperation & { op: 'migrate' }), name });
  assert.equal(machine.user.mappings(), ['low', 'x', 'y']);
  const index = (page: number): bigint => word(machine, page, 4);
  assert.equal([index(1), index(2), index(3)], [0x7f0000001n, 0x7f0040001n, 0x201n]);
});

test('a page is unmapped alone where no count is given', () => {
  const machine = play([map(4), fill(0, 4), { op: 'munmap', name: 'm', page: 1 }]);
  assert.equal(
    machine.user.pages('m').map(({ kind }) => kind),
    ['ram', 'unmapped', 'ram', 'ram'],
  );
  step(machine, munmap(0, 4));
  assert.equal(machine.user.mappings(), [], 'a range over all of it frees the name');
});

test('a write leaves data unless it is said to keep what is there; pages of zeroes do not stay mapped by a split', () => {
  const write = (page: number, data?: boolean): UserOperation => ({
    ...(fill(page, 1) as UserOperation & { op: 'access' }),
    ...(data !== undefined && { data }),
  });
  const machine = play([map(512, true), write(0), write(1, true), write(2, false), read(3)]);
  step(machine, { ...(migrate([0, 9]) as UserOperation & { op: 'migrate' }), compound: false });
  const kinds = machine.user.pages('m').map(({ kind }) => kind);
  assert.equal(kinds.slice(0, 5), ['device', 'ram', 'zero', 'zero', 'zero']);
  assert.is(machine.user.rss(), 2);
  assert.is(machine.user.charged, 2);
});

test('what there is not is refused, and nothing is changed', () => {
  const machine = play([map(4), { op: 'fork', child: 'c' }]);
  const refused: readonly (readonly [UserOperation, RegExp])[] = [
    [map(4), /mapping m exists/],
    [{ op: 'fork', child: 'c' }, /process c exists/],
    [{ op: 'exit', process: 'd' }, /no process d/],
    [{ op: 'fork', child: 'e', parent: 'd' }, /no process d/],
    [{ op: 'munmap', name: 'n' }, /process main has no mapping n/],
    [read(0, 1, 'd'), /no process d/],
  ];
  for (const [op, error] of refused) assert.throws(() => machine.apply(op), error);
  assert.throws(() => machine.user.pages('n', 'c'), /process c has no mapping n/);
  assert.equal(machine.user.processes, ['main', 'c']);
  step(machine, { op: 'fork', child: 'd', parent: 'c' });
  assert.equal(machine.user.mappings('d'), ['m']);
});

test('a knob stays as it is where a step does not name it', () => {
  const ops: readonly UserOperation[] = [
    { op: 'knobs', failLarge: 1 },
    { op: 'knobs', split: 'absent' },
    ...hugeOnDevice,
    { op: 'knobs' },
  ];
  const { callbacks } = step(play(ops), read(0));
  assert.equal(
    callbacks.map(({ fn, order }) => `${fn} ${order}`),
    ['migrate_to_ram 9', 'migrate_to_ram 0', 'folio_free 0'],
  );
});

test('what the driver does at a split: with its data, without', () => {
  for (const [split, data] of [
    ['zdd', 0xabcn],
    ['pgmap', 0n],
    ['absent', 0n],
  ] as const) {
    const machine = play([
      { op: 'knobs', split },
      ...hugeOnDevice,
      poke(0, 16, 8, 0xabcn),
      munmap(0, 1),
      read(5),
    ]);
    assert.is(word(machine, 6, 2), data, split);
    assert.is(word(machine, 6, 1), word(machine, 1023, 1), `pgmap, ${split}`);
    assert.is(word(machine, 6, 3) & 3n, 1n, `mapping, ${split}`);
  }
});

/** Variant a leaves the flags of a page as they are: the destination can have flags of an earlier life (mm/migrate.c:811). */
test('writeback that nobody began ends when a page comes, and its readahead bit with it', () => {
  const flagsOf = (flags: bigint): bigint => {
    const ops: readonly MachineOperation[] = [poke(7, 0, 4, flags), map(4), fill(0, 1), migrate([0, 7])];
    return word(play(ops, VARIANT_A), 7, 0);
  };
  const arrived = 0xc000000000022818n;
  assert.is(flagsOf(0x2000n), arrived);
  assert.is(flagsOf(0x2002n), arrived);
  assert.is(flagsOf(0x12002n), arrived);
  assert.is(flagsOf(0x12000n), arrived | 0x10000n);
});

test('by variant a the destination may be a tail of a dead folio: sizes differ, or its head is locked', () => {
  const lines = (pfn: number): string | undefined => {
    const machine = new Machine(VARIANT_A, place());
    for (const op of [init('1@0'), free(0), map(4), fill(0, 1)]) step(machine, op);
    const { crash, hang } = machine.apply(migrate([0, pfn]));
    return (crash ?? hang)?.line;
  };
  assert.is(lines(1), 'mm/memcontrol.c:5583');
  assert.is(lines(2), undefined);
});

test.run();
