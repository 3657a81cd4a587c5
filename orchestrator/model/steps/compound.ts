import { high32, low32 } from '../kernel.js';
import type { Kernel } from '../kernel.js';
import { WARNINGS } from '../traps.js';
import { clearMapping, clearMemcgData } from './pages.js';
import type { InitStep } from './step.js';

/** prep_compound_page() (mm/page_alloc.c:703) and what is built on it. */

/** `__SetPageHead(page)`: of the page as it is, head, tail or neither. */
export const setHead: InitStep = (k, page) => k.setFlag(page, 'PG_head', true, 'head');

/** prep_compound_tail() of pages `from`..2^order-1 (mm/internal.h:794). */
const prepTailsFrom =
  (from: number): InitStep =>
  (k, page, order) => {
    const { at, tailMapping } = k.layout;
    const first = page + from;
    const count = (1 << order) - from;
    k.mem.fill64(first, count, at.mapping, low32(tailMapping), high32(tailMapping), k.by('tailMapping'));
    const [lo, hi] = tailInfo(k, page, order);
    k.mem.fill64(first, count, at.info, lo, hi, k.by('tailInfo'));
    if (!k.enabled('DEBUG_VM')) return;
    let left = 0;
    for (let p = first; p < first + count; p++)
      left |= k.mem.get32(p, at.private) | k.mem.getHigh32(p, at.private);
    k.warnOn(left !== 0, WARNINGS.tailPrivate);
  };

export const prepTails = prepTailsFrom(1);

/** A loop that leaves out the pages with fields of struct folio. */
export const prepTailsFromFourth = prepTailsFrom(4);

/** `tail->flags.f &= ~0xff` in prep_compound_tail(). */
export const clearTailLowFlags: InitStep = (k, page, order) =>
  k.mem.fill8(page + 1, (1 << order) - 1, k.layout.at.flags, 0, k.by('tailFlags'));

/** What set_compound_head() stores in every tail: a mask over the address, or the head's address; bit 0 set. */
function tailInfo(k: Kernel, page: number, order: number): [lo: number, hi: number] {
  const [lo, hi] = k.layout.tailEncoding === 'mask' ? [-1 << (order + 6), -1] : k.addressOf(page);
  return [lo | 1, hi];
}

/** folio_set_order() (mm/internal.h:735): byte 0 of page 1's flags, and `_nr_pages` where there is one. */
export const setOrder: InitStep = (k, page, order) => {
  if (order === 0 || !k.testFolioFlag(page, 'PG_head')) {
    k.warnOn(true, WARNINGS.setOrder);
    return;
  }
  const { at } = k.layout;
  k.mem.fill8(page + 1, 1, at.flags, order, k.by('order'));
  if (at.nrPages !== undefined) k.mem.fill32(page + 1, 1, at.nrPages, 1 << order, k.by('nrPages'));
};

/** The rest of prep_compound_head() (mm/internal.h:778-791): counts in page 1, the deferred list in page 2. */
export const prepCounts: InitStep = (k, page, order) => {
  const { at } = k.layout;
  // At order 0 this is another page, or none.
  const p1 = k.inChunk(page + 1, at.largeMapcount, 'mm/internal.h:prep_compound_page');
  k.mem.fill32(p1, 1, at.largeMapcount, -1, k.by('largeMapcount'));
  if (k.layout.config['PAGE_MAPCOUNT'] !== false)
    k.mem.fill32(p1, 1, at.nrPagesMapped, 0, k.by('nrPagesMapped'));
  if (k.layout.config['MM_ID'] !== false) {
    k.mem.fill64(p1, 1, at.mmIds, 0, 0, k.by('mmIds'));
    k.mem.fill64(p1, 1, at.mmIdMapcount, -1, -1, k.by('mmIdMapcount'));
  }
  k.mem.fill32(p1, 1, at.pincount, 0, k.by('pincount'));
  k.mem.fill32(p1, 1, at.entireMapcount, -1, k.by('entireMapcount'));
  if (order <= 1) return;
  const [lo, hi] = k.addressOf(page + 2, at.deferredList);
  k.mem.fill64(page + 2, 1, at.deferredList, lo, hi, k.by('deferredList'));
  k.mem.fill64(page + 2, 1, at.deferredList + 8, lo, hi, k.by('deferredList'));
};

/** `if (order > 1) … else { folio->mapping = NULL; folio->memcg_data = 0; }` in prep_compound_head(). */
export const clearSmallHead: InitStep = (k, page, order) => {
  if (order > 1) return;
  clearMapping(k, page, 0);
  clearMemcgData(k, page, 0);
};

/** `new_folio->_nr_pages = 0` of the new folio itself: four bytes of the page after the first. */
export const zeroOwnNrPages: InitStep = (k, page) => {
  const { nrPages } = k.layout.at;
  if (nrPages !== undefined) k.mem.fill32(page + 1, 1, nrPages, 0, k.by('initNrPages'));
};

function resetOrder(k: Kernel, page: number): void {
  if (!k.testFolioFlag(page, 'PG_head')) {
    k.warnOn(true, WARNINGS.resetOrder);
    return;
  }
  const { at } = k.layout;
  k.mem.fill8(page + 1, 1, at.flags, 0, k.by('resetOrder'));
  if (at.nrPages !== undefined) k.mem.fill32(page + 1, 1, at.nrPages, 0, k.by('resetNrPages'));
}

/** folio_reset_order() of a folio (include/linux/mm.h:1816). */
export const resetFolioOrder: InitStep = (k, page) => resetOrder(k, page);

/** folio_reset_order() of every page cast to a folio: each writes to the page after it. */
export const resetEveryOrder: InitStep = (k, page, order) => {
  for (let p = page; p < page + (1 << order); p++) resetOrder(k, p);
};
