import type { Place } from '../kernel.js';
import { layout73 } from '../layout73.js';
import type { Effects } from '../operation.js';
import type { Variant } from '../variants.js';
import { actionsOf, overlaps, piecesOf } from './universe.js';
import type { Action, Universe } from './universe.js';
import { StateParts, Walker, stateWords } from './walker.js';
import { WordTable } from './word-table.js';

/**
 * One step of a search, while the walkers stand behind it.
 * @returns whether the state behind it is to be searched on
 */
export type Visit = (edge: {
  /** State that the step starts from. */
  readonly node: number;
  /** Index in `actions`. */
  readonly action: number;
  /** Steps from the start, this one included. */
  readonly depth: number;
  /** What each variant's kernel did besides changing bytes, in the order of the variants. */
  readonly effects: readonly Effects[];
}) => boolean;

/** The last four words of a state: slots alive, and of those the locked ones. */
const SLOT_WORDS = 4;

/** A chunk of the universe's size in 7.3's layout, at the addresses of the tests' guest. */
export function placeOf(universe: Universe): Place {
  return {
    layout: layout73(),
    pages: universe.pages,
    memmap: 0xffffea0004000000n,
    pgmap: 0xffff888003456780n,
  };
}

/**
 * Breadth-first over all sequences of steps, of one kernel or of several that take the same steps. Two sequences that end
 * in equal states (every bit of every struct page in every kernel, pgmap references, living and locked folios) are
 * searched on once. There is no other reduction: exchanging equal halves of the chunk, for one, is no symmetry, since a
 * dead tail names the head of a larger block by its address.
 */
export class Search {
  readonly universe: Universe;
  readonly place: Place;
  readonly actions: readonly Action[];
  readonly walkers: readonly Walker[];
  /** Number of the first state of each depth; states are numbered as they are found. */
  readonly layers: number[] = [0];
  /** Steps taken. */
  steps = 0;
  /** No new state at the last depth: longer sequences lead to nothing new. */
  closed = false;

  readonly #nodes: WordTable;
  readonly #slotsAt: number;
  /** From which state, by which action each state was found first. */
  readonly #parents: number[] = [];
  readonly #by: number[] = [];
  /** In how many ways each state is reached in as many steps as it was first. */
  readonly #ways: number[] = [1];

  constructor(universe: Universe, variants: readonly Variant[], place: Place = placeOf(universe)) {
    this.universe = universe;
    this.place = place;
    this.actions = actionsOf(universe);
    const parts = new StateParts(universe.pages);
    this.walkers = variants.map((variant) => new Walker(variant, place, parts));
    const own = stateWords(universe.pages);
    this.#slotsAt = own * variants.length;
    this.#nodes = new WordTable(this.#slotsAt + SLOT_WORDS);
    // Fresh pages came first in every table, and nothing is alive: the first state is all 0.
    this.#nodes.intern(new Uint32Array(this.#nodes.width));
  }

  get states(): number {
    return this.#nodes.count;
  }

  /** The shortest way to a state that was found first. */
  pathTo(node: number): Action[] {
    const path: Action[] = [];
    for (let at = node; at > 0; at = this.#parents[at] as number)
      path.unshift(this.actions[this.#by[at] as number] as Action);
    return path;
  }

  /** Sequences of the least length that end in a state. */
  waysTo(node: number): number {
    return this.#ways[node] as number;
  }

  /** Takes every step that is possible from every state of the last depth. A step that crashes or hangs ends its sequence. */
  deepen(visit: Visit): void {
    const depth = this.layers.length;
    const from = this.layers[depth - 1] as number;
    const to = this.#nodes.count;
    const expand = this.#expander(visit, depth, to);
    for (let node = from; node < to; node++) expand(node);
    this.layers.push(to);
    this.closed = this.#nodes.count === to;
  }

  #expander(visit: Visit, depth: number, layer: number): (node: number) => void {
    const { actions, walkers, universe } = this;
    const { width } = this.#nodes;
    const own = stateWords(universe.pages);
    const { lo, hi } = overlaps(universe.slots);
    const pieces = pieceBits(universe.slots);
    const here = new Uint32Array(width);
    const next = new Uint32Array(width);
    const live = this.#slotsAt;
    const held = live + 2;
    const effects: Effects[] = [];

    const possible = (action: Action): boolean => {
      if (action.kind === 'poke') return true;
      const { kind, slot } = action;
      if (kind === 'init' || kind === 'hold')
        return (
          (((here[live] as number) & (lo[slot] as number)) |
            ((here[live + 1] as number) & (hi[slot] as number))) ===
          0
        );
      const word = slot >> 5;
      const bit = 1 << (slot & 31);
      if (((here[live + word] as number) & bit) === 0) return false;
      const locked = ((here[held + word] as number) & bit) !== 0;
      return (kind === 'unlock') === locked;
    };
    const setSlots = (action: Action): void => {
      for (let i = live; i < width; i++) next[i] = here[i] as number;
      if (action.kind === 'poke') return;
      const word = action.slot >> 5;
      const bit = 1 << (action.slot & 31);
      if (action.kind === 'split') {
        next[live] = (next[live] as number) | (pieces.lo[action.slot] as number);
        next[live + 1] = (next[live + 1] as number) | (pieces.hi[action.slot] as number);
      }
      if (action.kind === 'free' || action.kind === 'split')
        next[live + word] = (next[live + word] as number) & ~bit;
      else if (action.kind === 'unlock') next[held + word] = (next[held + word] as number) & ~bit;
      else next[live + word] = (next[live + word] as number) | bit;
      if (action.kind === 'hold') next[held + word] = (next[held + word] as number) | bit;
    };
    const take = (node: number, index: number, action: Action): void => {
      this.steps++;
      let stopped = false;
      for (let i = 0; i < walkers.length; i++) {
        effects[i] = (walkers[i] as Walker).step(action.op);
        stopped ||= (walkers[i] as Walker).machine.stopped;
      }
      if (visit({ node, action: index, depth, effects }) && !stopped) {
        for (let i = 0; i < walkers.length; i++) (walkers[i] as Walker).save(next, i * own);
        setSlots(action);
        this.#reach(next, node, index, layer);
      }
      for (let i = 0; i < walkers.length; i++) (walkers[i] as Walker).back(here, i * own);
    };

    return (node) => {
      const words = this.#nodes.words;
      for (let i = 0; i < width; i++) here[i] = words[node * width + i] as number;
      for (let i = 0; i < walkers.length; i++) (walkers[i] as Walker).enter(here, i * own);
      for (let i = 0; i < actions.length; i++) {
        const action = actions[i] as Action;
        if (possible(action)) take(node, i, action);
      }
    };
  }

  #reach(words: Uint32Array, parent: number, action: number, layer: number): void {
    const before = this.#nodes.count;
    const node = this.#nodes.intern(words);
    if (node === before) {
      this.#parents[node] = parent;
      this.#by[node] = action;
      this.#ways.push(0);
    }
    if (node >= layer) this.#ways[node] = (this.#ways[node] as number) + (this.#ways[parent] as number);
  }
}

/** For each slot, its order-0 slots as two words of bits. */
function pieceBits(slots: Universe['slots']): { readonly lo: Uint32Array; readonly hi: Uint32Array } {
  const lo = new Uint32Array(slots.length);
  const hi = new Uint32Array(slots.length);
  for (const slot of slots.keys())
    for (const piece of piecesOf(slots, slot)) {
      const half = piece < 32 ? lo : hi;
      half[slot] = (half[slot] as number) | (1 << (piece & 31));
    }
  return { lo, hi };
}
