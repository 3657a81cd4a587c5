import { MAIN_PROCESS } from '../../model/mapping/operation.js';
import type { Action } from '../schema.js';
import { destinationsOf } from '../request.js';

/** A folio that lives or has lived. */
export interface Life {
  readonly pfn: number;
  readonly order: number;
}

const mappingKey = (process: string, name: string): string => `${process}:${name}`;

interface Own {
  readonly order: number;
  readonly locked: boolean;
}

/** What a sequence has made so far, as far as it is not in the model: whose folios are whose, and what pages have been. */
export class Book {
  /** Folios made by `init`, by first page. */
  #own = new Map<number, Own>();
  /** Every folio that ever lived, by the steps that made it, oldest first. */
  #lives: Life[] = [];
  /** Failures of large allocations have been ordered and may be left. */
  #failing = false;

  /** Processes and mappings that a pattern was written to: what others hold, nobody can verify. */
  #filled = new Set<string>();

  get own(): ReadonlyMap<number, Own> {
    return this.#own;
  }

  get lives(): readonly Life[] {
    return this.#lives;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** A page was once part of a folio of order 1 or more. */
  wasCompound(page: number): boolean {
    return this.#lives.some(({ pfn, order }) => order > 0 && page >= pfn && page < pfn + 2 ** order);
  }

  /** The mapping holds the pattern of a `fill`, in that process. */
  isFilled(process: string, name: string): boolean {
    return this.#filled.has(mappingKey(process, name));
  }

  enter(action: Action): void {
    switch (action.op) {
      case 'init': {
        const { pfn, order, unlock } = action.args;
        this.#own.set(pfn, { order, locked: unlock === 'none' });
        this.#lives.push({ pfn, order });
        break;
      }
      case 'unlock': {
        const own = this.#own.get(action.args.pfn);
        if (own) this.#own.set(action.args.pfn, { ...own, locked: false });
        break;
      }
      case 'free':
        this.#own.delete(action.args.pfn);
        break;
      case 'migrate':
        // Those of a huge page given as so many small ones would only say the same 512 times.
        for (const { pfn, order } of destinationsOf(action.args.to).slice(0, 8))
          this.#lives.push({ pfn, order });
        break;
      case 'mmap':
        this.#filled.delete(mappingKey(MAIN_PROCESS, action.args.name));
        break;
      case 'fill':
        this.#filled.add(mappingKey(action.args.in ?? MAIN_PROCESS, action.args.name));
        break;
      case 'fork': {
        const { child } = action.args;
        for (const key of [...this.#filled].filter((one) => one.startsWith(mappingKey(MAIN_PROCESS, ''))))
          this.#filled.add(mappingKey(child, key.slice(mappingKey(MAIN_PROCESS, '').length)));
        break;
      }
      case 'exit':
        for (const key of this.#filled)
          if (key.startsWith(mappingKey(action.args.child, ''))) this.#filled.delete(key);
        break;
      case 'knobs':
        this.#failing = action.args.failLarge > 0;
        break;
      default:
        break;
    }
  }

  copy(): Book {
    const copy = new Book();
    copy.restore(this);
    return copy;
  }

  restore(from: Book): void {
    this.#own = new Map(from.#own);
    this.#lives = [...from.#lives];
    this.#failing = from.#failing;
    this.#filled = new Set(from.#filled);
  }
}
