import * as assert from 'uvu/assert';
import { Machine, VARIANT_B } from '../../../orchestrator/model/index.js';
import type { Operation } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke } from './support.js';

const test = suite('model/operation');

/** One of each; an operation that is added is missing here until it is tried. */
const EACH: Record<Operation['op'], Operation> = {
  init: init('1@2', { unlock: 'none' }),
  unlock: { op: 'unlock', pfn: 2 },
  free: free(2),
  poke: poke(5, 40, 8, 7n),
  reset: { op: 'reset' },
};

test('every operation is done, and tells references and callbacks', () => {
  const machine = new Machine(VARIANT_B, place(16));
  const fresh = machine.bytes.slice();
  const told = Object.values(EACH).map((op) => {
    const { refs, callbacks, crash, hang, warnings } = machine.apply(op);
    assert.equal([crash, hang, warnings], [undefined, undefined, []], op.op);
    return [op.op, refs, callbacks];
  });
  assert.equal(told, [
    ['init', 2, []],
    ['unlock', 2, []],
    ['free', 0, [{ fn: 'folio_free', pfn: 2, order: 1 }]],
    ['poke', 0, []],
    ['reset', 0, []],
  ]);
  assert.equal(machine.bytes, fresh);
});

test.run();
