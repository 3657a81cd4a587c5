import type { Splat } from '../traps.js';
import { emptySource } from './collect.js';
import type { Range, Source } from './collect.js';
import type { Core } from './core.js';
import { splitUnmapped, unlock } from './folio-split.js';
import { addNew } from './rmap.js';
import type { Folio, Page } from './system.js';
import { PMD_PAGES, makePtes, makeTable, pmdFits, slotOf, tableAt } from './tables.js';
import { prepareAnonVma } from './vmas.js';
import { moveIn, splitPmd } from './unmap.js';

/** One entry of migrate_vma.dst. */
export interface Destination {
  readonly page: Page | undefined;
  readonly compound: boolean;
}

export const noDestination: Destination = { page: undefined, compound: false };

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
export function migratePages(core: Core, src: Source[], dst: readonly Destination[], range?: Range): void {
  for (let i = 0; i < src.length;) i += migrateEntry(core, src, dst, i, range);
}

/** One turn of the loop; returns the entries it is done with. */
function migrateEntry(
  core: Core,
  src: Source[],
  dst: readonly Destination[],
  i: number,
  range: Range | undefined,
): number {
  const from = src[i] as Source;
  const to = dst[i] ?? noDestination;
  if (to.page === undefined) {
    from.migrate = false;
    return 1;
  }
  if (from.page === undefined) {
    if (!from.migrate || !range) return 1;
    const nr = from.compound && !to.compound ? PMD_PAGES : 1;
    if (nr > 1) from.compound = false;
    for (let j = 0; j < nr && i + j < src.length; j++) {
      const entry = src[i + j] as Source;
      entry.migrate = true;
      insertPage(core, range, range.start + i + j, dst[i + j] ?? noDestination, entry);
    }
    return nr;
  }
  let nr = 1;
  if (from.migrate && from.compound && !to.compound) {
    const folio = core.folioOf(from.page);
    const size = 2 ** core.order(folio);
    if (!range || !splitSource(core, src, i, folio, range)) {
      from.migrate = false;
      from.compound = false;
      // Without a VMA the core goes on with the next entry, with one it leaves the folio out (mm/migrate_device.c:1186-1196).
      return range ? size : 1;
    }
    nr = 1;
  } else if (from.migrate && to.compound && !from.compound) from.migrate = false;

  core.k.bugOn(core.flag(core.folioOf(from.page), 'PG_writeback'), WRITEBACK);
  const source = core.folioOf(from.page);
  const extra = range?.faultPage === from.page ? 1 : 0;
  if (migrateFolio(core, core.folioOf(to.page), source, extra)) return nr;
  from.migrate = false;
  return nr;
}

/** migrate_vma_split_unmapped_folio(): false for -EAGAIN. */
function splitSource(core: Core, src: Source[], i: number, folio: Folio, range: Range): boolean {
  const table = tableAt(range.mapping, range.start + i);
  core.addRefs(folio, 1);
  if (table?.pmd) splitPmd(core, range.process, table, true);
  const pages = Array.from({ length: PMD_PAGES }, (_, j) => core.page(folio, j));
  if (!splitUnmapped(core, folio)) return false;
  const from = src[i] as Source;
  from.compound = false;
  for (let j = 1; j < PMD_PAGES; j++) src[i + j] = { ...from, page: pages[j] };
  return true;
}

/** folio_migrate_mapping() and folio_migrate_flags(); false where the source is pinned. */
function migrateFolio(core: Core, to: Folio, from: Folio, extra: number): boolean {
  if (core.refs(from) !== core.mapcount(from) + extra + 1) return false;
  moveMapping(core, to, from);
  moveFlags(core, to, from);
  moveCharge(core, to, from);
  if (typeof to === 'number' && typeof from !== 'number')
    for (const [i, page] of from.pages.entries()) core.zeroes[to + i] = page.zero ? 1 : 0;
  if (typeof to !== 'number' && typeof from === 'number')
    for (const [i, page] of to.pages.entries()) page.zero = core.zeroes[from + i] === 1;
  return true;
}

function moveMapping(core: Core, to: Folio, from: Folio): void {
  const { at } = core.k.layout;
  const index = core.index(from);
  if (typeof from !== 'number') core.unqueueSplit(from);
  if (typeof to === 'number') {
    core.put64(to, at.index, index, 'migrateIndex');
    const mapping =
      typeof from === 'number'
        ? core.k.mem.get64(from, at.mapping)
        : from.anonVma
          ? from.anonVma.value | 1n
          : 0n;
    core.put64(to, at.mapping, mapping, 'migrateMapping');
  } else {
    to.index = index;
    to.anonVma = core.anonVma(from);
  }
  if (core.anon(from) && core.large(from)) core.k.stats.addAnon(core.order(from), 1);
  if (core.flag(from, 'PG_swapbacked')) core.setFlag(to, 'PG_swapbacked', true, 'migrateFlags');
}

