import { ancestryOf, type Bits } from './ancestry.js';
import { newEnd } from './state.js';
import type { Place, State, Tally } from './types.js';

/** Other failures at one place after which they are said to hide what is looked for, unless enough runs got past them. */
const HIDDEN_AFTER = 5;
const HIDDEN_SHARE = 0.2;

/** Evidence from one kernel. */
export interface Kernel {
  readonly match: number;
  /** Matches and passes. */
  readonly runs: number;
  /** The changes that it has; of a new end with commits dropped, only if it is no commit's kernel, too. */
  readonly changes: Bits;
  readonly dropped: boolean;
}

export interface Evidence {
  readonly kernels: readonly Kernel[];
  /** Commits that cannot be the culprit, since the kernels on both sides of them are one. */
  readonly noOps: Bits;
}

/** Runs that say something. */
export function evidenceRuns(tally: Tally): number {
  return tally.match + tally.pass;
}

/** All runs so far that are evidence. */
export function totalRuns(state: State): number {
  return state.tallies.reduce((sum, tally) => sum + evidenceRuns(tally), 0);
}

/** Why a place cannot be tested, as far as that is known. */
export function whyUntestable(tally: Tally): string | undefined {
  if (tally.untestable !== undefined) return tally.untestable;
  const told = evidenceRuns(tally);
  const hidden = tally.other >= HIDDEN_AFTER && told < HIDDEN_SHARE * tally.other;
  return hidden ? `other failures hide it in ${tally.other} of ${tally.other + told} runs` : undefined;
}

/** Whether each commit can be tested, as far as that is known. */
export function testableCommits(state: State): boolean[] {
  const testable = state.history.commits.map(() => true);
  for (const tally of state.tallies) {
    if (tally.at.kind === 'commit' && whyUntestable(tally) !== undefined) testable[tally.at.commit] = false;
  }
  return testable;
}

/** Runs and matches at a place and at all that have the same kernel. */
export function sameKernel(state: State, at: Tally): { match: number; runs: number } {
  const same =
    at.signature === undefined ? [at] : state.tallies.filter(({ signature }) => signature === at.signature);
  return {
    match: same.reduce((sum, { match }) => sum + match, 0),
    runs: same.reduce((sum, tally) => sum + evidenceRuns(tally), 0),
  };
}

/** Joins the tallies of each kernel. */
export function gather(state: State): Evidence {
  const ancestry = ancestryOf(state.history);
  const noOps = new Uint32Array((ancestry.size + 31) >>> 5);
  const groups = new Map<string, Tally[]>();
  for (const [index, tally] of state.tallies.entries()) {
    const key = tally.signature ?? `place ${index}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [tally]);
    else group.push(tally);
  }
  const kernels = [...groups.values()].map((group): Kernel => {
    const commits = group.filter(({ at }) => at.kind === 'commit');
    const at: Place = (commits[0] ?? group[0])?.at ?? { kind: 'commit', commit: newEnd(state.history) };
    const changes = ancestry.changes(at);
    for (const other of commits.slice(1)) markBetween(noOps, changes, ancestry.changes(other.at));
    const match = group.reduce((sum, tally) => sum + tally.match, 0);
    const runs = group.reduce((sum, tally) => sum + evidenceRuns(tally), 0);
    return { match, runs, changes, dropped: at.kind === 'without' };
  });
  return { kernels, noOps };
}

function markBetween(noOps: Bits, a: Bits, b: Bits): void {
  for (let word = 0; word < noOps.length; word++)
    noOps[word] = (noOps[word] ?? 0) | ((a[word] ?? 0) ^ (b[word] ?? 0));
}
