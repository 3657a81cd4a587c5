import type { BisectEvent, Target } from './events.js';
import { clean, failing } from './priors.js';
import { isTarget } from './target.js';

type Run = Extract<BisectEvent, { type: 'run' }>;

/** Runs at one end that say something of the test. */
export type EndRuns = readonly Pick<Run, 'failed' | 'ran'>[];

/** Odds that a key has to have. */
const ODDS = Math.log(20);
/** One failure alone may be anything. */
const IN_TURN = 2;

/**
 * Other keys of the failure that is looked for. One race is named by where it was noticed: of a hang that is the thread that did not
 * end, and next time it is another one. So a failure of the same test counts as the same one, if the end that fails shows it in turn
 * with the first, and with odds of 20 : 1 it neither is noise, which comes everywhere now and then, nor was it there
 * before (as soon as it was seen at the other end).
 * @returns first names of such failures, the most frequent first
 */
export function keysOfSameRace(target: Target, atFailing: EndRuns, atClean: EndRuns): string[] {
  const seen = countKeys(target, atFailing);
  const before = countKeys(target, atClean);
  const [n, m] = [evidence(atFailing), evidence(atClean)];
  return [...seen]
    .filter(([key, k]) => k >= IN_TURN && cameWithChange(k, n, before.get(key) ?? 0, m))
    .toSorted(([a, k], [b, l]) => l - k || a.localeCompare(b))
    .map(([key]) => key);
}

/** k of n runs at the end that fails, j of m at the other. */
function cameWithChange(k: number, n: number, j: number, m: number): boolean {
  const change = failing.log(k, n) + clean.log(j, m);
  const noise = clean.log(k + j, n + m);
  const everywhere = failing.log(k + j, n + m);
  return change - noise >= ODDS && (j === 0 || change - everywhere >= ODDS);
}

function evidence(runs: EndRuns): number {
  return runs.filter(({ ran, failed }) => ran > 0 || failed.length > 0).length;
}

/** How many runs failed in the test under a name that is not looked for, by that name. */
function countKeys(target: Target, runs: EndRuns): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { failed } of runs) {
    if (failed.some((one) => isTarget(one, target))) continue;
    const key = failed.find(({ test }) => test === target.test)?.keys[0];
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
