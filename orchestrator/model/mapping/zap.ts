import type { Core } from './core.js';
import { dupPmd, dupPte, removePmd, removePtes } from './rmap.js';
import { PMD_PAGES, inOrder, makeTable, setPte, slotOf, tableAt, windowOf } from './tables.js';
import type { Entry, Mapping, Process, Table, Vma } from './tables.js';
import { splitPmd } from './unmap.js';
import { isolate, mergeVmas, windows } from './vmas.js';

/** munmap, exit, madvise, mprotect and fork: what happens to the entries of a range. */

/** zap_present_folio_ptes() of `nr` entries that map consecutive pages of one folio. */
function zapEntries(core: Core, process: Process, entry: Entry | undefined, nr: number): void {
  if (entry?.kind !== 'page') return;
  const folio = core.folioOf(entry.page);
  removePtes(core, folio, entry.page, nr, process);
  for (let i = 0; i < nr; i++) core.put(folio);
}

/** folio_pte_batch(): entries from `slot` on, at most `max`, that map consecutive pages of one folio of RAM. */
function batch(core: Core, ptes: readonly (Entry | undefined)[], slot: number, max: number): number {
  const entry = ptes[slot];
  if (entry?.kind !== 'page' || typeof entry.page === 'number') return 1;
  const pages = entry.page.folio.pages.slice(core.indexIn(entry.page.folio, entry.page));
  const rest = ptes.slice(slot, slot + max);
  const end = rest.findIndex((next, i) => next?.kind !== 'page' || next.page !== pages[i]);
  return end === -1 ? max : end;
}

/** zap_huge_pmd() */
function zapHuge(core: Core, process: Process, table: Table, entry: Entry): void {
  table.pmd = undefined;
  if (entry.kind !== 'page') return;
  const folio = core.folioOf(entry.page);
  removePmd(core, folio, process);
  core.put(folio);
}

/** zap_pmd_range(), zap_pte_range(): in order of address; device folios are put as they come. */
function zap(core: Core, process: Process, mapping: Mapping, start: number, end: number): void {
  for (const [from, to] of windows(start, end)) {
    const table = tableAt(mapping, from);
    if (table?.pmd) zapHuge(core, process, table, table.pmd);
    const ptes = table?.ptes;
    for (let page = from; ptes && page < to;) {
      const slot = slotOf(page);
      const entry = ptes[slot];
      const nr = batch(core, ptes, slot, to - page);
      ptes.fill(undefined, slot, slot + nr);
      zapEntries(core, process, entry, nr);
      page += nr;
    }
  }
}

/** munmap() of pages [start, end) of a mapping. */
export function unmapRange(core: Core, process: Process, mapping: Mapping, start: number, end: number): void {
  const inside = isolate(core, process, mapping, start, end);
  for (const vma of inside) zap(core, process, mapping, vma.start, vma.end);
  mapping.vmas.splice(0, mapping.vmas.length, ...mapping.vmas.filter((vma) => !inside.includes(vma)));
}

/** MADV_DONTNEED of pages [start, end): the VMAs stay; a PMD that is cut is split first (mm/memory.c:zap_pmd_range). */
export function dontNeed(core: Core, process: Process, mapping: Mapping, start: number, end: number): void {
  for (const vma of mapping.vmas)
    for (const [from, to] of windows(Math.max(start, vma.start), Math.min(end, vma.end))) {
      const table = tableAt(mapping, from);
      if (table?.pmd && to - from < PMD_PAGES) splitPmd(core, process, table);
      zap(core, process, mapping, from, to);
      // An empty page table goes with it (CONFIG_PT_RECLAIM, mm/pt_reclaim.c).
      if (to - from === PMD_PAGES) mapping.tables.delete(windowOf(from));
    }
}

