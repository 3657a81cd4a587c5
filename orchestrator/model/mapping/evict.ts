import { emptySource, unmapDevice } from './collect.js';
import type { Source } from './collect.js';
import type { Core } from './core.js';
import { largeFails } from './drive.js';
import { lock, unlock } from './folio-split.js';
import { finalize, migratePages, noDestination } from './migrate.js';
import type { ScanEntry } from './operation.js';
import { newSysFolio } from './system.js';

/** Largest order that the guest's module makes a destination for (guests/module/evict.c). */
const ORDER_MAX = 9;

/** migrate_device_pfn_lock(): a folio is taken only by the page that heads it, and only where it is in use and not locked. */
function lockPfn(core: Core, pfn: number): Source {
  const { k } = core;
  if (k.mem.get32(pfn, k.layout.at.refcount) === 0 || k.isTail(pfn)) return emptySource();
  core.addRefs(pfn, 1);
  if (k.flag(pfn, 'PG_locked')) {
    core.put(pfn);
    return emptySource();
  }
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
    const folio = core.k.pageFolio(pfn);
    const entry = (src[i] = lockPfn(core, pfn));
    const nr = core.nrPages(folio);
    if (nr > pfns.length - i) {
      if (entry.migrate) {
        unlock(core, folio);
        core.put(folio);
      }
      src[i] = emptySource();
      break;
    }
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
  const dst = src.map(({ page, migrate, compound }) => {
    if (page === undefined || !migrate) return noDestination;
    const order = compound ? core.order(core.folioOf(page)) : 0;
    if (order > ORDER_MAX || (order > 0 && largeFails(core))) return noDestination;
    const folio = newSysFolio(order);
    folio.flags.add('PG_locked');
    return { page: folio.pages[0], compound: order > 0 };
  });
  migratePages(core, src, dst);
  finalize(core, src, dst);
  return found;
}
