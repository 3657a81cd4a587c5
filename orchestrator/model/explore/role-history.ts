import { FRESH, MAX_ORDER, newRole, oldPiece, oldRole, pieceRole, transition } from './page-role.js';

/**
 * What befell a folio, as a dump or a trace shows it; pages are counted from any multiple of 2^MAX_ORDER on.
 * `born`: an init. `died`: its last reference went; the order where the one who tells it knows it. `split`: the page
 * was in a living order-9 folio and is a folio of its own now.
 */
export type FolioChange =
  | { readonly kind: 'born'; readonly pfn: number; readonly order: number }
  | { readonly kind: 'died'; readonly pfn: number; readonly order?: number }
  | { readonly kind: 'split'; readonly pfn: number };

/** A folio that lives after a step, by the bytes of its struct pages. */
export interface LivingFolio {
  readonly pfn: number;
  readonly order: number;
}

const SIZE = 2 ** MAX_ORDER;
/** In place of the order of the last folio. */
const FRESH_PAGE = -1;
const PIECE = -2;

/** The pages of one naturally aligned order-9 folio: no folio reaches beyond it. */
interface Block {
  /** Order of the folio that each page was last in, FRESH_PAGE or PIECE. */
  readonly last: Int8Array;
  readonly live: Uint8Array;
}

/** A transition that a step may have made. */
interface Candidate {
  readonly number: number;
  /** The page is a tail of a dead folio of that order: where its head then was decides which transition it is. */
  readonly tailOf?: LivingFolio;
}

/**
 * The roles that pages go through, from what is seen of their folios. What a step shows counts only as far as it leaves no
 * doubt: of two things in one step nobody knows which came first.
 */
export class RoleHistory {
  readonly #blocks = new Map<number, Block>();
  readonly #seen: (transition: number) => void;
  /** Transitions that were shown but cannot be told apart from others, so that none is counted. */
  uncertain = 0;
  /** Changes that do not fit what was seen before them; nothing is counted for them. */
  contradictions = 0;

  /** @param seen is given the number of each transition, once for every page that makes it */
  constructor(seen: (transition: number) => void) {
    this.#seen = seen;
  }

  /** Changes of which each is known to come after the one before. */
  follow(changes: Iterable<FolioChange>): void {
    for (const change of changes) this.step([change]);
  }

  /**
   * One step: what was called in it, in order, and the folios that live after it, where somebody looked. Without `living`
   * the changes are all there is; with it, whatever else it shows came in this step too.
   */
  step(changes: readonly FolioChange[], living?: readonly LivingFolio[]): void {
    const candidates: Candidate[] = [];
    /** Born or dead: their first pages may no longer be what they were. A page that is split off was none of a dead folio. */
    const told: LivingFolio[] = [];
    for (const change of changes) this.#apply(change, candidates, told);
    if (living) {
      for (const folio of living) {
        const change = this.#changeTo(folio);
        if (change) this.#apply(change, candidates, told);
      }
      this.#bury(living);
    }
    for (const { number, tailOf } of candidates)
      if (tailOf && told.length > 1 && hasMoved(tailOf, told)) this.uncertain += 1;
      else this.#seen(number);
  }

