import * as assert from 'uvu/assert';
import { Machine, VARIANTS, VARIANT_A, VARIANT_B, layout73 } from '../../../../orchestrator/model/index.js';
import type {
  MachineOperation,
  MappedPage,
  UserOperation,
  Variant,
} from '../../../../orchestrator/model/index.js';
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
  const machine = play([poke(7, 0, 4, 0x12002n), map(4), fill(0, 1), migrate([0, 7])], VARIANT_A);
  assert.equal(
    [1, 16].map((bit) => machine.origin(7, bit >> 3, bit & 7)?.fn),
    ['folio_migrate_flags', 'folio_migrate_flags'],
  );
});

test('by variant a the destination may be a tail of a dead folio: sizes differ, or its head is locked', () => {
  const lines = (pfn: number, config = {}): string | undefined => {
    const machine = new Machine(VARIANT_A, place(1024, layout73('mask', config)));
    for (const op of [init('1@0'), free(0), map(4), fill(0, 1)]) step(machine, op);
    const { crash, hang } = machine.apply(migrate([0, pfn]));
    return (crash ?? hang)?.line;
  };
  assert.is(lines(1), 'mm/memcontrol.c:5583');
  assert.is(lines(2), undefined);
  assert.is(lines(1, { DEBUG_VM: false }), undefined, 'nobody looks');
});

test('a destination that looks charged: nomemcg leaves what was there (mm/memcontrol.c:commit_charge)', () => {
  const lineOf = (config: Readonly<Record<string, boolean>>, page: number, pfn: number) => {
    const machine = new Machine(VARIANTS['nomemcg'] as Variant, place(1024, layout73('mask', config)));
    for (const op of [init('2@0'), free(0), map(4), fill(0, 1)]) step(machine, op);
    return machine.apply(migrate([page, pfn])).crash?.line;
  };
  for (const page of [0, 2]) {
    assert.is(lineOf({}, page, 1), 'mm/memcontrol.c:2881', page === 0 ? 'a page in RAM' : 'a hole');
    assert.is(lineOf({ DEBUG_VM: false }, page, 1), undefined);
    assert.is(lineOf({}, page, 2), undefined);
  }
});

test('a page without a charge has none in RAM either (mm/memcontrol.c:mem_cgroup_migrate)', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7]), poke(7, 56, 8, 0n)]);
  const { warnings } = machine.apply({ op: 'evict', pfn: 0, count: 8 });
  assert.equal(
    warnings.map(({ line }) => line),
    ['mm/memcontrol.c:5595'],
  );
  step(machine, munmap());
  assert.is(machine.user.charged, 1, 'nobody gives it back');
});

test('a fault that comes to nothing is tried twelve times, then it is said to hang; so is one that waits for a lock', () => {
  const [spun, waited, huge] = (
    [
      [map(4), fill(0, 1), migrate([0, 7]), poke(7, 52, 4, 2n)],
      [map(4), fill(0, 1), migrate([0, 7]), poke(7, 0, 1, 0x19n)],
      [...hugeOnDevice, poke(0, 0, 1, 0x59n)],
    ] as const
  ).map((ops) => play(ops).apply(read(0)));
  assert.is(spun?.callbacks.length, 12);
  assert.equal(spun?.hang, {
    why: 'the access to page 0 of mapping m faults again and again',
    line: 'mm/memory.c:do_swap_page',
    config: 'any',
  });
  assert.equal(waited?.hang, {
    why: 'a CPU fault on page 7 of the device waits for the lock of its folio',
    line: 'mm/memory.c:softleaf_entry_wait_on_locked',
    config: 'any',
  });
  assert.is(huge?.hang?.line, 'mm/huge_memory.c:1507');
  assert.is(huge?.hang?.config, 'any');
});

test('a page that only one process has left is its own again at a write, without a copy', () => {
  const left: readonly UserOperation[] = [
    { op: 'fork', child: 'c' },
    { op: 'exit', process: 'c' },
  ];
  for (const [pages, ops, charged] of [
    ['small', [map(4), fill(0, 4)], 4],
    ['huge', [map(512, true), fill(0, 512)], 512],
    ['by small entries', [map(512, true), fill(0, 512), munmap(511, 1)], 512],
    ['by two small entries', [map(512, true), fill(0, 512), munmap(2, 510)], 512],
    ['by one small entry: a copy is cheaper', [map(512, true), fill(0, 512), munmap(1, 511)], 1],
  ] as const) {
    const machine = play([...ops, ...left]);
    assert.is(machine.user.pages('m')[0]?.exclusive, false, pages);
    step(machine, fill(0, 1));
    const { write, exclusive, level } = machine.user.pages('m')[0] as MappedPage;
    assert.equal([write, exclusive, level], [true, true, pages === 'huge' ? 'pmd' : 'pte'], pages);
    assert.is(machine.user.charged, charged, pages);
  }
});

