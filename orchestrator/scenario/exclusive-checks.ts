import type { Deviation } from '../store/records.js';
import { Fields } from './page-fields.js';
import type { Pages } from './page-fields.js';
import { titleOf } from './mappings.js';
import type { Mapping } from './mappings.js';
import { DEVICE_WRITE } from './protocol.js';
import type { MapRun } from './protocol.js';
import type { UserFolio } from './user-memory.js';

/**
 * PG_anon_exclusive of device pages that are mapped. Only a page that belongs to one process alone may be written through its
 * entry (mm/huge_memory.c:remove_migration_pmd() warns in its last lines, of present entries), and a page that was exclusive
 * when it left stays so on the device, read-only or not: a migration entry tells exclusive from shared, and nothing but a fork
 * makes the page anybody else's. One PMD has the flag in the head, PTEs have it in each page.
 * @param shared a fork has been: what is read-only may be of several processes
 */
export function checkExclusive(
  step: number,
  mapping: Mapping,
  runs: readonly MapRun[],
  folios: readonly UserFolio[],
  pages: Pages,
  shared: boolean,
): Deviation[] {
  const { flags } = pages.hello.layout;
  // A second name of the same bit (include/linux/page-flags.h).
  const bit = flags['PG_anon_exclusive'] ?? flags['PG_owner_2'];
  if (bit === undefined) return [];
  const fields = new Fields(step, pages);
  const mask = 1n << BigInt(bit);
  const heads = hugeHeads(mapping, folios);
  const seen = new Set<number>();
  if (mapping.inserted) return [];
  for (const { page, n, pfn, type } of runs) {
    if (pfn === undefined || (shared && type !== DEVICE_WRITE)) continue;
    const story = `PG_anon_exclusive: ${
      type === DEVICE_WRITE ? 'the entry can be written' : 'no other process ever had the page'
    }, page ${page} of mapping ${titleOf(mapping)} and on`;
    for (let index = 0; index < n && !fields.full; index += 1) {
      const at = heads.get(pfn + index) ?? pfn + index;
      if (seen.has(at)) continue;
      seen.add(at);
      fields.expect('stale-field', at, 'page.flags', mask, story, mask);
    }
  }
  return fields.found;
}

/** The head of every device page that one PMD of a mapping maps. */
function hugeHeads({ name, process }: Mapping, folios: readonly UserFolio[]): ReadonlyMap<number, number> {
  const heads = new Map<number, number>();
  for (const { mapping, pfn, order, mapped } of folios) {
    if (mapping !== name || mapped.get(process)?.huge !== true) continue;
    for (let page = pfn; page < pfn + 2 ** order; page += 1) heads.set(page, pfn);
  }
  return heads;
}