  #block(pfn: number): Block {
    const index = Math.floor(pfn / SIZE);
    let block = this.#blocks.get(index);
    if (!block) {
      block = { last: new Int8Array(SIZE).fill(FRESH_PAGE), live: new Uint8Array(SIZE) };
      this.#blocks.set(index, block);
    }
    return block;
  }

  #apply(change: FolioChange, candidates: Candidate[], told: LivingFolio[]): void {
    const block = this.#block(change.pfn);
    const at = change.pfn % SIZE;
    if (change.kind === 'born') {
      told.push(change);
      this.#born(block, at, change, candidates);
    } else if (change.kind === 'split') this.#split(block, at, candidates);
    else this.#died(block, at, change, candidates, told);
  }

  #born(block: Block, at: number, { pfn, order }: LivingFolio, candidates: Candidate[]): void {
    const { last, live } = block;
    const end = at + 2 ** order;
    if (at % 2 ** order !== 0 || order > MAX_ORDER) {
      this.contradictions += 1;
      return;
    }
    const shown = !live.subarray(at, end).some((one) => one === 1);
    if (!shown) this.contradictions += 1;
    // Roles of all pages as they were: the folio may cover the head of another page of it.
    const made = Array.from({ length: end - at }, (_, i) =>
      this.#transitionOf(block, at + i, order, pfn - at),
    );
    if (shown) candidates.push(...made);
    last.fill(order, at, end);
    live.fill(1, at, end);
  }

  #transitionOf({ last, live }: Block, page: number, order: number, base: number): Candidate {
    const was = last[page] as number;
    const to = newRole(page, order);
    if (was === FRESH_PAGE) return { number: transition(FRESH, to) };
    if (was === PIECE) return { number: transition(oldPiece(page), to) };
    const head = page - (page % 2 ** was);
    if (head === page) return { number: transition(oldRole(page, was), to) };
    // A folio of another order on the old head: it has been re-made without this page.
    const fate = last[head] === was ? 0 : live[head] === 1 ? 2 : 1;
    return {
      number: transition(oldRole(page, was, fate), to),
      tailOf: { pfn: base + head, order: was },
    };
  }

  #split({ last, live }: Block, at: number, candidates: Candidate[]): void {
    if (last[at] !== MAX_ORDER || live[at] !== 1) {
      this.contradictions += 1;
      return;
    }
    candidates.push({ number: transition(oldRole(at, MAX_ORDER), pieceRole(at)) });
    last[at] = PIECE;
  }

  #died(
    block: Block,
    at: number,
    change: FolioChange & { kind: 'died' },
    candidates: Candidate[],
    told: LivingFolio[],
  ): void {
    const { last, live } = block;
    const { pfn, order } = change;
    if (live[at] !== 1) {
      // It lived and died between two looks.
      if (order === undefined) {
        this.contradictions += 1;
        return;
      }
      this.#born(block, at, { pfn, order }, candidates);
    } else if (last[at] === MAX_ORDER && (at !== 0 || order === 0)) {
      // A page of an order-9 folio that goes alone was split off before.
      this.#split(block, at, candidates);
    }
    const was = last[at] as number;
    const known = was === PIECE ? 0 : was;
    const size = 2 ** known;
    told.push({ pfn, order: known });
    if (at % size !== 0 || (order !== undefined && order !== known)) {
      this.contradictions += 1;
      return;
    }
    for (let page = at; page < at + size; page++) if (last[page] === was) live[page] = 0;
  }

  /** What a living folio shows that was not known of it. */
  #changeTo({ pfn, order }: LivingFolio): FolioChange | undefined {
    const { last, live } = this.#block(pfn);
    const at = pfn % SIZE;
    if (live[at] === 1) {
      if (last[at] === order || (last[at] === PIECE && order === 0)) return undefined;
      if (last[at] === MAX_ORDER && order === 0) return { kind: 'split', pfn };
    }
    return { kind: 'born', pfn, order };
  }

  /** What is in no living folio any more is dead, whoever has not said so. */
  #bury(living: readonly LivingFolio[]): void {
    const alive = new Map<number, Uint8Array>();
    for (const { pfn, order } of living) {
      const index = Math.floor(pfn / SIZE);
      const pages = alive.get(index) ?? new Uint8Array(SIZE);
      alive.set(index, pages.fill(1, pfn % SIZE, (pfn % SIZE) + 2 ** order));
    }
    for (const [index, { live }] of this.#blocks) {
      const pages = alive.get(index);
      for (let page = 0; page < SIZE; page++) if (pages?.[page] !== 1) live[page] = 0;
    }
  }
}

/**
 * Whether the head of a dead folio was re-made, or what it was re-made into ended, in the same step. By natural alignment
 * a folio on the head that leaves a tail out begins at the head and is smaller.
 */
function hasMoved({ pfn, order }: LivingFolio, told: readonly LivingFolio[]): boolean {
  return told.some((one) => one.pfn === pfn && one.order < order);
}
