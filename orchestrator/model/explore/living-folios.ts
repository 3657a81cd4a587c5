import { PAGE_BYTES } from '../layout.js';
import { Kernel } from '../kernel.js';
import type { Place } from '../kernel.js';
import { MAX_ORDER } from './page-role.js';
import type { LivingFolio } from './role-history.js';

/**
 * The folios that live in dumps of all struct pages of a place, by the bytes alone: a page with references that is no tail,
 * and the pages after it that its order byte says and whose compound_info names it. What is not at its natural place, or
 * has a tail that names another head, is not one of them.
 */
export class FolioReader {
  readonly #kernel: Kernel;

  constructor(place: Place) {
    this.#kernel = new Kernel(place, 0n, false);
  }

  /** In order. @param bytes of all struct pages of the place; @throws RangeError where they are more or fewer */
  read(bytes: Uint8Array): LivingFolio[] {
    const kernel = this.#kernel;
    const { pages } = kernel.mem;
    if (bytes.length !== pages * PAGE_BYTES)
      throw new RangeError(`${bytes.length} bytes, not those of ${pages} struct pages`);
    kernel.mem.bytes.set(bytes);
    const found: LivingFolio[] = [];
    for (let page = 0; page < pages; page++) {
      const order = this.#orderOf(page);
      if (order !== undefined) found.push({ pfn: page, order });
    }
    return found;
  }

  /** Order of the living folio whose first page it is. */
  #orderOf(page: number): number | undefined {
    const { mem, layout } = this.#kernel;
    if (this.#isTail(page) || mem.get32(page, layout.at.refcount) === 0) return undefined;
    if (!this.#kernel.flag(page, 'PG_head')) return 0;
    // Behind the last page there is no word: order 0, which no head has, and no tail.
    const order = mem.get32(page + 1, layout.at.flags) & 0xff;
    const size = 2 ** order;
    if (order === 0 || order > MAX_ORDER || page % size !== 0) return undefined;
    for (let tail = page + 1; tail < page + size; tail++)
      if (!this.#isTail(tail) || this.#headOf(tail) !== page) return undefined;
    return order;
  }

  #isTail(page: number): boolean {
    return this.#kernel.isTail(page);
  }

  /** As page_folio(); undefined where compound_info names no page of the chunk. */
  #headOf(page: number): number | undefined {
    try {
      return this.#kernel.pageFolio(page);
    } catch {
      return undefined;
    }
  }
}
