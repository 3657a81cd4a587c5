import { ancestryOf } from './ancestry.js';
import { logChoose } from './beta.js';
import { sameKernel } from './evidence.js';
import type { Posterior } from './posterior.js';
import { clean, failing } from './priors.js';
import { tallyOf } from './state.js';
import type { Place, State } from './types.js';

/** Chance that a place passes all the runs of a check although it fails. */
export const MISS = 0.01;
/** Fewest runs of a check. */
export const FEWEST = 3;

/**
 * The fewest passes that a place which fails would give with a chance of 1 % at most, its rate integrated out over what is
 * known of it: the smallest n of 3 or more with E[(1 − rate)ⁿ] ≤ 0.01. With a rate that is known well, that is
 * ⌈ln 0.01 / ln(1 − rate)⌉; the less is known, the more runs it takes.
 */
export function runsWanted(match: number, runs: number): number {
  const before = failing.log(match, runs);
  let passes = FEWEST;
  while (failing.log(match, runs + passes) - before > Math.log(MISS)) passes += 1;
  return passes;
}

/**
 * ln of the odds that a place fails, out of its own runs, at the rates that all other places show.
 * @param commit the culprit that is taken for right
 */
export function logOdds(state: State, known: Posterior, commit: number, at: Place): number {
  const { match, runs } = sameKernel(state, tallyOf(state, at));
  const side = sideOf(state, commit, at);
  // The posterior has counted it on one of the two sides already.
  const others = (counts: Posterior['failed'], own: boolean): [number, number] => [
    (counts.match[commit] ?? 0) - (own ? match : 0),
    (counts.runs[commit] ?? 0) - (own ? runs : 0),
  ];
  const [failedMatch, failedRuns] = others(known.failed, side === 'failed');
  const [passedMatch, passedRuns] = others(known.passed, side === 'passed');
  return (
    failing.log(failedMatch + match, failedRuns + runs) -
    failing.log(failedMatch, failedRuns) -
    clean.log(passedMatch + match, passedRuns + runs) +
    clean.log(passedMatch, passedRuns)
  );
}

/**
 * The chance that a place which fails would match as rarely as this one did, in so many runs: E[P(K ≤ matches)], the rate
 * integrated out over what all other places show. Without a match it is E[(1 − rate)ⁿ], as in `runsWanted`.
 */
export function chanceOfSoFew(state: State, known: Posterior, commit: number, at: Place): number {
  const { match, runs } = sameKernel(state, tallyOf(state, at));
  const own = sideOf(state, commit, at) === 'failed';
  const otherMatch = (known.failed.match[commit] ?? 0) - (own ? match : 0);
  const otherRuns = (known.failed.runs[commit] ?? 0) - (own ? runs : 0);
  const before = failing.log(otherMatch, otherRuns);
  let chance = 0;
  for (let k = 0; k <= match; k++)
    chance += Math.exp(logChoose(runs, k) + failing.log(otherMatch + k, otherRuns + runs) - before);
  return chance;
}

/** Where `posterior` counts a place if that commit is the culprit; nowhere, if commits are dropped from it. */
function sideOf(state: State, commit: number, at: Place): 'failed' | 'passed' | undefined {
  const { signature } = tallyOf(state, at);
  const counted =
    at.kind === 'without' && signature !== undefined
      ? state.tallies.find((other) => other.at.kind === 'commit' && other.signature === signature)?.at
      : at;
  if (counted?.kind !== 'commit') return undefined;
  const changed = ancestryOf(state.history).descends(counted.commit, commit);
  return changed === (state.options.change === 'introduced') ? 'failed' : 'passed';
}
