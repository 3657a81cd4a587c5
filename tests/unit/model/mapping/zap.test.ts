import * as assert from 'uvu/assert';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { fill, map, migrate, munmap, play, read, step, word } from './user.js';

/** What unmapping, protection and fork do beside what they are about. */
const test = suite('model/mapping/zap');

const protect = (page: number, count: number, access: 'read' | 'write'): UserOperation => ({
  op: 'mprotect',
  name: 'm',
  page,
  count,
  access,
});

test('the zero page stays what it is under any protection', () => {
  const machine = play([map(4), read(0), protect(0, 4, 'read'), protect(0, 4, 'write')]);
  const [page] = machine.user.pages('m');
  assert.equal([page?.kind, page?.write], ['zero', false]);
  step(machine, fill(0, 1));
  assert.is(machine.user.pages('m')[0]?.kind, 'ram');
});

/** VM_ACCOUNT goes from a VMA that loses its write access before its first page only (mm/mprotect.c:mprotect_fixup). */
test('a part that lost its write access after its first page is no neighbour of one that lost it before', () => {
  const machine = play([map(4), protect(0, 1, 'read'), fill(2, 1), protect(1, 1, 'read')]);
  step(machine, migrate([0, 1], [1, 2]));
  assert.is.not(word(machine, 1, 3), word(machine, 2, 3));
});

test('a huge page in RAM that two processes have on PTEs is mapped still where one unmaps a page', () => {
  const onPtes = [map(512, true), fill(0, 512), protect(3, 1, 'read')] as const;
  const machine = play([...onPtes, { op: 'fork', child: 'c' }]);
  step(machine, { ...munmap(5, 1), process: 'c' } as UserOperation);
  assert.equal([machine.user.mthp('split_deferred', 9), machine.user.mapped], [0, 512]);
  step(machine, munmap(5, 1));
  assert.equal([machine.user.mthp('split_deferred', 9), machine.user.mapped], [1, 511]);
});

test('the end of a PMD mapping beside PTEs for all pages is no part', () => {
  const machine = play([map(512, true), fill(0, 512), { op: 'fork', child: 'c' }]);
  step(machine, { ...protect(3, 1, 'read'), process: 'c' } as UserOperation);
  step(machine, munmap());
  assert.equal([machine.user.mthp('split_deferred', 9), machine.user.mapped], [0, 512]);
});

test.run();
