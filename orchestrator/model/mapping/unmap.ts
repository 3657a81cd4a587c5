import type { Splat } from '../traps.js';
import type { Core } from './core.js';
import { addPmd, addPtes, placesOf, removePmd, removePtes } from './rmap.js';
import type { Place } from './rmap.js';
import type { Folio, Page, SysFolio } from './system.js';
import { PMD_ORDER, PMD_PAGES, setPte, slotOf, tableAt } from './tables.js';
import type { Entry, Mapping, Process, Table } from './tables.js';

/** Entries between a mapped page and a migration entry, there and back (mm/rmap.c, mm/migrate.c, mm/huge_memory.c). */

/**
 * migrate_vma_split_unmapped_folio() splits the huge entry of the process that migrates and no other: those of other
 * processes then name a folio that is small.
 */
const PMD_OF_SMALL: Splat = {
  why: 'VM_BUG_ON_FOLIO(!folio_test_pmd_mappable(folio)): another process has a huge migration entry for a folio that was split',
  line: 'mm/migrate.c:368',
  config: 'DEBUG_VM',
};

type Mapped = Entry & { kind: 'page' };
type Moving = Entry & { kind: 'moving' };

/** The migration entry that takes the place of a mapped page, which is shared from now on. */
function movingEntry(core: Core, entry: Mapped): Moving {
  const exclusive = core.exclusive(entry.page);
  if (exclusive) core.setExclusive(entry.page, false);
  const how = entry.write ? 'write' : exclusive ? 'exclusive' : 'read';
  return { kind: 'moving', page: entry.page, how, dirty: entry.dirty };
}

/** folio_mark_dirty() of what a present entry wrote; one of the device is never dirty. */
function takeDirty(folio: Folio, { dirty }: Mapped): void {
  if (dirty) (folio as SysFolio).flags.add('PG_dirty');
}

/** One PTE becomes a migration entry: reference and mapcount go (mm/migrate_device.c:409-479, mm/rmap.c:try_to_migrate_one). */
function moveOutPte(core: Core, process: Process, mapping: Mapping, page: number, entry: Mapped): void {
  const folio = core.folioOf(entry.page);
  const moving = movingEntry(core, entry);
  takeDirty(folio, entry);
  setPte(mapping, page, moving);
  removePtes(core, folio, entry.page, 1, process);
  core.put(folio);
}

/** set_pmd_migration_entry() */
export function moveOutPmd(core: Core, process: Process, table: Table, entry: Mapped): void {
  const folio = core.folioOf(entry.page);
  const moving = movingEntry(core, entry);
  takeDirty(folio, entry);
  table.pmd = moving;
  removePmd(core, folio, process);
  core.put(folio);
}

/** A huge entry becomes 512 of its kind, one for each page. */
function spread(core: Core, table: Table, entry: Mapped | Moving): void {
  const folio = core.folioOf(entry.page);
  table.pmd = undefined;
  table.ptes = Array.from({ length: PMD_PAGES }, (_, i): Entry => ({ ...entry, page: core.page(folio, i) }));
}

/** __split_huge_pmd_locked() of a table whose huge entry maps the zero page or a folio: both stay mapped. */
export function splitPmd(core: Core, process: Process, table: Table): void {
  const entry = table.pmd as Exclude<Entry, Moving>;
  if (entry.kind === 'zero') {
    table.pmd = undefined;
    table.ptes = Array.from({ length: PMD_PAGES }, () => entry);
    return;
  }
  const folio = core.folioOf(entry.page);
  core.addRefs(folio, PMD_PAGES - 1);
  addPtes(core, folio, entry.page, PMD_PAGES, process, core.exclusive(entry.page));
  spread(core, table, entry);
  removePmd(core, folio, process);
}

/** The same with `freeze`: migration entries take the place of a mapped folio, and its reference goes. */
function freezePmd(core: Core, process: Process, table: Table, entry: Mapped): void {
  const folio = core.folioOf(entry.page);
  spread(core, table, movingEntry(core, entry));
  removePmd(core, folio, process);
  core.put(folio);
}

/** The same of a migration entry, only ever with `freeze`: a reference goes. */
export function splitMovingPmd(core: Core, table: Table): void {
  const entry = table.pmd as Moving;
  spread(core, table, entry);
  core.put(core.folioOf(entry.page));
}

/** Calls `visit` for each PTE of a place whose entry is about a page of `folio`. */
function eachPte(
  core: Core,
  place: Place,
  folio: Folio,
  visit: (page: number, entry: Mapped | Moving) => void,
): void {
  for (let page = place.from; page < place.to; page++) {
    const entry = tableAt(place.mapping, page)?.ptes?.[slotOf(page)];
    if (!entry || entry.kind === 'zero' || core.folioOf(entry.page) !== folio) continue;
    visit(page, entry);
  }
}

/** The table whose huge entry is about `folio`, at a place. */
function hugeAt(core: Core, mapping: Mapping, page: number, folio: Folio): Table | undefined {
  const table = tableAt(mapping, page);
  const entry = table?.pmd;
  return entry && entry.kind !== 'zero' && core.folioOf(entry.page) === folio ? table : undefined;
}

/** try_to_migrate(): every mapping of the folio becomes a migration entry; `split` is TTU_SPLIT_HUGE_PMD. */
export function moveOut(core: Core, folio: Folio, split: boolean): void {
  for (const place of placesOf(core, folio)) {
    const table = hugeAt(core, place.mapping, place.from, folio);
    if (table?.pmd?.kind === 'page') {
      if (split) freezePmd(core, place.process, table, table.pmd);
      else moveOutPmd(core, place.process, table, table.pmd);
    } else
      eachPte(core, place, folio, (page, entry) => {
        // No PTE about it is a migration entry yet.
        moveOutPte(core, place.process, place.mapping, page, entry as Mapped);
      });
  }
}

/** What a migration entry becomes when its page has arrived. */
function mappedEntry(page: Page, entry: Moving): Mapped {
  const dirty = typeof page !== 'number' && entry.dirty;
  return { kind: 'page', page, write: entry.how === 'write', dirty };
}

/**
 * remove_migration_ptes(): migration entries about `src` map `dst`, each with a reference.
 * @param zeroPages TTU_USE_SHARED_ZEROPAGE: pages of zeroes are mapped to the zero page instead
 */
export function moveIn(core: Core, src: Folio, dst: Folio, zeroPages = false): void {
  for (const place of placesOf(core, dst)) {
    const table = hugeAt(core, place.mapping, place.from, src);
    if (table?.pmd?.kind === 'moving') {
      const entry = table.pmd;
      core.k.bugOn(core.order(dst) < PMD_ORDER, PMD_OF_SMALL);
      core.addRefs(dst, 1);
      addPmd(core, dst, place.process, entry.how !== 'read');
      table.pmd = mappedEntry(core.page(dst, 0), entry);
    } else
      eachPte(core, place, src, (at, found) => {
        // moveOut() has left no other.
        const entry = found as Moving;
        const page = core.page(dst, core.indexIn(src, entry.page));
        if (zeroPages && typeof page !== 'number' && page.zero) {
          setPte(place.mapping, at, { kind: 'zero' });
          return;
        }
        core.addRefs(dst, 1);
        addPtes(core, dst, page, 1, place.process, entry.how !== 'read');
        setPte(place.mapping, at, mappedEntry(page, entry));
      });
  }
}
