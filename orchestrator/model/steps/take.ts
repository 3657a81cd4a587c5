import type { Kernel } from '../kernel.js';
import { Trap, WARNINGS } from '../traps.js';
import type { InitStep } from './step.js';

/** What makes pages a folio in use: the pgmap's references, the count, the lock. */

/**
 * `percpu_ref_tryget_many(&page_pgmap(page)->ref, 1 << order)`: the pgmap of the head that the page names
 * (include/linux/mmzone.h:1310).
 */
export const takeRefs: InitStep = (k, page, order) => {
  k.warnOn(!k.isZoneDevice(page), WARNINGS.pgmapOfOther);
  k.checkPgmap(k.pageFolio(page), 'mm/memremap.c:522');
  k.refs += 1 << order;
};

/** `set_page_count(page, 1)` */
export const setCount: InitStep = (k, page) =>
  k.mem.fill32(page, 1, k.layout.at.refcount, 1, k.by('initCount'));

function lockFolio(k: Kernel, page: number, folio: number): void {
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
}

/** lock_page(): takes the lock of the head that the page names, waits for ever where it is held. */
export const lockPage: InitStep = (k, page) => lockFolio(k, page, k.pageFolio(page));

/** `folio = page_folio(page); folio->pgmap = pgmap; folio_lock(folio); folio_set_count(folio, 1)`: of whatever page names. */
export const takeNamedFolio: InitStep = (k, page) => {
  const folio = k.pageFolio(page);
  const { lo, hi } = k.pgmapOf(page);
  k.mem.fill64(folio, 1, k.layout.at.info, lo, hi, k.by('initPgmap'));
  lockFolio(k, page, folio);
  k.mem.fill32(folio, 1, k.layout.at.refcount, 1, k.by('initCount'));
};
