import { WARNINGS } from '../traps.js';
import type { Splat } from '../traps.js';
import { emptySource } from './collect.js';
import type { Range, Source } from './collect.js';
import type { Core } from './core.js';
import { splitUnmapped, unlock } from './folio-split.js';
import { addNew } from './rmap.js';
import type { Folio, Page, SysFolio } from './system.js';
import { PMD_PAGES, makeTable, setPte, tableAt } from './tables.js';
import type { Table } from './tables.js';
import type { Token } from './tokens.js';
import { prepareAnonVma } from './vmas.js';
import { moveIn, splitMovingPmd, splitPmd } from './unmap.js';

/** One entry of migrate_vma.dst that is not empty. */
export interface Destination {
  readonly page: Page;
  readonly compound: boolean;
}

/** migrate_vma.dst */
export type Destinations = readonly (Destination | undefined)[];

const WRITEBACK: Splat = {
  why: 'BUG_ON(folio_test_writeback(folio)): a page whose flags say that it is being written is migrated',
  line: 'mm/migrate_device.c:1234',
  config: 'any',
};
const SIZES: Splat = {
  why: 'VM_BUG_ON_FOLIO(folio_nr_pages(old) != folio_nr_pages(new)): source and destination have different sizes',
  line: 'mm/memcontrol.c:5583',
  config: 'DEBUG_VM',
};
const ACTIVE_UNEVICTABLE: Splat = {
  why: 'VM_BUG_ON_FOLIO(folio_test_unevictable(folio)): an active folio is unevictable too',
  line: 'mm/migrate.c:784',
  config: 'DEBUG_VM',
};

/** Flags that folio_migrate_flags() copies as they are; owner_priv_1 is PG_checked, owner_2 PG_mappedtodisk. */
const COPIED = ['PG_referenced', 'PG_uptodate', 'PG_workingset', 'PG_owner_priv_1', 'PG_dirty'];

/** __migrate_device_pages(): the struct pages change over; without `range` it is migrate_device_pages(). */
export function migratePages(core: Core, src: Source[], dst: Destinations, range?: Range): void {
  for (let i = 0; i < src.length;) i += migrateEntry(core, src, dst, i, range);
}

/** One turn of the loop; returns the entries it is done with. */
function migrateEntry(
  core: Core,
  src: Source[],
  dst: Destinations,
  i: number,
  range: Range | undefined,
): number {
  const from = src[i] as Source;
  const { page, compound } = from;
  const to = dst[i];
  if (to === undefined) return 1;
  // Only where there is a VMA are there holes, and sources that get small destinations.
  if (page === undefined) return insertPages(core, range as Range, src, dst, i);
  const source = core.folioOf(page);
  if (compound && !to.compound && !splitSource(core, src, source, range as Range)) {
    from.migrate = false;
    return PMD_PAGES;
  }
  core.k.bugOn(core.flag(source, 'PG_writeback'), WRITEBACK);
  const extra = range?.faultPage === page ? 1 : 0;
  from.migrate = migrateFolio(core, core.folioOf(to.page), source, extra);
  return 1;
}

/** A hole gets its destination, a huge one all of its small ones. Returns the entries it is done with. */
function insertPages(core: Core, range: Range, src: Source[], dst: Destinations, i: number): number {
  const { page, compound } = dst[i] as Destination;
  const nr = src[i]?.compound ? PMD_PAGES : 1;
  if (compound) {
    insertHuge(core, range, page);
    return nr;
  }
  for (let j = i; j < i + nr; j++) {
    insertPage(core, range, range.start + j, dst[j]?.page as Page);
    src[j] = { ...emptySource(), migrate: true };
  }
  return nr;
}

/** migrate_vma_split_unmapped_folio() of a source that is the whole range: false for -EAGAIN. */
function splitSource(core: Core, src: Source[], folio: Folio, { mapping, start }: Range): boolean {
  core.addRefs(folio, 1);
  splitMovingPmd(core, tableAt(mapping, start) as Table);
  const pages = Array.from({ length: PMD_PAGES }, (_, i) => core.page(folio, i));
  if (!splitUnmapped(core, folio)) return false;
  for (const [i, page] of pages.entries()) src[i] = { ...(src[0] as Source), page, compound: false };
  return true;
}

/** folio_migrate_mapping() and folio_migrate_flags(); false where the source is pinned. */
function migrateFolio(core: Core, to: Folio, from: Folio, extra: number): boolean {
  if (!core.heldAlone(from, extra + 1)) return false;
  moveMapping(core, to, from);
  moveFlags(core, to, from);
  moveCharge(core, to, from);
  // One of the two is on the device.
  if (typeof to === 'number')
    for (const [i, page] of (from as SysFolio).pages.entries()) core.zeroes[to + i] = page.zero ? 1 : 0;
  else {
    const head = from as number;
    leaveFlags(core, head);
    for (const [i, page] of to.pages.entries()) page.zero = core.zeroes[head + i] === 1;
  }
  return true;
}