function moveFlags(core: Core, to: Folio, from: Folio): void {
  const { at } = core.k.layout;
  const set = (name: string): void => core.setFlag(to, name, true, 'migrateFlags');
  for (const name of COPIED) if (core.flag(from, name)) set(name);
  const head = core.page(from, 0);
  if (core.exclusive(head)) core.setExclusive(core.page(to, 0), true);
  for (const name of ['PG_active', 'PG_unevictable']) {
    if (!core.flag(from, name)) continue;
    core.setFlag(from, name, false, 'migrateFlags');
    if (name === 'PG_active') core.k.bugOn(core.flag(from, 'PG_unevictable'), ACTIVE_UNEVICTABLE);
    set(name);
    break;
  }
  core.setFlag(from, 'PG_private', false, 'migrateFlags');
  if (typeof from === 'number') core.put64(from, at.private, 0n, 'migratePrivate');
  // Writeback that nobody began, from an earlier life of the destination (mm/filemap.c:folio_end_writeback).
  if (core.flag(to, 'PG_writeback')) {
    core.setFlag(to, 'PG_reclaim', false, 'migrateFlags');
    core.setFlag(to, 'PG_writeback', false, 'migrateFlags');
  }
  if (core.flag(from, 'PG_reclaim')) set('PG_reclaim');
}

/** mem_cgroup_migrate(): the charge goes with the data. */
function moveCharge(core: Core, to: Folio, from: Folio): void {
  core.k.bugOn(core.nrPages(from) !== core.nrPages(to), SIZES);
  const { memcgData } = core.k.layout.at;
  if (memcgData === undefined || !core.objcg) return;
  const charged =
    typeof from === 'number' ? core.k.mem.get64(from, memcgData) !== 0n : from.objcg !== undefined;
  if (!charged) return;
  core.commitCharge(to, core.objcg);
  if (typeof from === 'number') core.put64(from, memcgData, 0n, 'migrateCharge');
  else from.objcg = undefined;
}

/** migrate_vma_insert_page() and migrate_vma_insert_huge_pmd_page(): a device page where there was none. */
function insertPage(core: Core, range: Range, page: number, to: Destination, entry: Source): void {
  const { mapping, vma, process } = range;
  const abort = (): void => {
    entry.migrate = false;
  };
  if (to.page === undefined) return abort();
  const folio = core.folioOf(to.page);
  const table = makeTable(mapping, page);
  if (to.compound) {
    if (!pmdFits(vma, page)) return abort();
    prepareAnonVma(core, mapping, vma);
    if (typeof folio === 'number') core.setOrderAgain(folio);
    core.charge(folio);
    core.setFlag(folio, 'PG_uptodate', true, 'insertFlags');
    if (table.ptes || (table.pmd && table.pmd.kind !== 'zero')) return abort();
    addNew(core, folio, process, mapping, vma, page);
    core.addRefs(folio, 1);
    table.pmd = { kind: 'page', page: to.page, write: vma.access === 'write', dirty: false };
    return;
  }
  if (table.pmd) {
    if (table.pmd.kind !== 'zero') return abort();
    splitPmd(core, process, table, false);
  }
  prepareAnonVma(core, mapping, vma);
  core.charge(folio);
  core.setFlag(folio, 'PG_uptodate', true, 'insertFlags');
  const ptes = makePtes(mapping, page);
  const old = ptes[slotOf(page)];
  if (old && old.kind !== 'zero') return abort();
  addNew(core, folio, process, mapping, vma, page);
  core.addRefs(folio, 1);
  ptes[slotOf(page)] = { kind: 'page', page: to.page, write: vma.access === 'write', dirty: false };
  Object.assign(entry, { ...emptySource(), migrate: true });
}

/** __migrate_device_finalize(): page tables get the page that holds the data now, locks and references go. */
export function finalize(
  core: Core,
  src: readonly Source[],
  dst: readonly Destination[],
  faultPage?: Page,
): void {
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
    if (!entry.migrate || target === undefined) {
      if (target !== undefined) release(target);
      target = from;
    }
    moveIn(core, from, target);
    if (faultFolio !== from) unlock(core, from);
    core.put(from);
    if (target !== from) release(target);
  }
}
