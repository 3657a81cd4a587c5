import { decide } from './decide.js';
import { forecasts } from './forecast.js';
import { matchesAt } from './information.js';
import { posterior } from './posterior.js';
import { observe, samePlace, tallyOf } from './state.js';
import type { Decision, Place, State } from './types.js';

/** A kernel that is needed with less than this chance is not built ahead: the runs share the processors with it. */
const LEAST_CHANCE = 1 / 3;
/** How many states it looks at. */
const MOST_STATES = 24;

/** What may come to be. */
interface Future {
  readonly state: State;
  readonly chance: number;
}

/**
 * Kernels that are likely to be needed next, the likeliest first, so that they can be built while a decision is carried out: the
 * first place without a kernel that is decided on if the runs of a decision match, and if they pass, and so on, as probable as
 * the posterior foretells the runs. At most three places.
 */
export function likelyNext(state: State, decision: Decision): Place[] {
  const under = decision.kind === 'run' ? decision.at : undefined;
  const found: Place[] = [];
  const open: Future[] = [{ state, chance: 1 }];
  for (let looked = 0; looked < MOST_STATES; looked += 1) {
    const future = takeLikeliest(open);
    if (future === undefined) break;
    const next = looked === 0 ? decision : decide(future.state);
    if (next.kind !== 'run') continue;
    const { at } = next;
    const has = (under !== undefined && samePlace(at, under)) || tallyOf(state, at).signature !== undefined;
    if (has) open.push(...sequels(future, next));
    else if (!found.some((other) => samePlace(other, at))) found.push(at);
  }
  return found;
}

function takeLikeliest(open: Future[]): Future | undefined {
  const most = open.reduce((a, { chance }) => Math.max(a, chance), 0);
  const index = open.findIndex(({ chance }) => chance === most);
  return index < 0 ? undefined : open.splice(index, 1)[0];
}

/** All runs of a decision match, or all pass; those of them that are probable enough. */
function sequels(
  { state, chance }: Future,
  { at, runs }: Extract<Decision, { kind: 'run' }>,
): readonly Future[] {
  const [none = 0] = matchesAt(state, at, forecasts(posterior(state), runs));
  const after = (outcome: 'match' | 'pass', share: number): readonly Future[] => {
    if (chance * share < LEAST_CHANCE) return [];
    let ahead = state;
    for (let run = 0; run < runs; run += 1) ahead = observe(ahead, { kind: 'run', at, outcome });
    return [{ state: ahead, chance: chance * share }];
  };
  return [...after('match', 1 - none), ...after('pass', none)];
}
