import * as assert from 'uvu/assert';
import { MAIN_PROCESS } from '../../../../orchestrator/model/index.js';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { fill, map, migrate, munmap, play, step } from './user.js';

const test = suite('model/mapping/operation');

/** One of each in an order in which all can be done; one that is added is missing here until it is tried. */
const EACH: Record<Exclude<UserOperation['op'], 'split'>, UserOperation> = {
  mmap: map(4),
  access: fill(0, 4),
  migrate: migrate([0, 7], [1, 8]),
  mprotect: { op: 'mprotect', name: 'm', page: 2, count: 1, access: 'read' },
  fork: { op: 'fork', child: 'c' },
  exit: { op: 'exit', process: 'c' },
  dontneed: { op: 'dontneed', name: 'm', page: 0, count: 1 },
  knobs: { op: 'knobs', failLarge: 1, split: 'absent' },
  evict: { op: 'evict', pfn: 0, count: 16 },
  munmap: munmap(),
};

test('every operation on user memory is done, and references on the pgmap are told after each', () => {
  const machine = play([], undefined, 16);
  assert.equal(machine.user.processes, [MAIN_PROCESS]);
  const refs = Object.values(EACH).map((op) => [op.op, step(machine, op).refs]);
  assert.equal(Object.fromEntries(refs), {
    mmap: 0,
    access: 0,
    migrate: 2,
    mprotect: 2,
    fork: 2,
    exit: 2,
    dontneed: 1,
    knobs: 1,
    evict: 0,
    munmap: 0,
  });
});

test.run();
