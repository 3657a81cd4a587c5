import { has } from './ancestry.js';
import { gather, type Kernel } from './evidence.js';
import { BOTH_ENDS_PRIOR, clean, CURE_IS_MISLEADING, failing } from './priors.js';
import type { State } from './types.js';

/** What the evidence says about every commit. */
export interface Posterior {
  /** Probability that a commit is the culprit; at number 0, that the failure comes everywhere alike. Adds up to 1. */
  readonly of: readonly number[];
  /**
   * If that commit is the culprit: matches and runs of the commits that then fail, and of those that then do not. At
   * number 0 all fail.
   */
  readonly failed: Counts;
  readonly passed: Counts;
}

export interface Counts {
  readonly match: number[];
  readonly runs: number[];
}

/**
 * posterior(c) ∝ prior(c) · M_failing(what fails if it is c) · M_clean(what does not), both rates integrated out
 * (`Marginal`). Kernels with dropped commits count by the mixture that `CURE_IS_MISLEADING` gives.
 */
export function posterior(state: State): Posterior {
  const { commits } = state.history;
  const { kernels, noOps } = gather(state);
  const tested = kernels.filter(({ dropped }) => !dropped);
  const cures = kernels.filter(({ dropped, runs }) => dropped && runs > 0);
  const { failed, passed } = countSides(tested, commits.length, state.options.change === 'fixed');

  const logs = filled(commits.length, Number.NEGATIVE_INFINITY);
  const weights = commits.reduce((sum, { weight }, c) => sum + (c === 0 ? 0 : (weight ?? 1)), 0);
  for (let c = 1; c < commits.length; c++) {
    const weight = commits[c]?.weight ?? 1;
    if (weight <= 0 || has(noOps, c)) continue;
    let log = Math.log((weight / weights) * (1 - BOTH_ENDS_PRIOR)) + logOfSides(failed, passed, c);
    for (const cure of cures) log += logOfCure(cure, failed, passed, c, state.options.change === 'fixed');
    logs[c] = log;
  }
  const all = kernels.reduce(
    ({ match, runs }, one) => ({ match: match + one.match, runs: runs + one.runs }),
    {
      match: 0,
      runs: 0,
    },
  );
  logs[0] = Math.log(BOTH_ENDS_PRIOR) + failing.log(all.match, all.runs);
  return { of: normalised(logs), failed, passed };
}

function countSides(
  kernels: readonly Kernel[],
  size: number,
  fixed: boolean,
): Pick<Posterior, 'failed' | 'passed'> {
  const counts = (): Counts => ({ match: filled(size, 0), runs: filled(size, 0) });
  const after = counts();
  const before = counts();
  const everywhere = fixed ? before : after;
  for (const { match, runs, changes } of kernels) {
    if (runs === 0) continue;
    for (let c = 0; c < size; c++) {
      const side = c === 0 ? everywhere : has(changes, c) ? after : before;
      side.match[c] = (side.match[c] ?? 0) + match;
      side.runs[c] = (side.runs[c] ?? 0) + runs;
    }
  }
  return fixed ? { failed: before, passed: after } : { failed: after, passed: before };
}

function logOfSides(failed: Counts, passed: Counts, c: number): number {
  return (
    failing.log(failed.match[c] ?? 0, failed.runs[c] ?? 0) +
    clean.log(passed.match[c] ?? 0, passed.runs[c] ?? 0)
  );
}

function logOfCure(cure: Kernel, failed: Counts, passed: Counts, c: number, fixed: boolean): number {
  const { match, runs } = cure;
  const [failedMatch, failedRuns] = [failed.match[c] ?? 0, failed.runs[c] ?? 0];
  const [passedMatch, passedRuns] = [passed.match[c] ?? 0, passed.runs[c] ?? 0];
  const ifFails = failing.log(failedMatch + match, failedRuns + runs) - failing.log(failedMatch, failedRuns);
  const ifPasses = clean.log(passedMatch + match, passedRuns + runs) - clean.log(passedMatch, passedRuns);
  const [expected, otherwise] = has(cure.changes, c) !== fixed ? [ifFails, ifPasses] : [ifPasses, ifFails];
  const most = Math.max(expected, otherwise);
  return (
    most +
    Math.log(
      (1 - CURE_IS_MISLEADING) * Math.exp(expected - most) + CURE_IS_MISLEADING * Math.exp(otherwise - most),
    )
  );
}

function normalised(logs: readonly number[]): number[] {
  const most = logs.reduce((a, b) => Math.max(a, b));
  const shares = logs.map((log) => Math.exp(log - most));
  const sum = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / sum);
}

/** Plain arrays: for a short history, typed ones cost more to make than all the arithmetic. */
function filled(length: number, value: number): number[] {
  const list: number[] = [];
  for (let i = 0; i < length; i++) list.push(value);
  return list;
}
