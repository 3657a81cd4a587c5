import { Marginal, type BetaMixture } from './beta.js';

/**
 * How often a run matches where the change is not there: nearly never. The failure key tells unrelated failures apart, so that
 * half of the weight lies at 0.2 % (mean); the rest is for keys that do not, with 2.4 % (mean).
 */
export const CLEAN_PRIOR: BetaMixture = [
  { weight: 0.5, a: 0.5, b: 250 },
  { weight: 0.5, a: 2, b: 80 },
];

/**
 * How often it matches where the change is there: always, or now and then. How often "now and then" is may differ by orders of
 * magnitude, so that no scale is preferred: a mean of a half, a quarter, an eighth and a sixteenth are equally probable. What is
 * still rarer would hardly be reproduced in the first place (FAILING_ANCHOR_RUNS). With a flat prior instead, which has nine
 * tenths of its weight above 10 %, three quick matches of a rare failure are taken for a frequent one, and its absence for a proof.
 */
export const FAILING_PRIOR: BetaMixture = [
  { weight: 0.5, a: 50, b: 0.5 },
  ...[1, 3, 7, 15].map((b) => ({ weight: 0.125, a: 1, b })),
];

/** That the failure has nothing to do with any commit of the range and comes at one rate everywhere. */
export const BOTH_ENDS_PRIOR = 0.05;

/**
 * That dropping a commit at the new end says nothing about it: another one that is needed with it was
 * dropped in effect too, or two commits break the same thing. It bounds what a cure can say for or against a commit.
 */
export const CURE_IS_MISLEADING = 0.05;

export const clean = new Marginal(CLEAN_PRIOR);
export const failing = new Marginal(FAILING_PRIOR);
