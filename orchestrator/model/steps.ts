import { high32, low32 } from './kernel.js';
import type { Kernel } from './kernel.js';
import { PAGE_WORDS } from './layout.js';
import { Trap, WARNINGS } from './traps.js';

/**
 * The writes of init, one step per statement of the kernel, each applied to all pages it concerns (a page's
 * own writes do not depend on its neighbours', so page order inside a step does not matter). A variant of
 * zone_device_page_init() is a list of these.
 * @param page first page of the new folio
 * @param order the folio has 2^order pages
 */
export type InitStep = (kernel: Kernel, page: number, order: number) => void;

/** T0: all 64 bytes as memmap_init_zone_device() leaves them (mm/mm_init.c:__init_zone_device_page). */
export function freshPages(k: Kernel, page: number, count: number): void {
  const { at } = k.layout;
  const stamp = k.by('fresh');
  k.mem.words.fill(0, page * PAGE_WORDS, (page + count) * PAGE_WORDS);
  k.mem.stamp(page, count, 0, 64, stamp);
  k.mem.fill64(page, count, at.flags, k.fresh[0], k.fresh[1], stamp);
  k.mem.fill64(page, count, at.info, k.pgmap[0], k.pgmap[1], stamp);
  k.mem.fill32(page, count, at.mapcount, -1, stamp);
}

/** `flags.f &= ~0xff` */
export const clearLowFlags: InitStep = (k, page, order) =>
  k.mem.fill8(page, 1 << order, k.layout.at.flags, 0, k.by('initFlags'));

/** `((struct folio *)(new_page - 1))->_nr_pages = 0`: four bytes of new_page itself. */
export const clearNrPages: InitStep = (k, page, order) => {
  const { nrPages } = k.layout.at;
  if (nrPages !== undefined) k.mem.fill32(page, 1 << order, nrPages, 0, k.by('initNrPages'));
};

export const clearMapping: InitStep = (k, page, order) =>
  k.mem.fill64(page, 1 << order, k.layout.at.mapping, 0, 0, k.by('initMapping'));

export const setPgmap: InitStep = (k, page, order) =>
  k.mem.fill64(page, 1 << order, k.layout.at.info, k.pgmap[0], k.pgmap[1], k.by('initPgmap'));

export const clearShare: InitStep = (k, page, order) =>
  k.mem.fill64(page, 1 << order, k.layout.at.index, 0, 0, k.by('initShare'));

/** The two VM_WARN_ON_FOLIO of the loop (mm/memremap.c:514-515). */
export const warnInUse: InitStep = (k, page, order) => {
  if (!k.enabled('DEBUG_VM')) return;
  for (let p = page; p < page + (1 << order); p++) {
    k.warnOn(k.mem.get32(p, k.layout.at.refcount) !== 0, WARNINGS.live);
    k.warnOn(!k.isZoneDevice(p), WARNINGS.notZoneDevice);
  }
};

/** `percpu_ref_tryget_many(&page_pgmap(page)->ref, 1 << order)`: the pgmap of the head that the page names. */
export const takeRefs: InitStep = (k, page, order) => {
  pgmapOf(k, k.pageFolio(page));
  k.refs += 1 << order;
};

export const setCount: InitStep = (k, page) =>
  k.mem.fill32(page, 1, k.layout.at.refcount, 1, k.by('initCount'));

/** lock_page(): takes the lock of the head that the page names, waits for ever where it is held. */
export const lockPage: InitStep = (k, page) => {
  const folio = k.pageFolio(page);
  k.checkChange(folio);
  if (k.flag(folio, 'PG_locked')) {
    k.setFlag(folio, 'PG_waiters', true, 'waiters');
    throw new Trap('hang', {
      why: `lock_page() of page ${page} waits for PG_locked of page ${folio}`,
      line: 'mm/memremap.c:524',
      config: 'any',
    });
  }
  k.setFlag(folio, 'PG_locked', true, 'lock');
};

/** `__SetPageHead(page)` */
export const setHead: InitStep = (k, page) => k.setFlag(page, 'PG_head', true, 'head');

/** prep_compound_tail() of pages 1..2^order-1 (mm/internal.h:794). */
export const prepTails: InitStep = (k, page, order) => {
  const { at } = k.layout;
  const first = page + 1;
  const count = (1 << order) - 1;
  const mapping = k.layout.tailMapping;
  k.mem.fill64(first, count, at.mapping, low32(mapping), high32(mapping), k.by('tailMapping'));
  const [lo, hi] = tailInfo(k, page, order);
  k.mem.fill64(first, count, at.info, lo, hi, k.by('tailInfo'));
  if (!k.enabled('DEBUG_VM')) return;
  for (let p = first; p < first + count; p++)
    k.warnOn((k.mem.get32(p, at.private) | k.mem.get32(p, at.private + 4)) !== 0, WARNINGS.tailPrivate);
};

/** What set_compound_head() stores in every tail: a mask over the address, or the head's address; bit 0 set. */
function tailInfo(k: Kernel, page: number, order: number): [lo: number, hi: number] {
  const [lo, hi] = k.layout.tailEncoding === 'mask' ? [-1 << (order + 6), -1] : k.addressOf(page);
  return [(lo | 1) >>> 0, hi >>> 0];
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
  const p1 = page + 1;
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
  const [lo, hi] = k.addressOf(page + 2);
  const list = (lo + at.deferredList) >>> 0;
  const carry = lo + at.deferredList > 0xffffffff ? 1 : 0;
  k.mem.fill64(page + 2, 1, at.deferredList, list, hi + carry, k.by('deferredList'));
  k.mem.fill64(page + 2, 1, at.deferredList + 8, list, hi + carry, k.by('deferredList'));
};

/** Checks that the pgmap word of a folio is the pgmap, so that the reference goes where the model counts it. */
export function pgmapOf(k: Kernel, folio: number): boolean {
  const { info } = k.layout.at;
  const lo = k.mem.get32(folio, info);
  const hi = k.mem.get32(folio, info + 4);
  if (lo === 0 && hi === 0) return false;
  if (lo === k.pgmap[0] && hi === k.pgmap[1]) return true;
  throw new Trap('crash', {
    why: `page ${folio} has 0x${((BigInt(hi) << 32n) | BigInt(lo)).toString(16)} where its pgmap should be`,
    line: 'include/linux/mmzone.h:page_pgmap',
    config: 'any',
  });
}
