import { MAX_ORDER } from './schema.js';

/** Two lives of the same pages: a folio of order k1 at o1, freed, then one of order k2 at o2. */
export interface Pair {
  readonly k1: number;
  readonly o1: number;
  readonly k2: number;
  readonly o2: number;
}

/**
 * Offsets at which a folio of order `small` is tried inside one of order `large`: first, second, third, fourth,
 * middle and last place of its size. The first four matter because a large folio keeps its fields in the first
 * three tails and TAIL_MAPPING from the fourth page on (mm/internal.h:prep_compound_head, prep_compound_tail).
 */
export function overlapOffsets(small: number, large: number): number[] {
  const places = 2 ** (large - small);
  const chosen = [0, 1, 2, 3, places / 2, places - 1].filter(
    (place) => Number.isInteger(place) && place < places,
  );
  return [...new Set(chosen)].sort((a, b) => a - b).map((place) => place * 2 ** small);
}

/** All ordered pairs of orders 0 to 9, the smaller folio at each of its offsets in the larger; stable order. */
export function pairs(): Pair[] {
  const result: Pair[] = [];
  for (let k1 = 0; k1 <= MAX_ORDER; k1 += 1) {
    for (let k2 = 0; k2 <= MAX_ORDER; k2 += 1) {
      for (const offset of overlapOffsets(Math.min(k1, k2), Math.max(k1, k2))) {
        result.push(k1 < k2 ? { k1, o1: offset, k2, o2: 0 } : { k1, o1: 0, k2, o2: offset });
      }
    }
  }
  return result;
}

/** Stable id of a pair, for example `9@0,4@16`. */
export function pairId(pair: Pair): string {
  return `${pair.k1}@${pair.o1},${pair.k2}@${pair.o2}`;
}