/** exit_mmap() of what the test mapped, in order of address. */
export function exitProcess(core: Core, process: Process): void {
  for (const mapping of inOrder(process)) unmapRange(core, process, mapping, 0, mapping.pages);
  core.processes.splice(core.processes.indexOf(process), 1);
}

/** mprotect() between read-only and writable (mm/mprotect.c:change_pte_range, mm/huge_memory.c:change_huge_pmd). */
export function protect(
  core: Core,
  process: Process,
  mapping: Mapping,
  start: number,
  end: number,
  allowed: Vma['access'],
): void {
  const write = allowed === 'write';
  // A VMA that has the access already is left whole (mm/mprotect.c:mprotect_fixup).
  const changing = mapping.vmas.filter((vma) => vma.access !== allowed && vma.start < end && start < vma.end);
  const inside = changing.flatMap((vma) =>
    isolate(core, process, mapping, Math.max(start, vma.start), Math.min(end, vma.end)),
  );
  for (const vma of inside) {
    if (write) vma.accounted = true;
    else if (!vma.anonVma) vma.accounted = false;
    vma.access = allowed;
    for (const [from, to] of windows(vma.start, vma.end)) {
      const table = tableAt(mapping, from);
      if (table?.pmd) table.pmd = protectedEntry(core, table.pmd, write);
      const ptes = table?.ptes ?? [];
      for (let page = from; page < to; page++) {
        const entry = ptes[slotOf(page)];
        if (entry) ptes[slotOf(page)] = protectedEntry(core, entry, write);
      }
    }
  }
  mergeVmas(core, mapping);
}

/**
 * Write access goes from any entry. It comes back at once only to a page in RAM that this process has for itself; a
 * device entry stays readable until a fault (can_change_pte_writable() asks for a present page).
 */
function protectedEntry(core: Core, entry: Entry, write: boolean): Entry {
  if (entry.kind !== 'page') return entry;
  if (!write) return { ...entry, write: false };
  if (typeof entry.page === 'number' || !core.exclusive(entry.page)) return entry;
  return { ...entry, write: true };
}

/** fork(): dup_mmap() and copy_page_range() for each VMA that has an anon_vma. */
export function forkProcess(core: Core, parent: Process, name: string): Process {
  const child: Process = { name, id: core.tokens.make('mm_id'), mappings: new Map() };
  core.processes.push(child);
  for (const mapping of inOrder(parent)) {
    const copy: Mapping = { ...mapping, vmas: [], tables: new Map() };
    child.mappings.set(mapping.name, copy);
    for (const vma of mapping.vmas) {
      const own: Vma = { ...vma, seq: core.nextSeq() };
      copy.vmas.push(own);
      if (!vma.anonVma) continue;
      own.anonVma = core.tokens.make('anon_vma');
      for (const [from, to] of windows(vma.start, vma.end)) copyTable(core, child, mapping, copy, from, to);
    }
  }
  return child;
}

function copyTable(
  core: Core,
  child: Process,
  mapping: Mapping,
  copy: Mapping,
  from: number,
  to: number,
): void {
  const table = tableAt(mapping, from);
  if (table?.pmd) {
    table.pmd = sharedEntry(core, child, table.pmd, true);
    makeTable(copy, from).pmd = table.pmd;
  }
  const ptes = table?.ptes ?? [];
  for (let page = from; page < to; page++) {
    const entry = ptes[slotOf(page)];
    if (!entry) continue;
    ptes[slotOf(page)] = sharedEntry(core, child, entry, false);
    setPte(copy, page, ptes[slotOf(page)]);
  }
}

/** The entry of parent and child, which the child now counts for too. */
function sharedEntry(core: Core, child: Process, entry: Entry, huge: boolean): Entry {
  if (entry.kind !== 'page') return entry;
  const folio = core.folioOf(entry.page);
  core.addRefs(folio, 1);
  if (huge) dupPmd(core, folio, child);
  else dupPte(core, folio, entry.page, child);
  return { ...entry, write: false };
}
