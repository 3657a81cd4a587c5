import * as assert from 'uvu/assert';
import { logBeta, logGamma, logSum, Marginal } from '../../../orchestrator/bisect/beta.js';
import { CLEAN_PRIOR, FAILING_PRIOR } from '../../../orchestrator/bisect/priors.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/beta');

function near(found: number, expected: number, tolerance = 1e-9): void {
  assert.ok(
    Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${found}, not ${expected}`,
  );
}

test('ln Γ: factorials, a half, and large numbers', () => {
  let factorial = 0;
  for (let n = 1; n <= 200; n++) {
    near(logGamma(n), factorial);
    factorial += Math.log(n);
  }
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(1.5), Math.log(Math.PI) / 2 - Math.LN2);
});

test('ln B is the integral', () => {
  near(logBeta(1, 1), 0);
  near(logBeta(2, 3), Math.log(1 / 12));
  near(logBeta(0.5, 0.5), Math.log(Math.PI));
});

test('a marginal is the rate integrated out', () => {
  // Even prior: 1/(n+1) for any number of matches, over all their orders.
  const even = new Marginal([{ weight: 1, a: 1, b: 1 }]);
  near(even.log(0, 4), Math.log(1 / 5));
  near(even.log(2, 4), Math.log(1 / 5 / 6));
  near(even.next(3, 3), 4 / 5);
  const mixture = new Marginal([
    { weight: 0.25, a: 1, b: 1 },
    { weight: 0.75, a: 2, b: 1 },
  ]);
  near(mixture.log(1, 1), Math.log(0.25 / 2 + (0.75 * 2) / 3));
});

test('a marginal and numeric integration agree, for the priors that are used', () => {
  for (const prior of [FAILING_PRIOR, CLEAN_PRIOR]) {
    const marginal = new Marginal(prior);
    for (const [match, runs] of [
      [3, 15],
      [1, 40],
      [9, 9],
    ] as const) {
      // Substituted: rate = sin²(u), so that no end is steep.
      const steps = 20_000;
      let sum = 0;
      for (let i = 0; i < steps; i++) {
        const u = ((i + 0.5) / steps) * (Math.PI / 2);
        const rate = Math.sin(u) ** 2;
        const slope = 2 * Math.sin(u) * Math.cos(u);
        for (const { weight, a, b } of prior) {
          const density = (a + match - 1) * Math.log(rate) + (b + runs - match - 1) * Math.log1p(-rate);
          sum += weight * Math.exp(density - logBeta(a, b)) * slope;
        }
      }
      near(marginal.log(match, runs), Math.log((sum * Math.PI) / 2 / steps), 1e-4);
    }
  }
});

test('chances of all outcomes add up to one', () => {
  const marginal = new Marginal(FAILING_PRIOR);
  near(marginal.next(3, 10) + Math.exp(marginal.log(3, 11) - marginal.log(3, 10)), 1);
});

test('a sum of logarithms does not overflow', () => {
  near(logSum([-1000, -1000]), -1000 + Math.LN2);
  assert.is(logSum([Number.NEGATIVE_INFINITY]), Number.NEGATIVE_INFINITY);
});

test('more matches than runs is an error', () => {
  assert.throws(() => new Marginal(FAILING_PRIOR).log(2, 1), /2 matches in 1 runs/);
});

test.run();
