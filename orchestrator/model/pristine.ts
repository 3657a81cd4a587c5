import { PAGE_WORDS } from './layout.js';
import { wordsOf } from './compare.js';
import { Machine } from './machine.js';
import type { Place } from './kernel.js';
import type { Operation } from './operation.js';
import { VARIANT_B } from './variants.js';

/** Folios as the first init after memremap_pages() makes them: the measure of history independence. */
export class Pristine {
  readonly #machine: Machine;

  constructor(place: Place) {
    this.#machine = new Machine(VARIANT_B, place);
  }

  /** Words of the 2^order pages that `op` makes from fresh pages, at the same place. */
  folio(op: Operation & { op: 'init' }): Uint32Array {
    this.#machine.apply({ op: 'reset' });
    this.#machine.apply(op);
    const words = wordsOf(this.#machine.bytes);
    return words.slice(op.pfn * PAGE_WORDS, (op.pfn + (1 << op.order)) * PAGE_WORDS);
  }
}
