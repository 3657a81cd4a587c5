import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { fisherExact, isNewFlake, MAX_RUNS, runsToDecide } from '../../../orchestrator/verdict/statistics.js';

const test = suite('verdict/statistics');

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

test("Fisher's tea: three of four, p = 17/70", () => {
  near(fisherExact({ matches: 3, runs: 4 }, { matches: 1, runs: 4 }), 17 / 70);
  near(fisherExact({ matches: 4, runs: 4 }, { matches: 0, runs: 4 }), 1 / 70);
});

test('no difference, no runs', () => {
  near(fisherExact({ matches: 0, runs: 10 }, { matches: 0, runs: 10 }), 1);
  near(fisherExact({ matches: 3, runs: 3 }, { matches: 3, runs: 3 }), 1);
  near(fisherExact({ matches: 1, runs: 1 }, { matches: 0, runs: 0 }), 1);
});

test('all the weight of the hypergeometric distribution is one', () => {
  // P(at least 0 here) is the whole distribution.
  near(fisherExact({ matches: 0, runs: 7 }, { matches: 5, runs: 9 }), 1);
});

const flakes: readonly (readonly [number, number, number, number, boolean])[] = [
  [5, 5, 0, 5, true], // p = 1/252
  [4, 4, 0, 4, false], // p = 1/70
  [7, 60, 0, 60, true],
  [6, 60, 0, 60, false],
  [30, 60, 1, 60, false], // the point before showed it
  [30, 60, 0, 59, false], // the point before had fewer runs
  [0, 60, 0, 60, false],
];
for (const [matches, runs, before, beforeRuns, expected] of flakes) {
  test(`${matches}/${runs} after ${before}/${beforeRuns}`, () => {
    assert.is(isNewFlake({ matches, runs }, { matches: before, runs: beforeRuns }), expected);
  });
}

test('the runs that a rate needs', () => {
  assert.is(runsToDecide(1), 5);
  assert.is(runsToDecide(0.5), 12);
  assert.is(runsToDecide(0.05), undefined);
  for (const rate of [0.15, 0.3, 0.7]) {
    const runs = runsToDecide(rate) ?? 0;
    assert.ok(runs > 0 && runs <= MAX_RUNS);
    assert.ok(isNewFlake({ matches: Math.floor(rate * runs), runs }, { matches: 0, runs }));
  }
});

test.run();
