import * as assert from 'uvu/assert';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { poke } from '../support.js';
import { fill, hugeOnDevice, map, migrate, munmap, play, read, step, word } from './user.js';

/** What a write fault on a page that was shared does to it (mm/memory.c:do_wp_page, mm/huge_memory.c:do_huge_pmd_wp_page). */
const test = suite('model/mapping/fault');

const DIRTY = 0x10n;
const REFERENCED_WORKINGSET = 0x204n;
const inChild = (op: UserOperation): UserOperation => ({ ...op, process: 'c' }) as UserOperation;
const fork: UserOperation = { op: 'fork', child: 'c' };

test('a huge page that came back clean is dirty after a write', () => {
  const back = [map(512, true), migrate([0, 0, 9]), read(0)] as const;
  const dirty = (ops: readonly UserOperation[]): bigint => word(play(ops), 0, 0) & DIRTY;
  assert.is(dirty([...back, migrate([0, 0, 9])]), 0n);
  assert.is(dirty([...back, fill(5, 1), migrate([0, 0, 9])]), DIRTY);
});

test('a small page that one process has left is used again, not copied: its flags stay', () => {
  const machine = play([
    map(4),
    fill(0, 1),
    migrate([0, 7]),
    poke(7, 0, 4, 0x22a1cn),
    read(0),
    fork,
    { op: 'exit', process: 'c' },
    fill(0, 1),
    migrate([0, 8]),
  ]);
  assert.is(word(machine, 8, 0) & REFERENCED_WORKINGSET, REFERENCED_WORKINGSET);
});

test('a small page that two processes have is copied: its flags do not come along', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 7]), poke(7, 0, 4, 0x22a1cn), read(0), fork]);
  step(machine, fill(0, 1));
  step(machine, migrate([0, 8]));
  assert.is(word(machine, 8, 0) & REFERENCED_WORKINGSET, 0n);
});

/** Whether page 0 has the anon_vma that a page new to the child has, both on the device after `ops`. */
function ofChild(pages: number, ops: readonly UserOperation[], order: number): boolean {
  const machine = play([map(516, pages === 512), fill(0, pages), ...ops, inChild(fill(513, 1))]);
  step(machine, inChild(migrate([0, 0, order], [513, 600])));
  return word(machine, 0, 3) === word(machine, 600, 3);
}

test('what a child has for itself moves to its own anon_vma, but for a huge page on PTEs', () => {
  const left = [fork, munmap(0, 512), inChild(fill(0, 1))];
  assert.is(ofChild(1, left, 0), true, 'folio_move_anon_rmap() of a small page');
  assert.is(ofChild(512, left, 9), true, 'and of a huge page');
  assert.is(ofChild(512, [munmap(511, 1), ...left], 0), false, '__wp_can_reuse_large_anon_folio()');
});

test('a page that is exclusive already keeps its anon_vma at a write', () => {
  const onPtes = [munmap(511, 1), fork, munmap(0, 512), inChild(fill(0, 1))];
  const protect = (access: 'read' | 'write'): UserOperation =>
    inChild({ op: 'mprotect', name: 'm', page: 0, count: 1, access });
  const moved = [...onPtes, inChild(migrate([0, 9])), protect('read'), protect('write'), inChild(read(0))];
  const machine = play([map(516, true), fill(0, 512), ...moved]);
  const [page] = machine.user.pages('m', 'c');
  assert.equal([page?.kind, page?.write, page?.exclusive], ['ram', false, true]);
  assert.is(ofChild(512, [...moved, inChild(fill(0, 1))], 0), false);
});

test("a huge page on PTEs is one process's own only where no other maps a page of it", () => {
  const shared = [map(512, true), fill(0, 512), munmap(511, 1), fork] as const;
  const copied = play([...shared, fill(0, 1)]);
  assert.is(copied.user.charged, 513, 'the child has it too');
  const alone = play([...shared, fill(0, 1), inChild(munmap(0, 512)), fill(1, 1)]);
  assert.is(alone.user.charged, 513, 'a process that has no page of it left does not count');
  const partly = play([...shared, inChild(munmap(0, 500)), fill(1, 1)]);
  assert.is(partly.user.charged, 513, 'one page of it is enough');
});

test('a huge page on PTEs that came back to one process is its own again', () => {
  const machine = play([...hugeOnDevice, fork, { op: 'exit', process: 'c' }, read(0), munmap(511, 1)]);
  assert.is(machine.user.pages('m')[0]?.exclusive, false);
  step(machine, fill(0, 1));
  assert.is(machine.user.charged, 512);
});

/** It never had a slot of the folio's two, so that nothing says that no other process is left (seen in a guest). */
test('a huge page on PTEs of which only a third process is left is copied', () => {
  const shared = [map(512, true), fill(0, 512), munmap(511, 1), fork, { op: 'fork', child: 'd' }] as const;
  const inThird = (op: UserOperation): UserOperation => ({ ...op, process: 'd' }) as UserOperation;
  const machine = play([...shared, munmap(0, 512), { op: 'exit', process: 'c' }]);
  step(machine, inThird(fill(0, 1)));
  assert.is(machine.user.charged, 513);
  step(machine, inThird(munmap(0, 512)));
  assert.is(machine.user.charged, 0);
});

test.run();
