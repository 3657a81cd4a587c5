import * as assert from 'uvu/assert';
import { suite } from '../../../harness/suite.js';
import { free, init } from '../support.js';
import { fill, hugeOnDevice, map, migrate, munmap, play, read, step, word } from './user.js';

const test = suite('model/mapping/migrate');
const UPTODATE_DIRTY_SWAPBACKED = 0xc000000000022018n;
const EXCLUSIVE = 0x800n;

test('a written page on the device: flags, index, anon_vma and charge of its source, one reference (T3, T4)', () => {
  const machine = play([map(4), fill(0, 4), migrate([2, 7])]);
  assert.is(word(machine, 7, 0), UPTODATE_DIRTY_SWAPBACKED | EXCLUSIVE);
  assert.is(word(machine, 7, 3) & 3n, 1n);
  assert.is(word(machine, 7, 4), 0x200002n);
  assert.is(word(machine, 7, 6), 0x1_00000000n);
  assert.is.not(word(machine, 7, 7), 0n);
  assert.equal(machine.user.folio(7), { order: 0, refcount: 1, mapcount: 1, entire: 0 });
  assert.is(machine.user.charged, 4);
  assert.is(machine.user.rss(), 4);
  assert.is(machine.refs, 1);
});

test('a hole: uptodate and swapbacked, not dirty (T3h)', () => {
  const machine = play([map(4), migrate([1, 7])]);
  assert.is(word(machine, 7, 0), 0xc000000000022008n | EXCLUSIVE);
  assert.equal(machine.user.pages('m')[1], {
    kind: 'device',
    order: 0,
    level: 'pte',
    write: true,
    exclusive: true,
    pfn: 7,
  });
  assert.is(machine.user.charged, 1);
});

test('a huge page: one PMD mapping, one reference, its counts in page 1', () => {
  const machine = play(hugeOnDevice);
  assert.equal(machine.user.folio(300), { order: 9, refcount: 1, mapcount: 1, entire: 1 });
  assert.is(word(machine, 0, 0), UPTODATE_DIRTY_SWAPBACKED | EXCLUSIVE | 0x40n);
  assert.is(word(machine, 1, 2), 0x00800000_00000000n);
  assert.is(word(machine, 1, 3), 0n);
  assert.is(word(machine, 1, 4), 0xffffffff_00000000n);
  assert.is(word(machine, 1, 5) >> 32n, 0n);
  assert.is(machine.user.nrAnon(9), 1);
  assert.is(machine.user.charged, 512);
});

test('a PMD fault brings all of it back and frees the folio at order 9', () => {
  const machine = play(hugeOnDevice);
  const { callbacks } = step(machine, read(100));
  assert.equal(callbacks, [
    { fn: 'migrate_to_ram', pfn: 0, order: 9 },
    { fn: 'folio_free', pfn: 0, order: 9 },
  ]);
  assert.is(machine.refs, 0);
  assert.equal(machine.user.pages('m')[511], {
    kind: 'ram',
    order: 9,
    level: 'pmd',
    write: true,
    exclusive: true,
  });
  assert.is(word(machine, 0, 7), 0n);
  assert.is(word(machine, 0, 3), 0n);
  assert.is(word(machine, 1, 7), 0x200n);
});

test('without a large page the folio stays on PTEs, and the next fault splits it: migrate_to_ram comes three times', () => {
  const machine = play([...hugeOnDevice, { op: 'knobs', failLarge: 1 }]);
  const { callbacks } = step(machine, read(100));
  const seen = callbacks.filter(({ fn }) => fn !== 'folio_split');
  assert.equal(seen, [
    { fn: 'migrate_to_ram', pfn: 0, order: 9 },
    { fn: 'migrate_to_ram', pfn: 100, order: 0 },
    { fn: 'migrate_to_ram', pfn: 100, order: 0 },
    { fn: 'folio_free', pfn: 100, order: 0 },
  ]);
  assert.is(callbacks.length - seen.length, 512);
  assert.is(machine.refs, 511);
  assert.is(machine.user.nrAnon(9), 0);
});

