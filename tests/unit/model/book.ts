import type { Callback, Operation } from '../../../orchestrator/model/index.js';

/** A folio as the driver that made it knows it. */
export interface Entry {
  readonly pfn: number;
  readonly order: number;
  readonly locked: boolean;
}

/** What an operation must do besides changing the bytes of its own pages. */
export interface Due {
  /** Pages that the operation is about, [from, to). */
  readonly from: number;
  readonly to: number;
  readonly refs: number;
  readonly callbacks: readonly Callback[];
}

/**
 * A driver's own book of its device pages: which folios live where, and nothing else. It knows no byte, no
 * variant and no history, so it says which operations are legal and what they owe on any kernel. Pure and without a
 * library, so that whatever makes sequences can use it.
 */
export class Book {
  readonly pages: number;
  readonly #live = new Map<number, Entry>();

  constructor(pages: number) {
    this.pages = pages;
  }

  /** Living folios by first page. */
  get live(): readonly Entry[] {
    return [...this.#live.values()].toSorted((a, b) => a.pfn - b.pfn);
  }

  /** The living folio that a page is part of. */
  holder(page: number): Entry | undefined {
    for (const entry of this.#live.values())
      if (page >= entry.pfn && page < entry.pfn + 2 ** entry.order) return entry;
    return undefined;
  }

  /** No page of [pfn, pfn + 2^order) is in use, and a folio may start there. */
  vacant(pfn: number, order: number): boolean {
    const nr = 2 ** order;
    if (pfn % nr !== 0 || pfn + nr > this.pages) return false;
    return this.live.every((one) => one.pfn >= pfn + nr || pfn >= one.pfn + 2 ** one.order);
  }

  /** Whether a driver may do this now. Pokes may hit free pages only: a page in use is the kernel's. */
  legal(op: Operation): boolean {
    switch (op.op) {
      case 'init':
        return this.vacant(op.pfn, op.order);
      case 'unlock':
        return this.#live.get(op.pfn)?.locked === true;
      case 'free':
        return this.#live.get(op.pfn)?.locked === false;
      case 'poke':
        return this.holder(op.pfn) === undefined;
      case 'reset':
        return true;
      default:
        return false;
    }
  }

  /** Enters a legal operation; says what it owes. */
  enter(op: Operation): Due {
    if (!this.legal(op)) throw new RangeError(`not legal here: ${JSON.stringify(op, bigints)}`);
    let callbacks: readonly Callback[] = [];
    let span: readonly [number, number] = [0, this.pages];
    if (op.op === 'init') {
      this.#live.set(op.pfn, { pfn: op.pfn, order: op.order, locked: op.unlock === 'none' });
      span = [op.pfn, op.pfn + 2 ** op.order];
    } else if (op.op === 'reset') {
      this.#live.clear();
    } else if (op.op === 'poke') {
      span = [op.pfn, op.pfn + 1];
    } else {
      const { pfn, order } = this.holder(op.pfn) as Entry;
      span = [pfn, pfn + 2 ** order];
      if (op.op === 'unlock') this.#live.set(pfn, { pfn, order, locked: false });
      else {
        this.#live.delete(pfn);
        callbacks = [{ fn: 'folio_free', pfn, order }];
      }
    }
    const refs = this.live.reduce((sum, { order }) => sum + 2 ** order, 0);
    return { from: span[0], to: span[1], refs, callbacks };
  }
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
