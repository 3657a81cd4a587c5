import type { MachineOperation } from '../machine.js';

/** A folio that may be made: 2^order pages from pfn on, naturally aligned. */
export interface Slot {
  readonly pfn: number;
  readonly order: number;
}

/** A write behind the kernel's back that a search may use as a step, in place of code that could have left this. */
export interface Poke {
  /** For a reader, without the page: `memcg_data=0xffff888000001000`. */
  readonly what: string;
  readonly pfn: number;
  readonly byte: number;
  readonly size: number;
  readonly value: bigint;
}

/** What a search may do, and on how many pages. */
export interface Universe {
  readonly id: string;
  readonly summary: string;
  readonly pages: number;
  readonly slots: readonly Slot[];
  /** Also inits that keep the folio lock, and unlocks. */
  readonly hold?: boolean;
  readonly pokes?: readonly Poke[];
  /** Also splits of living folios into folios of order 0. */
  readonly split?: boolean;
}

/** What a search may ask of the kernel: metadata only, no user memory. */
export type SearchStep = Extract<MachineOperation, { op: 'init' | 'unlock' | 'free' | 'poke' | 'split' }>;

/** One step that a search may take; `slot` is the folio that it is about, absent for a poke. */
export type Action =
  | {
      readonly kind: 'init' | 'hold' | 'unlock' | 'free' | 'split';
      readonly slot: number;
      readonly op: SearchStep;
    }
  | { readonly kind: 'poke'; readonly poke: Poke; readonly op: SearchStep };

/** Slots are bits of two 32-bit words in the hot loop. */
export const MAX_SLOTS = 64;

/** @param pages a multiple of the largest folio */
function everyPlace(pages: number, maxOrder: number): Slot[] {
  const slots: Slot[] = [];
  for (let order = 0; order <= maxOrder; order++)
    for (let pfn = 0; pfn < pages; pfn += 2 ** order) slots.push({ pfn, order });
  return slots;
}

/** Places that matter to 512-page folios: first, second, third, fourth, middle, last and the next after it. */
const OFFSETS = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513] as const;
const LARGE_PAGES = 1024;
const LARGE_ORDERS = [0, 1, 2, 8, 9] as const;

/** Folios that hold one of the pages OFFSETS, and folios at OFFSETS times their own size. */
function chosenPlaces(): Slot[] {
  return LARGE_ORDERS.flatMap((order) => {
    const size = 2 ** order;
    const pfns = OFFSETS.flatMap((offset) => [offset - (offset % size), offset * size]);
    return [...new Set(pfns)]
      .filter((pfn) => pfn + size <= LARGE_PAGES)
      .sort((a, b) => a - b)
      .map((pfn) => ({ pfn, order }));
  });
}

export const UNIVERSES = {
  /** Small enough to be searched to the end, so that it speaks for sequences of any length. */
  tiny: { id: 'tiny', summary: '4 pages, orders 0 to 2', pages: 4, slots: everyPlace(4, 2) },
  small: { id: 'small', summary: '16 pages, orders 0 to 4', pages: 16, slots: everyPlace(16, 4) },
  large: {
    id: 'large',
    summary: '1024 pages, orders 0, 1, 2, 8, 9 at chosen places',
    pages: LARGE_PAGES,
    slots: chosenPlaces(),
  },
} as const satisfies Record<string, Universe>;

export type UniverseId = keyof typeof UNIVERSES;

/** All steps of a universe, in a fixed order; whether one is possible depends on the state. */
export function actionsOf(universe: Universe): Action[] {
  const { slots, hold, pokes } = universe;
  if (slots.length > MAX_SLOTS) throw new RangeError(`${slots.length} slots, at most ${MAX_SLOTS}`);
  const actions: Action[] = [];
  for (const [slot, { pfn, order }] of slots.entries()) {
    const init = { op: 'init', pfn, order, rmappable: true } as const;
    actions.push({ kind: 'init', slot, op: { ...init, unlock: 'page' } });
    if (hold) actions.push({ kind: 'hold', slot, op: { ...init, unlock: 'none' } });
    if (hold) actions.push({ kind: 'unlock', slot, op: { op: 'unlock', pfn } });
    actions.push({ kind: 'free', slot, op: { op: 'free', pfn } });
    if (universe.split && order > 0 && piecesOf(slots, slot).length === 2 ** order)
      actions.push({ kind: 'split', slot, op: { op: 'split', pfn } });
  }
  for (const poke of pokes ?? []) {
    const { pfn, byte, size, value } = poke;
    actions.push({ kind: 'poke', poke, op: { op: 'poke', pfn, byte, size, value } });
  }
  return actions;
}

/** The order-0 slots of a slot's pages. */
export function piecesOf(slots: readonly Slot[], slot: number): number[] {
  const { pfn, order } = slots[slot] as Slot;
  return [...slots.keys()].filter((i) => {
    const piece = slots[i] as Slot;
    return piece.order === 0 && piece.pfn >= pfn && piece.pfn < pfn + 2 ** order;
  });
}

/** For each slot, the slots that share a page with it (itself too), as two words of bits. */
export function overlaps(slots: readonly Slot[]): { readonly lo: Uint32Array; readonly hi: Uint32Array } {
  const lo = new Uint32Array(slots.length);
  const hi = new Uint32Array(slots.length);
  for (const [i, a] of slots.entries())
    for (const [j, b] of slots.entries()) {
      if (a.pfn >= b.pfn + 2 ** b.order || b.pfn >= a.pfn + 2 ** a.order) continue;
      const half = j < 32 ? lo : hi;
      half[i] = (half[i] as number) | (1 << (j & 31));
    }
  return { lo, hi };
}