test('partial unmap splits the PMD, then the mapcounts of single pages go (T6, T7)', () => {
  const machine = play(hugeOnDevice);
  const { callbacks } = step(machine, munmap(256, 256));
  assert.equal(callbacks, []);
  assert.equal(machine.user.folio(0), { order: 9, refcount: 256, mapcount: 256, entire: 0 });
  assert.is(word(machine, 1, 2), (256n << 32n) | 255n);
  assert.is(word(machine, 1, 4), 0xffffffff_000000ffn);
  assert.is(word(machine, 255, 6), 0n);
  assert.is(word(machine, 256, 6), 0xffffffffn);
  assert.is(word(machine, 256, 0) & EXCLUSIVE, EXCLUSIVE);
});

test('a PTE fault splits first; pieces that nobody maps are freed, the first page last', () => {
  const machine = play([...hugeOnDevice, munmap(0, 2)]);
  const { callbacks } = step(machine, read(5));
  const seen = callbacks.filter(({ fn }) => fn !== 'folio_split');
  assert.equal(seen, [
    { fn: 'migrate_to_ram', pfn: 5, order: 0 },
    { fn: 'folio_free', pfn: 1, order: 0 },
    { fn: 'folio_free', pfn: 0, order: 0 },
    { fn: 'migrate_to_ram', pfn: 5, order: 0 },
    { fn: 'folio_free', pfn: 5, order: 0 },
  ]);
  assert.is(machine.refs, 509);
  assert.is(word(machine, 6, 0), (UPTODATE_DIRTY_SWAPBACKED & ~0x2000n) | EXCLUSIVE);
  step(machine, munmap());
  assert.is(machine.refs, 0);
  assert.is(machine.user.charged, 0);
});

test('a huge page to small device pages: the system folio is split, the rest stays in RAM', () => {
  const machine = play([map(512, true), fill(0, 512)]);
  const { migrate: answer } = step(
    machine,
    migrate(...Array.from({ length: 512 }, (_, i) => [i, i] as const)),
  );
  assert.is(answer?.migrated, 512);
  assert.is(machine.refs, 512);
  assert.is(machine.user.nrAnon(9), 0);
  assert.equal(machine.user.folio(511), { order: 0, refcount: 1, mapcount: 1, entire: 0 });
});

test('a huge hole with a large destination', () => {
  const machine = play([map(512, true), migrate([0, 512, 9])]);
  assert.equal(machine.user.folio(512), { order: 9, refcount: 1, mapcount: 1, entire: 1 });
  assert.is(machine.user.charged, 512);
  assert.is(word(machine, 513, 0), 0xc000000000002209n);
});

test('an aborted migration frees its destinations and leaves the source, dirty now', () => {
  const machine = play([map(4), fill(0, 4)]);
  const op = { ...migrate([0, 3], [1, 4]), abort: true } as ReturnType<typeof migrate>;
  const { callbacks, migrate: answer } = step(machine, op);
  assert.equal(answer, { cpages: 4, migrated: 0, src: [21, 21] });
  assert.equal(callbacks, [
    { fn: 'folio_free', pfn: 3, order: 0 },
    { fn: 'folio_free', pfn: 4, order: 0 },
  ]);
  assert.is(machine.user.pages('m')[0]?.kind, 'ram');
  assert.is(machine.refs, 0);
});

test('a large destination for a page that is no huge page is not made', () => {
  const machine = play([map(512), fill(0, 1)]);
  const { migrate: answer } = step(machine, migrate([0, 0, 9]));
  assert.is(answer?.migrated, 0);
  assert.is(machine.refs, 0);
});

test('fork shares device pages; a write copies, both keep their own (T5)', () => {
  const machine = play([map(4), fill(0, 4), migrate([0, 7]), { op: 'fork', child: 'c' }]);
  assert.equal(machine.user.folio(7), { order: 0, refcount: 2, mapcount: 2, entire: 0 });
  assert.is(word(machine, 7, 0) & EXCLUSIVE, 0n);
  assert.is(machine.user.pages('m')[0]?.write, false);
  step(machine, fill(0, 1, 'c'));
  assert.is(machine.refs, 0);
  assert.is(machine.user.charged, 5);
  assert.is(machine.user.pages('m', 'c')[0]?.exclusive, true);
  assert.is(machine.user.pages('m')[0]?.exclusive, false);
  step(machine, { op: 'exit', process: 'c' });
  step(machine, munmap());
  assert.is(machine.user.charged, 0);
});

