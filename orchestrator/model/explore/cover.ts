import { candidates, coverBits, bySplit, fromPiece } from './cover-search.js';
import type { Candidate, CoverStep } from './cover-search.js';
import { transitionText } from './page-role.js';
import { classifyTransitions } from './reachable.js';
import { SetCover } from './set-cover.js';

/** One sequence of the covering set. */
export interface CoverCase {
  readonly steps: readonly CoverStep[];
  /** All transitions that it makes, `fresh→order0`. */
  readonly covers: readonly string[];
}

export interface CoverSet {
  /** `pieces`: each sequence starts after the split of an order-9 folio at page 0, all pieces freed. */
  readonly start: 'fresh' | 'pieces';
  /** Most steps of a sequence after the start; the least in which every transition can be made, or more where a start is dear. */
  readonly depth: number;
  readonly transitions: number;
  readonly cases: readonly CoverCase[];
  /** No set of such sequences is smaller than this; equal to the number of cases: the set is a smallest one. */
  readonly atLeast: number;
  /** Different sets of transitions that such sequences make. */
  readonly candidates: number;
}

export interface Cover {
  readonly reachable: readonly string[];
  readonly unreachable: readonly { readonly transition: string; readonly why: string }[];
  /** Transitions that every split makes, whatever follows. */
  readonly bySplit: readonly string[];
  readonly sets: readonly CoverSet[];
}

/** No transition needs more steps; a bound for the search if one ever did. */
const MAX_DEPTH = 7;
/** Steps that a sequence has at least: after a split, which takes a huge page and a migration, more than one is worth it. */
const LEAST_DEPTH = { fresh: 1, pieces: 4 } as const;

/**
 * The covering set: every transition of a page that can be made at all, by as few sequences as possible.
 * @throws Error where the closure over single pages and the search over sequences disagree
 */
export function cover(): Cover {
  const { reachable, unreachable } = classifyTransitions();
  const plain = reachable.filter((number) => !fromPiece(number) && !bySplit(number));
  const pieces = reachable.filter(fromPiece);
  return {
    reachable: reachable.map(transitionText),
    unreachable: unreachable.map(({ transition, why }) => ({ transition: transitionText(transition), why })),
    bySplit: reachable.filter(bySplit).map(transitionText),
    sets: [coverSet('fresh', plain), coverSet('pieces', pieces)],
  };
}

function coverSet(start: CoverSet['start'], wanted: readonly number[]): CoverSet {
  const { depth, found } = shallowest(start, wanted);
  const { chosen, atLeast } = new SetCover(
    found.map((one) => coverBits(one, wanted)),
    wanted.length,
  ).solve();
  return {
    start,
    depth,
    transitions: wanted.length,
    cases: chosen.map((index) => {
      const { steps, covers } = found[index] as Candidate;
      return { steps, covers: covers.map(transitionText) };
    }),
    atLeast,
    candidates: found.length,
  };
}

/**
 * Sequences as short as they can be so that together they make every transition.
 * @param most steps of a sequence after the start
 * @throws Error where so many steps do not make all of them
 */
export function shallowest(
  start: CoverSet['start'],
  wanted: readonly number[],
  most: number = MAX_DEPTH,
): { readonly depth: number; readonly found: readonly Candidate[] } {
  for (let depth: number = LEAST_DEPTH[start]; depth <= most; depth++) {
    const found = candidates(start, wanted, depth);
    if (new Set(found.flatMap(({ covers }) => covers)).size === wanted.length) return { depth, found };
  }
  throw new Error(`no sequences of up to ${most} steps make every transition that a page can make`);
}
