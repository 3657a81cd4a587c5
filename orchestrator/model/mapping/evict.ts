import { emptySource, unmapDevice } from './collect.js';
import type { Source } from './collect.js';
import type { Core } from './core.js';
import { largeFails } from './drive.js';
import { lock } from './folio-split.js';
import { finalize, migratePages } from './migrate.js';
import type { ScanEntry } from './operation.js';
import { newSysFolio } from './system.js';
import type { Page } from './system.js';

/** migrate_device_pfn_lock(): a folio is taken only by the page that heads it, and only where it is in use and not locked. */
function lockPfn(core: Core, pfn: number): Source {
  const { k } = core;
  if (k.mem.get32(pfn, k.layout.at.refcount) === 0 || k.isTail(pfn)) return emptySource();
  if (k.flag(pfn, 'PG_locked')) return emptySource();
  core.addRefs(pfn, 1);
  lock(core, pfn);
  return { ...emptySource(), page: pfn, migrate: true };
}

/**
 * The scan of migrate_device_range() and migrate_device_pfns() (mm/migrate_device.c:1414-1489), which takes the size of
 * whatever page_folio() names, in use or not: pages behind a dead head are left out.
 */
export function scan(core: Core, pfns: readonly number[]): Source[] {
  const src = pfns.map(() => emptySource());
  for (let i = 0; i < pfns.length; i++) {
    const pfn = pfns[i] as number;
    const nr = core.nrPages(core.k.pageFolio(pfn));
    // Lock and reference of such a folio are given back at once.
    if (nr > pfns.length - i) break;
    const entry = (src[i] = lockPfn(core, pfn));
    if (nr > 1) {
      entry.compound = true;
      i += nr - 1;
    }
  }
  return src;
}

const entriesOf = (src: readonly Source[]): ScanEntry[] =>
  src.flatMap(({ page, migrate, compound }, index) =>
    page === undefined && !compound
      ? []
      : [{ index, ...(typeof page === 'number' && { pfn: page }), collected: migrate, compound }],
  );

/** zd_evict(): whatever the scan finds goes to system memory of the same order. Returns what the scan left. */
export function evict(core: Core, pfns: readonly number[]): ScanEntry[] {
  const src = scan(core, pfns);
  unmapDevice(core, src);
  const found = entriesOf(src);
  const dst = src.map(({ page }) => {
    if (page === undefined) return undefined;
    const order = core.order(core.folioOf(page));
    if (order > 0 && largeFails(core)) return undefined;
    return { page: newSysFolio(order).pages[0] as Page, compound: order > 0 };
  });
  migratePages(core, src, dst);
  finalize(core, src, dst);
  return found;
}
