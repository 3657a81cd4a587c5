import { ancestryOf, put } from './ancestry.js';
import type { Forecast } from './forecast.js';
import type { Place, State } from './types.js';

interface Mixed {
  /** Of 0, 1, … matches. */
  readonly chances: readonly number[];
  /** Mean entropy of the forecasts, in nats. */
  readonly mean: number;
}

/** The forecasts for a batch at one place, each by its posterior. */
function mixedAt(state: State, at: Place, forecasts: readonly Forecast[]): Mixed {
  const changes = ancestryOf(state.history).changes(at);
  const fixed = state.options.change === 'fixed';
  const mixed: number[] = [];
  let mean = 0;
  for (const { culprit, posterior, ifFails, ifPasses } of forecasts) {
    const changed = (((changes[culprit >>> 5] ?? 0) >>> (culprit & 31)) & 1) === 1;
    const { chances, entropy } = changed !== fixed ? ifFails : ifPasses;
    mean += posterior * entropy;
    for (let k = 0; k < chances.length; k++) mixed[k] = (mixed[k] ?? 0) + posterior * (chances[k] ?? 0);
  }
  return { chances: mixed, mean };
}

/** How probable 0, 1, … matches of a batch at one place are. */
export function matchesAt(state: State, at: Place, forecasts: readonly Forecast[]): readonly number[] {
  return mixedAt(state, at, forecasts).chances;
}

/**
 * Mutual information between the culprit and the number of matches of a batch at one commit, in nats: entropy of the mixed
 * forecast less the mean entropy of the forecasts.
 */
export function informationAt(state: State, commit: number, forecasts: readonly Forecast[]): number {
  const { chances, mean } = mixedAt(state, { kind: 'commit', commit }, forecasts);
  return chances.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0) - mean;
}

/** As `informationAt`, of one run at every commit. */
export function informationOfOneRun(state: State, forecasts: readonly Forecast[]): number[] {
  const ancestry = ancestryOf(state.history);
  const fixed = state.options.change === 'fixed';
  // What all hypotheses expect of a place without any change, and by how much each moves that where its change is.
  let matchWithout = 0;
  let meanWithout = 0;
  const alive = new Uint32Array((ancestry.size + 31) >>> 5);
  const moreMatch = new Float64Array(ancestry.size);
  const moreMean = new Float64Array(ancestry.size);
  for (const { culprit, posterior, ifFails, ifPasses } of forecasts) {
    const [changed, without] = fixed ? [ifPasses, ifFails] : [ifFails, ifPasses];
    const [there, absent] = [changed.chances[1] ?? 0, without.chances[1] ?? 0];
    matchWithout += posterior * absent;
    meanWithout += posterior * without.entropy;
    moreMatch[culprit] = posterior * (there - absent);
    moreMean[culprit] = posterior * (changed.entropy - without.entropy);
    put(alive, culprit);
  }
  return ancestry.all.map((commit) => {
    const changes = ancestry.changes({ kind: 'commit', commit });
    let match = matchWithout;
    let mean = meanWithout;
    for (let word = 0; word < alive.length; word++) {
      for (let rest = (changes[word] ?? 0) & (alive[word] ?? 0); rest !== 0; rest &= rest - 1) {
        const culprit = word * 32 + 31 - Math.clz32(rest & -rest);
        match += moreMatch[culprit] ?? 0;
        mean += moreMean[culprit] ?? 0;
      }
    }
    return match <= 0 || match >= 1 ? 0 : -match * Math.log(match) - (1 - match) * Math.log1p(-match) - mean;
  });
}
