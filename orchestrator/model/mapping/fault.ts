import { Trap } from '../traps.js';
import type { Core } from './core.js';
import { migrateToRam } from './drive.js';
import { lock, unlock } from './folio-split.js';
import { addNew, removePtes } from './rmap.js';
import { mapcountOf, newSysFolio } from './system.js';
import type { Page, SysPage } from './system.js';
import { PMD_ORDER, makeTable, pmdFits, setPte, slotOf, tableAt, vmaAt } from './tables.js';
import type { Entry, Mapping, Process, Table, Vma } from './tables.js';
import { splitPmd } from './unmap.js';
import { prepareAnonVma } from './vmas.js';

type Mapped = Entry & { kind: 'page' };

/** Faults of one access that come to nothing before it is said to spin; the longest way there is takes five. */
const FAULTS_MAX = 12;

/**
 * One access of the CPU to a page, with all faults that it takes.
 * @param data the write leaves something other than zeroes
 * @returns the signal that it ends in
 */
export function access(
  core: Core,
  process: Process,
  mapping: Mapping,
  page: number,
  write: boolean,
  data: boolean,
): 'SIGSEGV' | undefined {
  const vma = vmaAt(mapping, page);
  if (!vma || vma.access === 'none' || (write && vma.access !== 'write')) return 'SIGSEGV';
  for (let i = 0; i < FAULTS_MAX; i++) {
    const entry = entryAt(mapping, page);
    if (entry && reach(entry, write)) {
      if (write) written(core, mapping, page, entry as Mapped, data);
      return undefined;
    }
    fault(core, process, mapping, vma, page, write);
  }
  throw new Trap('hang', {
    why: `the access to page ${page} of mapping ${mapping.name} faults again and again`,
    line: 'mm/memory.c:do_swap_page',
    config: 'any',
  });
}

export function entryAt(mapping: Mapping, page: number): Entry | undefined {
  const table = tableAt(mapping, page);
  return table?.pmd ?? table?.ptes?.[slotOf(page)];
}

/** The CPU can use the entry as it is. */
function reach(entry: Entry, write: boolean): boolean {
  if (entry.kind === 'zero') return !write;
  return entry.kind === 'page' && typeof entry.page !== 'number' && (entry.write || !write);
}

/** The CPU sets the dirty bit of a writable entry. */
function written(core: Core, mapping: Mapping, page: number, entry: Mapped, data: boolean): void {
  const table = tableAt(mapping, page) as Table;
  const target = table.pmd ? core.page(core.folioOf(entry.page), slotOf(page)) : entry.page;
  if (data) (target as SysPage).zero = false;
  if (table.pmd) table.pmd = { ...entry, dirty: true };
  else setPte(mapping, page, { ...entry, dirty: true });
}

/** One fault (mm/memory.c:__handle_mm_fault). */
function fault(core: Core, process: Process, mapping: Mapping, vma: Vma, page: number, write: boolean): void {
  const table = makeTable(mapping, page);
  const entry = table.pmd ?? table.ptes?.[slotOf(page)];
  if (entry?.kind === 'page' && typeof entry.page === 'number')
    fromDevice(core, process, mapping, vma, page, entry.page, table.pmd ? 'pmd' : 'pte');
  else if (table.pmd?.kind === 'page') {
    if (!reuseHuge(core, vma, table, table.pmd)) splitPmd(core, process, table);
  } else if (table.pmd || (!table.ptes && mapping.thp && pmdFits(vma, page)))
    anonymousHuge(core, process, mapping, vma, page, write, table);
  else if (!write) setPte(mapping, page, { kind: 'zero' });
  else if (entry?.kind === 'page') copyOrReuse(core, process, mapping, vma, page, entry);
  else anonymousPage(core, process, mapping, vma, page);
}

/** do_swap_page(), do_huge_pmd_device_private(): the driver brings it back, under the lock and a reference of the fault. */
function fromDevice(
  core: Core,
  process: Process,
  mapping: Mapping,
  vma: Vma,
  page: number,
  pfn: number,
  level: 'pte' | 'pmd',
): void {
  const folio = core.k.pageFolio(pfn);
  if (core.flag(folio, 'PG_locked'))
    throw new Trap('hang', {
      why: `a CPU fault on page ${pfn} of the device waits for the lock of its folio`,
      line: level === 'pte' ? 'mm/memory.c:softleaf_entry_wait_on_locked' : 'mm/huge_memory.c:1507',
      config: 'any',
    });
  lock(core, folio);
  core.addRefs(folio, 1);
  migrateToRam(core, process, mapping, vma, page, pfn, level);
  // A PTE fault names the page again: after a split that is another folio (mm/memory.c:4939).
  const now = level === 'pte' ? core.folioOf(pfn) : folio;
  unlock(core, now);
  core.put(now);
}

const writable = (page: Page): Entry => ({ kind: 'page', page, write: true, dirty: true });

/** do_huge_pmd_anonymous_page(), do_huge_zero_wp_pmd() */
function anonymousHuge(
  core: Core,
  process: Process,
  mapping: Mapping,
  vma: Vma,
  page: number,
  write: boolean,
  table: Table,
): void {
  prepareAnonVma(core, mapping, vma);
  if (!write) {
    table.pmd = { kind: 'zero' };
    return;
  }
  const folio = newSysFolio(PMD_ORDER);
  core.charge(folio);
  core.k.stats.splitList = true;
  folio.flags.add('PG_uptodate');
  addNew(core, folio, process, mapping, vma, page - slotOf(page));
  table.pmd = writable(folio.pages[0] as SysPage);
}

/** do_anonymous_page() for a write, and the copy of do_wp_page(): a new page of this process's own. */
function anonymousPage(core: Core, process: Process, mapping: Mapping, vma: Vma, page: number): void {
  prepareAnonVma(core, mapping, vma);
  const folio = newSysFolio(0);
  core.charge(folio);
  folio.flags.add('PG_uptodate');
  addNew(core, folio, process, mapping, vma, page);
  setPte(mapping, page, writable(folio.pages[0] as SysPage));
}

/** do_huge_pmd_wp_page(): false where it falls back to PTEs. */
function reuseHuge(core: Core, vma: Vma, table: Table, entry: Mapped): boolean {
  const { folio } = entry.page as SysPage;
  if (folio.refs !== 1) return false;
  folio.anonVma = vma.anonVma;
  core.setExclusive(entry.page, true);
  table.pmd = writable(entry.page);
  return true;
}

/** do_wp_page() on an anonymous page. */
function copyOrReuse(
  core: Core,
  process: Process,
  mapping: Mapping,
  vma: Vma,
  page: number,
  entry: Mapped,
): void {
  const old = entry.page as SysPage;
  if (!old.exclusive && !canReuse(old, vma)) {
    anonymousPage(core, process, mapping, vma, page);
    removePtes(core, old.folio, old, 1, process);
    core.put(old.folio);
    return;
  }
  old.exclusive = true;
  setPte(mapping, page, writable(old));
}

/**
 * wp_can_reuse_anon_folio(): every mapping is one of this process, by what a large folio knows of that. A small folio is moved
 * to the anon_vma of its VMA then, a large one is not; of a large one a single page is copied in any case.
 */
function canReuse({ folio }: SysPage, vma: Vma): boolean {
  if (folio.order === 0) {
    if (folio.refs !== 1) return false;
    folio.anonVma = vma.anonVma;
    return true;
  }
  return mapcountOf(folio) > 1 && !folio.mmIds.shared;
}
