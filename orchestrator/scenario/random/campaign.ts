import type { Case } from '../schema.js';
import { drawnCase } from './case.js';
import type { Weights } from './weights.js';

/** Sequences that could not be drawn, one after another, before nothing more is expected of the weights. */
const EMPTY = 100;

/**
 * The sequences of a campaign, one after another, each drawn when it is asked for.
 * @param more asked before each, with its index from 0
 */
export function* campaign(
  suite: string,
  seed: number,
  weights: Weights,
  more: (index: number) => boolean,
): Generator<Case> {
  let empty = 0;
  for (let index = 0; empty < EMPTY && more(index); index += 1) {
    const test = drawnCase(suite, { seed, index }, weights);
    empty = test === undefined ? empty + 1 : 0;
    if (test) yield test;
  }
}

/**
 * How many sequences each kernel gets. The first kernel of a profile gets what its time allows; those after it the same
 * ones, so that points can be compared: a sequence that one has a result of, all have.
 */
export class Quota {
  readonly #reached = new Map<string, number>();

  /** Whether sequence `index` is to be drawn for a kernel of `profile`, by a clock that its campaign has. */
  for(profile: string, inTime: () => boolean): (index: number) => boolean {
    const fixed = this.#reached.get(profile);
    if (fixed !== undefined) return (index) => index < fixed;
    return (index) => {
      const more = inTime();
      if (!more) this.#reached.set(profile, Math.max(index, this.#reached.get(profile) ?? 0));
      return more;
    };
  }
}
