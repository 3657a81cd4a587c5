/** Chance of a wrong "different" that is accepted (DESIGN: Points). */
export const SIGNIFICANCE = 0.01;
/** Most runs of one test at one point. */
export const MAX_RUNS = 60;

/** Failures in a number of runs of one test. */
export interface Count {
  readonly matches: number;
  readonly runs: number;
}

/**
 * Fisher's exact test, one-sided: the probability to see at least `here.matches` of all the failures fall on this
 * side by chance, if both sides fail at the same rate. Exact up to rounding; 1 where a side has no runs.
 */
export function fisherExact(here: Count, before: Count): number {
  const failures = here.matches + before.matches;
  const total = here.runs + before.runs;
  if (here.runs === 0 || before.runs === 0) return 1;
  const all = logChoose(total, failures);
  let p = 0;
  for (let k = here.matches; k <= Math.min(failures, here.runs); k++) {
    if (failures - k > before.runs) continue;
    p += Math.exp(logChoose(here.runs, k) + logChoose(before.runs, failures - k) - all);
  }
  return Math.min(1, p);
}

/**
 * Whether an intermittent failure is this point's doing: the point before, given at least as many runs, never
 * showed it, and that is no accident (p < 0.01).
 */
export function isNewFlake(here: Count, before: Count): boolean {
  return (
    here.matches > 0 &&
    before.matches === 0 &&
    before.runs >= here.runs &&
    fisherExact(here, before) < SIGNIFICANCE
  );
}

/**
 * Smallest equal number of runs on both sides at which a failure of that rate here, against none before, is
 * significant; undefined where 60 runs are too few to tell.
 */
export function runsToDecide(rate: number): number | undefined {
  for (let runs = 1; runs <= MAX_RUNS; runs++) {
    const matches = Math.floor(rate * runs + 1e-9);
    if (isNewFlake({ matches, runs }, { matches: 0, runs })) return runs;
  }
  return undefined;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}