test('fork of a PMD: two mappings, the second id slot, the shared bit; the exit of the child takes them back', () => {
  const machine = play(hugeOnDevice);
  const before = machine.bytes.slice();
  step(machine, { op: 'fork', child: 'c' });
  assert.equal(machine.user.folio(0), { order: 9, refcount: 2, mapcount: 2, entire: 2 });
  assert.is(word(machine, 1, 5) >> 63n, 1n);
  assert.is(word(machine, 1, 4), 0n);
  step(machine, { op: 'exit', process: 'c' });
  assert.is(word(machine, 1, 5) >> 32n, 0n);
  assert.is(word(machine, 0, 0) & EXCLUSIVE, 0n, 'PG_anon_exclusive does not come back');
  assert.equal(machine.bytes.subarray(2), before.subarray(2));
});

test('a huge page that two processes map cannot go to small pages: the other one keeps a huge migration entry', () => {
  const machine = play([map(512, true), fill(0, 512), { op: 'fork', child: 'c' }]);
  const { crash } = machine.apply(migrate([0, 0], [7, 1]));
  assert.equal([crash?.line, crash?.config], ['mm/migrate.c:368', 'DEBUG_VM']);
  const whole = play([map(512, true), fill(0, 512), { op: 'fork', child: 'c' }, migrate([0, 0, 9])]);
  assert.equal(whole.user.folio(0), { order: 9, refcount: 2, mapcount: 2, entire: 2 });
});

test('mprotect that changes nothing cuts nothing', () => {
  const machine = play([
    ...hugeOnDevice,
    { op: 'mprotect', name: 'm', page: 16, count: 16, access: 'write' },
  ]);
  assert.is(machine.user.folio(0).entire, 1);
});

test('mprotect of a part splits a device PMD and takes the write bit', () => {
  const machine = play([...hugeOnDevice, { op: 'mprotect', name: 'm', page: 16, count: 16, access: 'read' }]);
  assert.equal(machine.user.folio(0), { order: 9, refcount: 512, mapcount: 512, entire: 0 });
  assert.is(machine.user.pages('m')[16]?.write, false);
  assert.is(machine.user.pages('m')[15]?.write, true);
  assert.is(machine.apply(fill(16, 1)).signal?.name, 'SIGSEGV');
});

test('a part that lost its write access before it had a page is no neighbour to share an anon_vma with', () => {
  const reader = { op: 'mprotect', name: 'm', page: 0, count: 1, access: 'read' } as const;
  const before = play([map(4), reader, migrate([0, 1], [1, 2])]);
  assert.is.not(word(before, 1, 3), word(before, 2, 3));
  const after = play([map(4), fill(2, 1), reader, migrate([0, 1], [1, 2])]);
  assert.is(word(after, 1, 3), word(after, 2, 3));
});

test('eviction brings back what two processes map', () => {
  const machine = play([map(4), fill(0, 4), migrate([0, 3], [1, 9]), { op: 'fork', child: 'c' }]);
  const { scan, callbacks } = step(machine, { op: 'evict', pfn: 0, count: 16 });
  assert.equal(scan, [
    { index: 3, pfn: 3, collected: true, compound: false },
    { index: 9, pfn: 9, collected: true, compound: false },
  ]);
  assert.is(callbacks.length, 2);
  assert.is(machine.user.pages('m', 'c')[1]?.kind, 'ram');
  assert.is(machine.refs, 0);
});

test('an order-0 page on the pages of an old life comes and goes (B1)', () => {
  for (const order of [0, 1, 2, 3, 6, 9]) {
    const machine = play([init(`${order}@0`), free(0), map(4), fill(0, 4)]);
    step(machine, migrate([0, 1], [1, 0], [2, 511], [3, 3]));
    assert.is(machine.refs, 4);
    step(machine, read(0, 4));
    assert.is(machine.refs, 0);
    assert.is(machine.user.charged, 4);
  }
});

test.run();
