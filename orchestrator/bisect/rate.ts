import { logChoose } from './beta.js';
import type { Rate } from './types.js';

/** Doubles have 53 bits; halving an interval more often changes nothing. */
const HALVINGS = 50;

/** Estimate and 95 % interval of Clopper and Pearson: 2.5 % on either side. 0 to 1 where nothing was run. */
export function rateOf(matches: number, runs: number): Rate {
  return {
    matches,
    runs,
    estimate: runs === 0 ? 0 : matches / runs,
    low: lowerBound(matches, runs, 0.025),
    high: 1 - lowerBound(runs - matches, runs, 0.025),
  };
}

/**
 * The rate at which so many matches or more have the probability `tail`: with `tail` 0.05 the lower 95 % bound of
 * Clopper and Pearson.
 */
export function lowerBound(matches: number, runs: number, tail: number): number {
  if (matches === 0) return 0;
  let low = 0;
  let high = 1;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (atLeast(matches, runs, middle) > tail) high = middle;
    else low = middle;
  }
  return low;
}

/** P(K ≥ k) for K of n runs at a rate, as a sum over the shorter side. */
function atLeast(k: number, n: number, rate: number): number {
  const upper = k > n / 2;
  let sum = 0;
  for (let i = upper ? k : 0; upper ? i <= n : i < k; i++) sum += Math.exp(logBinomial(i, n, rate));
  return upper ? sum : 1 - sum;
}

function logBinomial(k: number, n: number, rate: number): number {
  return logChoose(n, k) + (k === 0 ? 0 : k * Math.log(rate)) + (k === n ? 0 : (n - k) * Math.log1p(-rate));
}
