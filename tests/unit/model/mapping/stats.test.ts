import * as assert from 'uvu/assert';
import type { Machine, UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { fill, hugeOnDevice, map, migrate, munmap, play, read, step } from './user.js';

const test = suite('model/mapping/stats');

const huge = [map(512, true), fill(0, 512)];

/** nr_anon, nr_anon_partially_mapped, split, split_failed, split_deferred of order 9. */
function mthp({ user }: Machine): number[] {
  const stats = ['nr_anon', 'nr_anon_partially_mapped', 'split', 'split_failed', 'split_deferred'] as const;
  return stats.map((stat) => user.mthp(stat, 9));
}

test('a huge page that loses some of its pages waits to be split, once, and stays charged whole', () => {
  const machine = play([...huge, munmap(0, 2)]);
  assert.equal(mthp(machine), [1, 1, 0, 0, 1]);
  step(machine, munmap(4));
  assert.equal(mthp(machine), [1, 1, 0, 0, 1]);
  assert.is(machine.user.charged, 512);
  assert.is(machine.user.mapped, 509);
  step(machine, munmap(0, 512));
  assert.equal(mthp(machine), [0, 0, 0, 0, 1]);
  assert.is(machine.user.charged, 0);
});

test('all pages of one table at once are no part', () => {
  const machine = play([...huge, { op: 'mprotect', name: 'm', page: 3, count: 1, access: 'read' }]);
  assert.is(machine.user.pages('m')[0]?.level, 'pte');
  step(machine, { op: 'dontneed', name: 'm', page: 0, count: 512 });
  // The protection cuts the mapping in three: each part is dropped by itself.
  assert.equal(mthp(machine), [0, 0, 0, 0, 1]);
  const whole = play([
    ...huge,
    { op: 'mprotect', name: 'm', page: 3, count: 1, access: 'read' },
    { op: 'mprotect', name: 'm', page: 3, count: 1, access: 'write' },
    { op: 'dontneed', name: 'm', page: 0, count: 512 },
  ]);
  assert.equal(mthp(whole), [0, 0, 0, 0, 0]);
});

test('the end of the PMD mapping of a page that a child maps in part', () => {
  const machine = play([...huge, { op: 'fork', child: 'c' }]);
  step(machine, { op: 'munmap', name: 'm', page: 0, count: 100, process: 'c' });
  assert.equal(mthp(machine), [1, 0, 0, 0, 0], 'the parent maps all of it');
  step(machine, munmap());
  assert.equal(mthp(machine), [1, 1, 0, 0, 1]);
  assert.is(machine.user.mapped, 412);
  step(machine, { op: 'exit', process: 'c' });
  assert.equal(mthp(machine), [0, 0, 0, 0, 1]);
});

/** `mm/rmap.c:__folio_remove_rmap` sees the end of the PMD mapping where PTEs of the child map all pages but one. */
test('a huge page that another process maps in part, taken off its page tables, waits for a split until it has gone', () => {
  const shared = [...huge, { op: 'fork', child: 'c' }, fill(0, 1, 'c')] as const;
  assert.equal(mthp(play(shared)), [1, 0, 0, 0, 0]);
  const moved = play([...shared, migrate([0, 0, 9])]);
  assert.equal(mthp(moved), [1, 0, 0, 0, 1]);
  assert.is(moved.user.mapped, 513);
  const stayed = play([...shared, { ...migrate([0, 0, 9]), abort: true } as ReturnType<typeof migrate>]);
  assert.equal(mthp(stayed), [1, 1, 0, 0, 1], 'it is back on its page tables, and on the list still');
  assert.is(stayed.user.mapped, 513);
  step(stayed, migrate([0, 0, 9]));
  assert.equal(mthp(stayed), [1, 0, 0, 0, 1]);
});

test('the end of one PMD mapping of several is no part', () => {
  const machine = play([...huge, { op: 'fork', child: 'c' }, { op: 'fork', child: 'd' }, munmap(0, 2)]);
  step(machine, { op: 'exit', process: 'c' });
  assert.equal(mthp(machine), [1, 0, 0, 0, 0]);
  step(machine, { op: 'exit', process: 'd' });
  assert.equal(mthp(machine), [1, 1, 0, 0, 1]);
});

test('all pages of a huge page on the device are mapped', () => {
  const machine = play(hugeOnDevice);
  assert.is(machine.user.mapped, 512);
});

test('a split on the way to the device: the page is off the list of those to split', () => {
  const machine = play([...huge, munmap(0, 2), migrate([2, 7])]);
  assert.equal(mthp(machine), [0, 0, 1, 0, 1]);
  assert.is(machine.user.charged, 510);
});

test('a PTE-mapped page is for a moment mapped in part while it is taken off its page tables for a split', () => {
  const machine = play([
    ...huge,
    { op: 'mprotect', name: 'm', page: 3, count: 1, access: 'read' },
    migrate([0, 7]),
  ]);
  assert.equal(mthp(machine), [0, 0, 1, 0, 1]);
});

test('device folios wait for no split, however few of their pages are mapped', () => {
  const machine = play([...hugeOnDevice, munmap(0, 2)]);
  assert.equal(mthp(machine), [1, 0, 0, 0, 0]);
  assert.is(machine.user.mapped, 510);
  step(machine, read(5));
  assert.equal(mthp(machine), [0, 0, 1, 0, 0]);
  assert.is(machine.user.charged, 510);
});

test('a huge device page in a hole, split before the group had a huge page by a fault: 7.3 has no list to look at', () => {
  const hole = [map(512, true), migrate([0, 0, 9]), munmap(0, 1)];
  const lines = (machine: Machine): string[] => machine.apply(read(5)).warnings.map(({ line }) => line);
  assert.equal(lines(play(hole)), ['mm/list_lru.c:111']);
  const other = { op: 'mmap', name: 'n', pages: 512, thp: true } as const;
  const fault = { op: 'access', name: 'n', page: 0, count: 1, write: true } as const;
  assert.equal(lines(play([other, fault, ...hole])), []);
});

test('a huge page that came back from the device is the first to wait for a split', () => {
  const machine = play([map(512, true), migrate([0, 0, 9]), read(0)]);
  const { warnings } = machine.apply(munmap(0, 1));
  assert.equal(
    warnings.map(({ line }) => line),
    ['mm/list_lru.c:111'],
  );
});

/** folio_unqueue_deferred_split(), and the split of a folio in RAM: each looks for the list. */
test('a huge page that came back from the device and waits: its end, its way to the device and its split look for the list too', () => {
  const back = [map(512, true), migrate([0, 0, 9]), read(0)] as const;
  const part = { op: 'mprotect', name: 'm', page: 3, count: 1, access: 'read' } as const;
  const warned = (ops: readonly UserOperation[]): string[] => {
    const machine = play(back);
    const effects = ops.map((op) => machine.apply(op));
    return effects.at(-1)?.warnings.map(({ line }) => line) ?? [];
  };
  const list = ['mm/list_lru.c:111'];
  assert.equal(warned([munmap(0, 1), munmap()]), list);
  assert.equal(
    warned([
      { op: 'fork', child: 'c' },
      munmap(0, 1),
      { ...migrate([0, 512, 9]), process: 'c' } as UserOperation,
    ]),
    list,
  );
  assert.equal(warned([{ ...migrate([0, 512]), compound: false } as UserOperation]), list);
  const abort = { ...migrate([0, 512, 9]), abort: true } as UserOperation;
  const waits = [{ op: 'fork', child: 'c' }, fill(0, 1, 'c'), abort] as const;
  assert.equal(
    warned([...waits, migrate([0, 512, 9])]),
    list,
    'one that waits since a migration that came to nothing',
  );
  assert.equal(warned([part]), [], 'the split of a PMD is none of the folio');
  assert.equal(warned([migrate([0, 512, 9])]), [], 'nor is a page on its way that does not wait');
  const other = { op: 'mmap', name: 'n', pages: 512, thp: true } as const;
  const fault = { op: 'access', name: 'n', page: 0, count: 1, write: true } as const;
  assert.equal(warned([munmap(0, 1), other, fault, munmap()]), [], 'a fault has made one meanwhile');
});

test('a page that processes share is mapped once; the zero page is none', () => {
  const machine = play([map(4), fill(0, 2), read(2), { op: 'fork', child: 'c' }]);
  assert.is(machine.user.mapped, 2);
  assert.is(machine.user.rss('c'), 2);
  assert.is(machine.user.charged, 2);
});

test.run();
