import * as assert from 'uvu/assert';
import { lowerBound, rateOf } from '../../../orchestrator/bisect/rate.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/rate');

// Clopper-Pearson intervals as tables have them.
for (const [matches, runs, low, high] of [
  [0, 10, 0, 0.3085],
  [1, 10, 0.0025, 0.445],
  [5, 10, 0.1871, 0.8129],
  [10, 10, 0.6915, 1],
  [3, 15, 0.0433, 0.4809],
  [20, 100, 0.1267, 0.2918],
] as const) {
  test(`${matches} of ${runs}`, () => {
    const rate = rateOf(matches, runs);
    assert.is(rate.estimate, matches / runs);
    assert.ok(Math.abs(rate.low - low) < 5e-4, `low ${rate.low}`);
    assert.ok(Math.abs(rate.high - high) < 5e-4, `high ${rate.high}`);
  });
}

test('nothing was run: nothing is known', () => {
  assert.equal(rateOf(0, 0), { matches: 0, runs: 0, estimate: 0, low: 0, high: 1 });
});

test('all of n match: the bound is the n-th root of the tail', () => {
  assert.ok(Math.abs(lowerBound(7, 7, 0.05) - 0.05 ** (1 / 7)) < 1e-9);
});

test.run();
