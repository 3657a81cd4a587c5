import type { Place } from '../kernel.js';
import type { Effects } from '../operation.js';
import type { Variant } from '../variants.js';
import { Search } from './search.js';
import type { Universe } from './universe.js';

export interface Exploration {
  readonly universe: string;
  readonly variant: string;
  readonly depth: number;
  /** Different states, the start included. */
  readonly states: number;
  /** States first reached in exactly so many steps; index 0 is the start. */
  readonly statesAt: readonly number[];
  /** Steps taken, from each state every possible one. */
  readonly steps: number;
  /** Steps that ended in a crash, in a hang or where the model does not follow, by the line of the kernel. */
  readonly stops: Readonly<Record<string, number>>;
  /** Steps that can print a warning, by its line. */
  readonly warnings: Readonly<Record<string, number>>;
  /** No longer sequence leads to a new state. */
  readonly closed: boolean;
}

/**
 * All states that sequences of at most `depth` steps reach.
 * @param place default: 7.3's layout
 */
export function explore(universe: Universe, depth: number, variant: Variant, place?: Place): Exploration {
  const search = new Search(universe, [variant], place);
  const stops: Record<string, number> = {};
  const warnings: Record<string, number> = {};
  const statesAt = [1];
  while (search.layers.length <= depth && !search.closed) {
    search.deepen(({ effects }) => {
      const effect = effects[0] as Effects;
      const stop = effect.crash ?? effect.hang ?? effect.foreign;
      if (stop) stops[stop.line] = (stops[stop.line] ?? 0) + 1;
      for (const { line } of effect.warnings) warnings[line] = (warnings[line] ?? 0) + 1;
      return true;
    });
    statesAt.push(search.states - (search.layers.at(-1) as number));
  }
  return {
    universe: universe.id,
    variant: variant.id,
    depth,
    states: search.states,
    statesAt,
    steps: search.steps,
    stops,
    warnings,
    closed: search.closed,
  };
}
