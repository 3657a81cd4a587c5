import type { ModelOp } from '../../../orchestrator/scenario/oracle.js';
import { MAX_ORDER } from '../../../orchestrator/scenario/schema.js';
import type { Action } from '../../../orchestrator/scenario/schema.js';
import { pairId, pairs } from '../../../orchestrator/scenario/pairs.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';

/** A step as the model takes it, or as a scenario has it: some pokes need the layout and the bytes of the moment. */
export type ProofStep = ModelOp | Action;

export const GROUPS = ['S', 'pairs', 'random'] as const;
export type Group = (typeof GROUPS)[number];

/** Operations on pristine pages, one after another. */
export interface Sequence {
  /** `S2b`, `9@0,4@16`, `random/SEED`: what to give to replay it. */
  readonly id: string;
  readonly group: Group;
  readonly steps: readonly ProofStep[];
  /** Options without CONFIG_ that the kernel must have, or the sequence is left out. */
  readonly requires?: readonly string[];
}

/** What the driver stores in a page of the first folio of a pair: other than 0, so that it can be left behind. */
const DRIVER_DATA = 0x1122_3344_5566_0000n;

/** Two lives of the same pages, both to the end. */
export function pairSequences(): Sequence[] {
  return pairs().map((pair) => {
    const { k1, o1, k2, o2 } = pair;
    return {
      id: pairId(pair),
      group: 'pairs',
      steps: [
        { op: 'init', pfn: o1, order: k1, unlock: 'page', rmappable: true, zdd: DRIVER_DATA + BigInt(o1) },
        { op: 'free', pfn: o1, how: 'page' },
        { op: 'init', pfn: o2, order: k2, unlock: 'page', rmappable: true },
        { op: 'free', pfn: o2, how: 'page' },
      ],
    };
  });
}

/** Steps of a generated sequence, at most. */
export const MAX_STEPS = 12;

/** Where folios of a generated sequence may lie: few pages, so that lives overlap. */
interface Universe {
  readonly pages: number;
  readonly maxOrder: number;
  /** Places that are tried more often than others. */
  readonly favoured: readonly number[];
}

const UNIVERSES: readonly Universe[] = [
  { pages: 32, maxOrder: 4, favoured: [0, 1, 2, 3, 15, 16, 17, 31] },
  {
    pages: 1024,
    maxOrder: MAX_ORDER,
    favoured: [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 514, 768, 1023],
  },
  { pages: 1024, maxOrder: MAX_ORDER, favoured: [] },
];

interface Live {
  readonly order: number;
  readonly locked: boolean;
}

/** Folios that are alive while a sequence is being made up; the module refuses what no driver would do. */
class Book {
  readonly live = new Map<number, Live>();

  /** A live folio that has a page in common with 2^order pages at `pfn`. */
  inTheWay(pfn: number, order: number): number | undefined {
    for (const [at, { order: other }] of this.live)
      if (at < pfn + 2 ** order && pfn < at + 2 ** other) return at;
    return undefined;
  }
}

/**
 * A legal sequence of 2 to 12 steps: folios come to life where others were, with driver data and locks as drivers leave
 * them; in some, a word that the free path does not read is written behind the kernel's back.
 */
export function randomSequence(seed: number): Sequence {
  const dice = new Dice(seed);
  const universe = dice.pick(UNIVERSES);
  const length = 2 + dice.roll(MAX_STEPS - 1);
  const pokes = dice.chance(20);
  const book = new Book();
  const steps: ProofStep[] = [];
  while (steps.length < length) steps.push(nextStep(dice, universe, book, pokes));
  return { id: `random/${seed}`, group: 'random', steps };
}

function nextStep(dice: Dice, universe: Universe, book: Book, pokes: boolean): ProofStep {
  const live = [...book.live.keys()];
  const locked = live.filter((pfn) => book.live.get(pfn)?.locked === true);
  if (locked.length > 0 && dice.chance(40)) {
    const pfn = dice.pick(locked);
    book.live.set(pfn, { order: book.live.get(pfn)?.order ?? 0, locked: false });
    return { op: 'unlock', pfn, how: how(dice) };
  }
  if (pokes && dice.chance(25)) return poke(dice, universe);
  const order = dice.roll(universe.maxOrder + 1);
  const wish =
    universe.favoured.length > 0 && dice.chance(70)
      ? dice.pick(universe.favoured)
      : dice.roll(universe.pages);
  const pfn = wish - (wish % 2 ** order);
  const blocked = book.inTheWay(pfn, order);
  const victim = blocked ?? (live.length > 0 && dice.chance(30) ? dice.pick(live) : undefined);
  if (victim !== undefined) {
    book.live.delete(victim);
    return { op: 'free', pfn: victim, how: how(dice) };
  }
  const unlock = dice.chance(12) ? 'none' : how(dice);
  book.live.set(pfn, { order, locked: unlock === 'none' });
  return {
    op: 'init',
    pfn,
    order,
    unlock,
    rmappable: dice.chance(85),
    ...(dice.chance(40) ? { zdd: BigInt(dice.roll(2 ** 32)) << BigInt(dice.roll(33)) } : {}),
  };
}

/** Drivers go by page_folio(); the cast is what a kernel function with the folio in hand does. */
function how(dice: Dice): 'page' | 'folio' {
  return dice.chance(75) ? 'page' : 'folio';
}

/** Flags above the low byte that other code could have left. PG_reserved is not one of them: it is always set. */
const FLAGS = ['PG_active', 'PG_workingset', 'PG_reclaim', 'PG_swapbacked', 'PG_unevictable'] as const;
/** A mapcount whose high byte is no page type: put_page() leaves pages of some types alone (page-flags.h: PGTY_slab). */
const MAPCOUNTS = 2 ** 16;

/** A word that other code could have left, and that neither put_page() nor the free path follows. */
function poke(dice: Dice, universe: Universe): Action {
  const pfn = universe.favoured.length > 0 ? dice.pick(universe.favoured) : dice.roll(universe.pages);
  const value = (sides: number): string => `0x${dice.roll(sides).toString(16)}`;
  switch (dice.roll(3)) {
    case 0:
      return { op: 'poke', args: { pfn, set: [dice.pick(FLAGS), dice.pick(FLAGS)] } };
    case 1:
      return { op: 'poke', args: { pfn, field: 'page.private', value: value(2 ** 32) } };
    default:
      return { op: 'poke', args: { pfn, field: 'page._mapcount', value: value(MAPCOUNTS) } };
  }
}
