import { decide } from './decide.js';
import { observe, samePlace, tallyOf } from './state.js';
import type { Decision, Outcome, Place, State } from './types.js';

/** How many decisions it looks ahead. */
const DEPTH = 12;

/**
 * Kernels that are likely to be needed next, so that they can be built while a decision is carried out: the first
 * place without a kernel that is decided on if all its runs match, and if they all pass (and so on). The more probable of the
 * two is not known before; none, one or two places.
 */
export function likelyNext(state: State, decision: Decision): Place[] {
  const found: Place[] = [];
  for (const outcome of ['match', 'pass'] as const) {
    const place = firstWithoutKernel(state, decision, outcome);
    if (place !== undefined && !found.some((other) => samePlace(other, place))) found.push(place);
  }
  return found;
}

function firstWithoutKernel(state: State, decision: Decision, first: Outcome): Place | undefined {
  const building = decision.kind === 'run' ? decision.at : undefined;
  let ahead = state;
  let now = decision;
  for (let depth = 0; depth < DEPTH && now.kind === 'run'; depth++) {
    const { at } = now;
    if (building !== undefined && !samePlace(at, building) && tallyOf(state, at).signature === undefined)
      return at;
    const outcome = depth === 0 ? first : 'pass';
    for (let run = 0; run < now.runs; run++) ahead = observe(ahead, { kind: 'run', at, outcome });
    now = decide(ahead);
  }
  return undefined;
}