test('the second window of a mapping: a fault brings back its own page, munmap takes it alone', () => {
  const machine = play([map(1024, true), fill(0, 1), fill(600, 1), migrate([512, 0, 9])]);
  step(machine, munmap(0, 512));
  assert.is(machine.user.rss(), 512);
  step(machine, read(600));
  assert.equal([machine.refs, machine.user.pages('m')[1023]?.kind], [0, 'ram']);
});

test('a hole on the device is of zeroes, wherever its copy lies', () => {
  const machine = play([map(512, true), migrate([0, 512, 9]), read(0)]);
  machine.apply({ ...(migrate([0, 9]) as UserOperation & { op: 'migrate' }), compound: false });
  assert.equal([machine.user.rss(), machine.user.pages('m')[1]?.kind], [1, 'zero']);
});

test('MADV_DONTNEED of all pages of a PMD splits nothing (mm/memory.c:zap_pmd_range)', () => {
  const end = { op: 'dontneed', name: 'm', page: 0, count: 512 } as const;
  const machine = play([...hugeOnDevice, end]);
  assert.equal(machine.bytes, play([...hugeOnDevice, munmap()]).bytes);
  assert.is(machine.origin(300, 48)?.step, 0, 'its pages were never mapped one by one');
});

test('PG_private goes from a page that is left (mm/migrate.c:folio_migrate_flags)', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7]), poke(7, 0, 4, 0x26818n)]);
  step(machine, { op: 'evict', pfn: 0, count: 8 });
  assert.is(word(machine, 7, 0), 0xc000000000022018n);
});

test('page->private goes from a page that is left', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7]), poke(7, 40, 8, 5n)]);
  step(machine, { op: 'evict', pfn: 0, count: 8 });
  assert.is(word(machine, 7, 5), 0n);
});

test("a page that is taken from its process is locked meanwhile, and nobody's own", () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7]), poke(7, 0, 4, 0x2281an)]);
  machine.apply({ op: 'evict', pfn: 0, count: 8 });
  assert.equal([word(machine, 7, 0) & 0x801n, machine.origin(7, 0, 0)?.fn], [1n, 'lock_page']);
});

test('checks that no option takes out: a page that is being written is a BUG without DEBUG_VM too', () => {
  const lineOf = (flags: bigint): string | undefined => {
    const layout = layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false });
    const machine = new Machine(VARIANT_B, place(1024, layout));
    for (const op of [map(4), fill(0, 1), migrate([0, 7])]) step(machine, op);
    machine.apply(poke(7, 0, 4, flags));
    return machine.apply({ op: 'evict', pfn: 0, count: 8 }).crash?.line;
  };
  assert.is(lineOf(0x2281an), 'mm/migrate_device.c:1234');
  assert.is(lineOf(0x62918n), undefined, 'active and unevictable');
});

test("a page that is its process' own says who has written so", () => {
  const { fn, field } = play([map(4), fill(0, 1), migrate([0, 7])]).origin(7, 1, 3) ?? {};
  assert.equal([fn, field], ['SetPageAnonExclusive', 'PG_anon_exclusive']);
});

test('what a step does not write keeps its writer', () => {
  const by = (machine: Machine, byte: number, bit?: number): string => {
    const { step: at, fn } = machine.origin(byte === 0 ? 0 : 1, byte, bit) ?? {};
    return `${at} ${fn}`;
  };
  const machine = play([...hugeOnDevice, munmap(0, 1)]);
  assert.is(by(machine, 20), '4 __folio_add_rmap');
  step(machine, { op: 'fork', child: 'c' });
  assert.is(by(machine, 20), '4 __folio_add_rmap', 'every page was mapped already');
  assert.is(by(machine, 16), '5 folio_add_return_large_mapcount');
  step(machine, { op: 'exit', process: 'c' });
  assert.is(by(machine, 20), '4 __folio_add_rmap', 'every page is mapped still');
  const shared = play([...hugeOnDevice, { op: 'fork', child: 'c' }, { op: 'knobs', failLarge: 1 }]);
  step(shared, { op: 'evict', pfn: 0, count: 512 });
  assert.is(shared.origin(0, 1, 3)?.step, 4, 'only an exclusive page stops to be so');
  const forks = (ops: readonly UserOperation[]): number | undefined =>
    play([...ops, { op: 'fork', child: 'c' }, { op: 'fork', child: 'd' }]).origin(0, 1, 3)?.step;
  assert.is(forks(hugeOnDevice), 4, 'nor is it taken by the second fork');
  assert.is(forks([map(4), fill(0, 1), migrate([0, 0])]), 4);
});

test.run();
