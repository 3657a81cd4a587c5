import type { Place } from '../kernel.js';
import type { Variant } from '../variants.js';
import { standardPokes } from './pokes.js';
import { placeOf } from './search.js';
import { tellApart } from './telling.js';
import type { Tellings } from './telling.js';
import { UNIVERSES } from './universe.js';
import type { Universe, UniverseId } from './universe.js';

export interface CompareOptions {
  readonly depth: number;
  readonly limit: number;
  readonly by: 'bits' | 'effects';
  /** Default: small and large, and tiny to its end where neither tells the variants apart. */
  readonly universe?: UniverseId;
  readonly hold?: boolean;
  readonly pokes?: boolean;
  readonly split?: boolean;
}

/**
 * The tiny universe is searched until no state is new: 510 states for 7.3. Of a kernel whose reference count drifts away there
 * is no end.
 */
const TO_THE_END = { depth: 100, maxStates: 10_000 } as const;

/** What the shortest sequences are that tell two variants apart, in each universe that was asked for. */
export function compareVariants(a: Variant, b: Variant, options: CompareOptions): Tellings[] {
  const { depth, limit, by } = options;
  const search = (id: UniverseId, how: { readonly depth: number; readonly maxStates?: number }): Tellings =>
    tellApart(withSteps(UNIVERSES[id], options), a, b, { limit, by, ...how });
  if (options.universe) return [search(options.universe, { depth })];
  const found = [search('small', { depth }), search('large', { depth })];
  return found.some(({ count }) => count !== 0) ? found : [...found, search('tiny', TO_THE_END)];
}

function withSteps(universe: Universe, { hold, pokes, split }: CompareOptions): Universe {
  const place: Place = placeOf(universe);
  return {
    ...universe,
    ...(hold && { hold }),
    ...(split && { split }),
    ...(pokes && { pokes: standardPokes(place.layout) }),
  };
}
