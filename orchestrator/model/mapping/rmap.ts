import type { Core } from './core.js';
import { DeviceMmIds, addMappings, removeMappings } from './mm-ids.js';
import type { MmIds } from './mm-ids.js';
import { mapcountOf } from './system.js';
import type { Folio, Page, SysPage } from './system.js';
import type { Mapping, Process, Vma } from './tables.js';
import type { Token } from './tokens.js';

/**
 * The reverse map of folios: mapcounts, the processes of large folios, and in large device folios the number of mapped pages
 * (mm/rmap.c:__folio_add_rmap, __folio_remove_rmap; include/linux/rmap.h).
 */

const ENTIRELY_MAPPED = 0x800000;

const pageMapcounts = (core: Core): boolean => core.k.layout.config['PAGE_MAPCOUNT'] !== false;
const mmIdsKept = (core: Core): boolean => core.k.layout.config['MM_ID'] !== false;

/** Returns the new large mapcount, less one as it is kept. */
function changeLargeMapcount(core: Core, folio: Folio, by: number): number {
  if (typeof folio !== 'number') return mapcountOf(folio) - 1;
  const { largeMapcount } = core.k.layout.at;
  const p1 = core.k.inChunk(folio + 1);
  const mapcount = core.int(p1, largeMapcount) + by;
  core.put32(p1, largeMapcount, mapcount, 'rmapLarge');
  return mapcount;
}

/** folio_add_return_large_mapcount() (include/linux/rmap.h:188); the other counts of a folio in RAM have the mappings already. */
function addLargeMapcount(core: Core, folio: Folio, by: number, process: Process): void {
  const mapcount = changeLargeMapcount(core, folio, by);
  if (mmIdsKept(core)) addMappings(idsOf(core, folio), process, by, mapcount);
}

/** folio_sub_return_large_mapcount() (include/linux/rmap.h:240) */
function subLargeMapcount(core: Core, folio: Folio, by: number, process: Process): void {
  const mapcount = changeLargeMapcount(core, folio, -by);
  if (mmIdsKept(core)) removeMappings(idsOf(core, folio), process, by, mapcount);
}

const idsOf = (core: Core, folio: Folio): MmIds =>
  typeof folio === 'number' ? new DeviceMmIds(core, folio) : folio.mmIds;

function addPagesMapped(core: Core, head: number, by: number): void {
  const { at } = core.k.layout;
  const p1 = core.k.inChunk(head + 1);
  core.put32(p1, at.nrPagesMapped, (core.int(p1, at.nrPagesMapped) + by) | 0, 'rmapPages');
}

/** folio_add_anon_rmap_ptes() */
export function addPtes(
  core: Core,
  folio: Folio,
  first: Page,
  nr: number,
  process: Process,
  exclusive: boolean,
): void {
  const start = core.indexIn(folio, first);
  const pages = Array.from({ length: nr }, (_, i) => core.page(folio, start + i));
  addPteCounts(core, folio, pages, process);
  if (exclusive) for (const page of pages) core.setExclusive(page, true);
}

function addPteCounts(core: Core, folio: Folio, pages: readonly Page[], process: Process): void {
  const { at } = core.k.layout;
  const large = core.large(folio);
  let newly = 0;
  for (const page of pages) {
    if (typeof page !== 'number') page.mapcount++;
    else if (!large || pageMapcounts(core)) {
      const was = core.int(page, at.mapcount);
      core.put32(page, at.mapcount, was + 1, 'rmapPage');
      if (was === -1) newly++;
    }
  }
  if (!large) return;
  if (newly > 0) addPagesMapped(core, folio as number, newly);
  addLargeMapcount(core, folio, pages.length, process);
}

/** folio_add_anon_rmap_pmd() */
export function addPmd(core: Core, folio: Folio, process: Process, exclusive: boolean): void {
  if (typeof folio !== 'number') folio.entire++;
  else {
    const { at } = core.k.layout;
    const p1 = core.k.inChunk(folio + 1);
    const was = core.int(p1, at.entireMapcount);
    core.put32(p1, at.entireMapcount, was + 1, 'rmapEntire');
    if (was === -1 && pageMapcounts(core)) addPagesMapped(core, folio, ENTIRELY_MAPPED);
  }
  addLargeMapcount(core, folio, 1, process);
  if (exclusive) core.setExclusive(core.page(folio, 0), true);
}

/** folio_remove_rmap_ptes() */
export function removePtes(core: Core, folio: Folio, first: Page, nr: number, process: Process): void {
  const { at } = core.k.layout;
  const start = core.indexIn(folio, first);
  const large = core.large(folio);
  let last = 0;
  for (let i = 0; i < nr; i++) {
    const page = core.page(folio, start + i);
    if (typeof page !== 'number') {
      if (--page.mapcount === 0) last++;
    } else if (!large || pageMapcounts(core)) {
      const count = core.int(page, at.mapcount) - 1;
      core.put32(page, at.mapcount, count, 'rmapPage');
      if (count === -1) last++;
    }
  }
  if (large) subLargeMapcount(core, folio, nr, process);
  if (typeof folio !== 'number') {
    if (large && last > 0 && folio.entire === 0 && folio.pages.some(({ mapcount }) => mapcount > 0))
      core.queueSplit(folio);
  } else if (large && last > 0) addPagesMapped(core, folio, -last);
}

