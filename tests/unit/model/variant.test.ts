import * as assert from 'uvu/assert';
import { Machine } from '../../../orchestrator/model/index.js';
import type { Kernel } from '../../../orchestrator/model/kernel.js';
import type { Variant } from '../../../orchestrator/model/variant.js';
import { suite } from '../../harness/suite.js';
import { free, init, place } from './support.js';

const test = suite('model/variant');

test('the statements of a variant run in their order: at the init with the order, at the free with the size', () => {
  const calls: unknown[] = [];
  const hold = (k: Kernel, page: number): void => k.mem.fill32(page, 1, 52, 1, k.by('get'));
  const named =
    (name: string) =>
    (_: Kernel, page: number, size: number): void => {
      calls.push([name, page, size]);
    };
  const variant: Variant = {
    id: 'x',
    summary: 'records',
    init: [named('first'), hold, named('second')],
    free: [named('third'), named('fourth')],
  };
  const machine = new Machine(variant, place(16));
  machine.apply(init('2@4', { unlock: 'none', rmappable: false }));
  machine.apply(free(4));
  // Nobody made it large, so that it is freed as one page.
  assert.equal(calls, [
    ['first', 4, 2],
    ['second', 4, 2],
    ['third', 4, 1],
    ['fourth', 4, 1],
  ]);
});

test.run();
