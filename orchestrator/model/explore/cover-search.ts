import {
  FRESH,
  MAX_ORDER,
  NEW_ROLES,
  TRANSITIONS,
  newRole,
  oldPiece,
  oldRole,
  transition,
  transitionParts,
} from './page-role.js';
import { bitsOf } from './set-cover.js';
import type { Bits } from './set-cover.js';
import { UNIVERSES } from './universe.js';
import type { Slot } from './universe.js';
import { WordTable } from './word-table.js';

/** A step of a covering sequence: `order` for an init, absent for a free. */
export interface CoverStep {
  readonly pfn: number;
  readonly order?: number;
}

/** A sequence that no shorter or other one need replace, and the transitions that it makes. */
export interface Candidate {
  readonly steps: readonly CoverStep[];
  /** Numbers of transitions. */
  readonly covers: readonly number[];
}

/**
 * Pages whose roles are followed: the first 16 of an order-9 folio. With orders 0 to 4 and that folio they have every role
 * of every order class, at every distance from their heads that makes a difference.
 */
const PAGES = UNIVERSES.small.pages;
const SLOTS: readonly Slot[] = [...UNIVERSES.small.slots, { pfn: 0, order: MAX_ORDER }];

/** A page in a state: 0 fresh, else order + 1 of its last folio, or PIECE; with LIVE while that folio lives. */
const LAST = 0x1f;
const PIECE = LAST;
const LIVE = 0x20;
const STATE_WORDS = PAGES / 4;

/** Number of the role in which an init finds `page`, from the state of all pages. */
function oldRoleAt(state: Uint8Array, page: number): number {
  const last = (state[page] as number) & LAST;
  if (last === 0) return FRESH;
  if (last === PIECE) return oldPiece(page);
  const order = last - 1;
  const head = page - (page % 2 ** order);
  const now = state[head] as number;
  // A folio of another order, or a piece, on the old head: it has been re-made without this page.
  return oldRole(page, order, (now & LAST) === last ? 0 : (now & LIVE) !== 0 ? 2 : 1);
}

/**
 * Goes through all sequences of init and free of at most `depth` steps over those pages, on roles alone: what the steps
 * make of a page does not depend on any byte. Sequences that leave equal roles and have made equal transitions are
 * followed once.
 */
class RoleSearch {
  readonly #wanted: readonly number[];
  /** Where each wanted transition is noted: a word behind the state, and a bit of it; no bit for others. */
  readonly #word = new Uint8Array(TRANSITIONS);
  readonly #mask = new Uint32Array(TRANSITIONS);
  readonly #nodes: WordTable;
  readonly #coverWords: number;
  /** From which node, by which step each was found first; the start was not. */
  readonly #parents: number[] = [];
  readonly #by: CoverStep[] = [];
  readonly #next: Uint32Array;
  readonly #state: Uint8Array;

  /** @param start state of every page: 0 fresh, or a free piece */
  constructor(start: number, wanted: readonly number[]) {
    this.#wanted = wanted;
    for (const [bit, number] of wanted.entries()) {
      this.#word[number] = STATE_WORDS + (bit >> 5);
      this.#mask[number] = 1 << (bit & 31);
    }
    this.#coverWords = Math.ceil(wanted.length / 32);
    this.#nodes = new WordTable(STATE_WORDS + this.#coverWords);
    this.#next = new Uint32Array(this.#nodes.width);
    this.#state = new Uint8Array(this.#next.buffer, 0, PAGES);
    this.#state.fill(start);
    this.#nodes.intern(this.#next);
  }

  /** One candidate for each set of transitions that some sequence makes, a shortest one. */
  run(depth: number): Candidate[] {
    const covers = new WordTable(this.#coverWords);
    const found: { readonly node: number; readonly step?: CoverStep }[] = [];
    const note = (node: number, step?: CoverStep): void => {
      const before = covers.count;
      if (covers.intern(this.#next, STATE_WORDS) === before) found.push({ node, ...(step && { step }) });
    };
    note(0);
    for (let length = 1, from = 0; length <= depth; length++) {
      const to = this.#nodes.count;
      const last = length === depth;
      for (let node = from; node < to; node++)
        for (const step of this.#possible(node))
          if (!last) this.#take(node, step, note);
          else if (step.order !== undefined) {
            this.#enter(step);
            note(node, step);
          }
      from = to;
    }
    return found.map(({ node, step }, cover) => ({
      steps: [...this.#pathTo(node), ...(step ? [step] : [])],
      covers: this.#wanted.filter(
        (_, bit) =>
          (((covers.words[cover * this.#coverWords + (bit >> 5)] as number) >>> (bit & 31)) & 1) === 1,
      ),
    }));
  }

  #take(node: number, step: CoverStep, note: (node: number) => void): void {
    this.#enter(step);
    const before = this.#nodes.count;
    if (this.#nodes.intern(this.#next) !== before) return;
    this.#parents[before] = node;
    this.#by[before] = step;
    note(before);
  }

  #load(node: number): void {
    const { width, words } = this.#nodes;
    this.#next.set(words.subarray(node * width, (node + 1) * width));
  }

  /** Steps from a node; `next` is that node whenever one is told. */
  *#possible(node: number): Generator<CoverStep> {
    for (const { pfn, order } of SLOTS) {
      this.#load(node);
      const end = Math.min(pfn + 2 ** order, PAGES);
      if (this.#state[pfn] === (LIVE | (order + 1))) yield { pfn };
      else if (this.#state.subarray(pfn, end).every((page) => (page & LIVE) === 0)) yield { pfn, order };
    }
  }

  /** Makes `next` what it is after a step. */
  #enter({ pfn, order }: CoverStep): void {
    const state = this.#state;
    const size = 2 ** (order ?? ((state[pfn] as number) & LAST) - 1);
    const end = Math.min(pfn + size, PAGES);
    if (order === undefined) {
      for (let page = pfn; page < end; page++) state[page] = (state[page] as number) & ~LIVE;
      return;
    }
    for (let page = pfn; page < end; page++) {
      const number = transition(oldRoleAt(state, page), newRole(page, order));
      const word = this.#word[number] as number;
      this.#next[word] = (this.#next[word] as number) | (this.#mask[number] as number);
    }
    state.fill(LIVE | (order + 1), pfn, end);
  }

  #pathTo(node: number): CoverStep[] {
    const path: CoverStep[] = [];
    for (let at = node; at > 0; at = this.#parents[at] as number) path.unshift(this.#by[at] as CoverStep);
    return path;
  }
}

/**
 * Candidates for covering `wanted` transitions.
 * @param start `fresh`: nothing happened yet; `pieces`: an order-9 folio was split and all its pieces have been freed
 * @param depth most steps of a sequence, after the start
 */
export function candidates(
  start: 'fresh' | 'pieces',
  wanted: readonly number[],
  depth: number,
): readonly Candidate[] {
  return new RoleSearch(start === 'fresh' ? 0 : PIECE, wanted).run(depth);
}

/** The wanted transitions of a candidate as bits. */
export function coverBits({ covers }: Candidate, wanted: readonly number[]): Bits {
  const bit = new Map(wanted.map((number, i) => [number, i]));
  return bitsOf(
    covers.map((number) => bit.get(number) as number),
    Math.ceil(wanted.length / 32),
  );
}

/** Whether a transition starts at a piece of a split. */
export const fromPiece = (number: number): boolean => transitionParts(number).from.startsWith('piece');
/** Whether a transition is what a split itself does. */
export const bySplit = (number: number): boolean =>
  (NEW_ROLES[number % NEW_ROLES.length] as string).startsWith('piece');