/** folio_remove_rmap_pmd() */
export function removePmd(core: Core, folio: Folio, process: Process): void {
  if (typeof folio !== 'number') {
    folio.entire--;
    subLargeMapcount(core, folio, 1, process);
    if (folio.entire > 0) return;
    // Pages that PTEs map are still mapped; the others are not any more.
    const { pages } = folio;
    if (pages.some(({ mapcount }) => mapcount > 0) && pages.some(({ mapcount }) => mapcount === 0))
      core.queueSplit(folio);
    return;
  }
  const { at } = core.k.layout;
  const p1 = core.k.inChunk(folio + 1);
  subLargeMapcount(core, folio, 1, process);
  const left = core.int(p1, at.entireMapcount) - 1;
  core.put32(p1, at.entireMapcount, left, 'rmapEntire');
  if (left === -1 && pageMapcounts(core)) addPagesMapped(core, folio, -ENTIRELY_MAPPED);
}

/** folio_try_dup_anon_rmap_pte(): a child maps it too; never refused for device memory. */
export function dupPte(core: Core, folio: Folio, page: Page, child: Process): void {
  if (core.exclusive(page)) core.setExclusive(page, false);
  addPtes(core, folio, page, 1, child, false);
}

/** folio_try_dup_anon_rmap_pmd() */
export function dupPmd(core: Core, folio: Folio, child: Process): void {
  const head = core.page(folio, 0);
  if (core.exclusive(head)) core.setExclusive(head, false);
  if (typeof folio === 'number') {
    const { at } = core.k.layout;
    const p1 = core.k.inChunk(folio + 1);
    core.put32(p1, at.entireMapcount, core.int(p1, at.entireMapcount) + 1, 'rmapEntire');
  } else folio.entire++;
  addLargeMapcount(core, folio, 1, child);
}

/** folio_add_new_anon_rmap() with RMAP_EXCLUSIVE of a folio that is mapped as a whole, at `page` of a VMA with an anon_vma. */
export function addNew(
  core: Core,
  folio: Folio,
  process: Process,
  mapping: Mapping,
  vma: Vma,
  page: number,
): void {
  const token = vma.anonVma as Token;
  const index = mapping.base + BigInt(page);
  core.setFlag(folio, 'PG_swapbacked', 'rmapNew');
  const order = core.order(folio);
  if (typeof folio === 'number') {
    const { at } = core.k.layout;
    core.put64(folio, at.mapping, token.value | 1n, 'rmapNew');
    core.put64(folio, at.index, index, 'rmapIndex');
    if (order === 0) core.put32(folio, at.mapcount, 0, 'rmapPage');
    else {
      const p1 = core.k.inChunk(folio + 1);
      core.put32(p1, at.entireMapcount, 0, 'rmapEntire');
      core.put32(p1, at.largeMapcount, 0, 'rmapLarge');
      if (pageMapcounts(core)) core.put32(p1, at.nrPagesMapped, ENTIRELY_MAPPED, 'rmapPages');
    }
  } else {
    folio.anonVma = token;
    folio.index = index;
    if (core.large(folio)) folio.entire = 1;
    else (folio.pages[0] as SysPage).mapcount = 1;
  }
  if (core.large(folio) && mmIdsKept(core)) {
    const ids = idsOf(core, folio);
    ids.setCount(0, 0);
    ids.setOwner(0, process);
  }
  core.setExclusive(core.page(folio, 0), true);
  core.k.stats.addAnon(order, 1);
}

/** A place in some process that a folio can be mapped at. */
export interface Place {
  readonly process: Process;
  readonly mapping: Mapping;
  readonly vma: Vma;
  /** Pages [from, to) of the mapping that lie in the VMA and stand for pages of the folio. */
  readonly from: number;
  readonly to: number;
}

/** The VMAs that a walk of the folio's anon_vma visits, in the order of the interval tree: by start, then by insertion. */
export function placesOf(core: Core, folio: Folio): Place[] {
  const first = core.index(folio);
  const nr = core.nrPages(folio);
  const found: Place[] = [];
  for (const process of core.processes)
    for (const mapping of process.mappings.values()) {
      const start = Number(first - mapping.base);
      for (const vma of mapping.vmas) {
        const from = Math.max(start, vma.start);
        const to = Math.min(start + nr, vma.end);
        if (from < to) found.push({ process, mapping, vma, from, to });
      }
    }
  return found.sort((a, b) => a.vma.start - b.vma.start || a.vma.seq - b.vma.seq);
}