function moveMapping(core: Core, to: Folio, from: Folio): void {
  const { at } = core.k.layout;
  const index = core.index(from);
  if (typeof to === 'number') {
    core.put64(to, at.index, index, 'migrateIndex');
    const source = from as SysFolio;
    core.unqueueSplit(source);
    core.put64(to, at.mapping, (source.anonVma as Token).value | 1n, 'migrateMapping');
  } else {
    to.index = index;
    to.anonVma = core.anonVma(from as number);
  }
  core.k.stats.addAnon(core.order(from), 1);
  if (core.flag(from, 'PG_swapbacked')) core.setFlag(to, 'PG_swapbacked', 'migrateFlags');
}

function moveFlags(core: Core, to: Folio, from: Folio): void {
  const set = (name: string): void => core.setFlag(to, name, 'migrateFlags');
  for (const name of COPIED) if (core.flag(from, name)) set(name);
  if (core.flag(from, 'PG_active')) {
    core.k.bugOn(core.flag(from, 'PG_unevictable'), ACTIVE_UNEVICTABLE);
    set('PG_active');
  }
  // Writeback that nobody began, from an earlier life of a destination on the device (mm/filemap.c:folio_end_writeback).
  if (core.flag(to, 'PG_writeback'))
    for (const name of ['PG_reclaim', 'PG_writeback'])
      core.k.setFlag(to as number, name, false, 'migrateFlags');
  if (core.flag(from, 'PG_reclaim')) set('PG_reclaim');
}

/**
 * What folio_migrate_flags() takes from a device folio; one in RAM is gone at once. PG_unevictable comes again where a page in
 * RAM is put on its list (mm/folio.c:lru_add), so that no page brings it here.
 */
function leaveFlags(core: Core, from: number): void {
  const { k } = core;
  k.setFlag(from, k.flag(from, 'PG_active') ? 'PG_active' : 'PG_unevictable', false, 'migrateFlags');
  k.setFlag(from, 'PG_private', false, 'migrateFlags');
  core.put64(from, k.layout.at.private, 0n, 'migratePrivate');
}

/** mem_cgroup_migrate(): the charge goes with the data. */
function moveCharge(core: Core, to: Folio, from: Folio): void {
  core.k.bugOn(core.nrPages(from) !== core.nrPages(to), SIZES);
  if (!core.objcg) return;
  const memcgData = core.k.layout.at.memcgData as number;
  const charged =
    typeof from === 'number' ? core.k.mem.get64(from, memcgData) !== 0n : from.objcg !== undefined;
  core.k.warnOn(!charged, WARNINGS.migrateUncharged);
  if (!charged) return;
  core.commitCharge(to, core.objcg);
  if (typeof from === 'number') core.put64(from, memcgData, 0n, 'migrateCharge');
  else from.objcg = undefined;
}

/** migrate_vma_insert_huge_pmd_page(): a large device folio where nothing was but the huge zero page, if that. */
function insertHuge(core: Core, { process, mapping, vma, start }: Range, to: Page): void {
  const folio = core.folioOf(to);
  prepareAnonVma(core, mapping, vma);
  core.charge(folio);
  core.setFlag(folio, 'PG_uptodate', 'insertFlags');
  addNew(core, folio, process, mapping, vma, start);
  core.addRefs(folio, 1);
  makeTable(mapping, start).pmd = { kind: 'page', page: to, write: vma.access === 'write', dirty: false };
}

/** migrate_vma_insert_page(): a device page where nothing was but the zero page. */
function insertPage(core: Core, { process, mapping, vma }: Range, page: number, to: Page): void {
  const folio = core.folioOf(to);
  const table = makeTable(mapping, page);
  if (table.pmd) splitPmd(core, process, table);
  prepareAnonVma(core, mapping, vma);
  core.charge(folio);
  core.setFlag(folio, 'PG_uptodate', 'insertFlags');
  addNew(core, folio, process, mapping, vma, page);
  core.addRefs(folio, 1);
  setPte(mapping, page, { kind: 'page', page: to, write: vma.access === 'write', dirty: false });
}

/** __migrate_device_finalize(): page tables get the page that holds the data now, locks and references go. */
export function finalize(core: Core, src: readonly Source[], dst: Destinations, faultPage?: Page): void {
  const faultFolio = faultPage === undefined ? undefined : core.folioOf(faultPage);
  for (const [i, entry] of src.entries()) {
    const to = dst[i]?.page;
    let target = to === undefined ? undefined : core.folioOf(to);
    const release = (folio: Folio): void => {
      unlock(core, folio);
      core.put(folio);
    };
    if (entry.page === undefined) {
      if (target !== undefined) release(target);
      continue;
    }
    const from = core.folioOf(entry.page);
    // A destination in RAM that nothing came to is just gone; one on the device always gets its page.
    if (!entry.migrate || target === undefined) target = from;
    moveIn(core, from, target);
    if (faultFolio !== from) unlock(core, from);
    core.put(from);
    if (target !== from) release(target);
  }
}
