import * as assert from 'uvu/assert';
import type { Kernel } from '../../../../orchestrator/model/kernel.js';
import { setHead, setOrder } from '../../../../orchestrator/model/steps/compound.js';
import { atFree, ifLarge, onHead } from '../../../../orchestrator/model/steps/step.js';
import { suite } from '../../../harness/suite.js';
import { freshKernel } from '../support.js';

const test = suite('model/steps/step');

function calls(): {
  seen: number[][];
  note: (id: number) => (k: Kernel, page: number, order: number) => void;
} {
  const seen: number[][] = [];
  return { seen, note: (id) => (_, page, order) => void seen.push([id, page, order]) };
}

test('ifLarge: all statements in order, none at order 0', () => {
  const { seen, note } = calls();
  const step = ifLarge(note(1), note(2));
  step(freshKernel(), 4, 0);
  step(freshKernel(), 4, 1);
  assert.equal(seen, [
    [1, 4, 1],
    [2, 4, 1],
  ]);
});

test('onHead: as of a page alone, whatever the order', () => {
  const { seen, note } = calls();
  onHead(note(1), note(2))(freshKernel(), 4, 3);
  assert.equal(seen, [
    [1, 4, 0],
    [2, 4, 0],
  ]);
});

test('atFree: with the order that the head has, nothing at order 0', () => {
  const { seen, note } = calls();
  const k = freshKernel();
  const step = atFree(note(1), note(2));
  step(k, 4, 1);
  assert.equal(seen, []);
  setHead(k, 4, 3);
  setOrder(k, 4, 3);
  step(k, 4, 1);
  assert.equal(seen, [
    [1, 4, 3],
    [2, 4, 3],
  ]);
});

test.run();
