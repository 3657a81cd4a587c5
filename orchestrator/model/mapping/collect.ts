import type { Core } from './core.js';
import { lock, splitMapped, unlock } from './folio-split.js';
import type { Folio, Page } from './system.js';
import { slotOf, tableAt } from './tables.js';
import type { Entry, Mapping, Process, Table, Vma } from './tables.js';
import { moveIn, moveOut, moveOutPmd } from './unmap.js';

/** One entry of migrate_vma.src. */
export interface Source {
  page: Page | undefined;
  migrate: boolean;
  compound: boolean;
  write: boolean;
}

export const emptySource = (): Source => ({ page: undefined, migrate: false, compound: false, write: false });

/** What migrate_vma_setup() is called with; pages of the mapping. */
export interface Range {
  readonly process: Process;
  readonly mapping: Mapping;
  readonly vma: Vma;
  readonly start: number;
  readonly end: number;
  readonly select: 'system' | 'device';
  readonly compound: boolean;
  readonly faultPage?: Page;
}

/** No migration entry is left when a step is over. */
type AtRest = Exclude<Entry, { kind: 'moving' }>;

class Collector {
  readonly core: Core;
  readonly range: Range;
  /** One entry for each page; those that the walk leaves out stay empty. */
  readonly src: Source[];
  /** As the walk found it at its start; a split can make it name another folio. */
  readonly faultFolio: Folio | undefined;

  constructor(core: Core, range: Range) {
    this.core = core;
    this.range = range;
    this.src = Array.from({ length: range.end - range.start }, emptySource);
    this.faultFolio = range.faultPage === undefined ? undefined : core.folioOf(range.faultPage);
  }

  whole(): boolean {
    return this.range.compound && slotOf(this.range.start) === 0 && slotOf(this.range.end) === 0;
  }

  /** migrate_vma_collect_hole() */
  hole(): void {
    const hole = { ...emptySource(), migrate: true };
    if (this.whole()) {
      this.src[0] = { ...hole, compound: true };
      return;
    }
    for (const i of this.src.keys()) this.src[i] = { ...hole };
  }

  /** migrate_vma_collect_huge_pmd(): false where the walk goes on with PTEs. */
  huge(table: Table): boolean {
    const { core, range } = this;
    const entry = table.pmd as AtRest | undefined;
    if (!entry) return false;
    if (entry.kind === 'zero') {
      this.hole();
      return true;
    }
    if (!this.wanted(entry)) return true;
    // A device folio is that of the fault, which has it locked.
    const folio = core.folioOf(entry.page);
    core.addRefs(folio, 1);
    if (this.whole()) {
      this.src[0] = { page: core.page(folio, 0), migrate: true, compound: true, write: entry.write };
      moveOutPmd(core, range.process, table, entry);
      return true;
    }
    // Nobody else holds a folio of system memory, so that it can be split.
    splitMapped(core, folio);
    core.put(folio);
    return false;
  }

  /** migrate_vma_split_folio(). False where the split is refused. */
  split(folio: Folio): boolean {
    const { core } = this;
    const { faultPage } = this.range;
    if (faultPage === undefined) {
      core.addRefs(folio, 1);
      splitMapped(core, folio);
      core.put(folio);
      return true;
    }
    // The folio of the fault: lock and reference go over to the piece that has the page now.
    if (!splitMapped(core, folio)) return false;
    const now = core.folioOf(faultPage);
    if (now !== folio) {
      core.addRefs(now, 1);
      lock(core, now as number);
      unlock(core, folio);
      core.put(folio);
    }
    return true;
  }

  /** The loop over PTEs of migrate_vma_collect_pmd(). */
  ptes(table: Table): void {
    const { core, range } = this;
    for (let page = range.start; page < range.end;) {
      const entry = table.ptes?.[slotOf(page)] as AtRest | undefined;
      const large = entry?.kind === 'page' && this.wanted(entry) ? core.folioOf(entry.page) : undefined;
      if (large !== undefined && core.large(large)) {
        if (this.split(large)) continue;
        return;
      }
      this.src[page - range.start] = this.pte(entry);
      page++;
    }
  }

  wanted(entry: Entry & { kind: 'page' }): boolean {
    return (typeof entry.page === 'number') === (this.range.select === 'device');
  }

  /** Its mapping goes with those of other processes (unmapDevice()). */
  pte(entry: AtRest | undefined): Source {
    const { core } = this;
    if (!entry || entry.kind === 'zero') return { ...emptySource(), migrate: true };
    const folio = core.folioOf(entry.page);
    if (typeof folio === 'number') {
      // Only a fault selects the device. It cannot be locked again where it is another folio than at the start of the walk:
      // split() has locked it.
      const unmapped = core.k.mem.get64(folio, core.k.layout.at.mapping) === 0n;
      if (unmapped || folio !== this.faultFolio) return emptySource();
    }
    core.addRefs(folio, 1);
    return { page: entry.page, migrate: true, compound: false, write: entry.write };
  }
}

/**
 * migrate_vma_setup(): collects the range, then takes the folios off every page table.
 * @returns src, and cpages as the driver sees it
 */
export function setup(core: Core, range: Range): { src: Source[]; cpages: number } {
  const walk = new Collector(core, range);
  const table = tableAt(range.mapping, range.start);
  if (!table || (!table.pmd && !table.ptes)) walk.hole();
  else if (!walk.huge(table)) walk.ptes(table);
  return { src: walk.src, cpages: unmapDevice(core, walk.src, range.faultPage) };
}

/**
 * migrate_vma_check_page(): nobody holds the folio but its mappings and this migration. Of a device folio one reference more is
 * let pass; of one in RAM nobody has it.
 */
function unpinned(core: Core, page: Page, faultPage: Page | undefined): boolean {
  const folio = core.folioOf(page);
  return core.refs(folio) - (page === faultPage ? 3 : 2) <= core.mapcount(folio);
}

/** migrate_device_unmap(): returns how many entries can migrate. */
export function unmapDevice(core: Core, src: Source[], faultPage?: Page): number {
  const faultFolio = faultPage === undefined ? undefined : core.folioOf(faultPage);
  let unmapped = 0;
  for (let i = 0; i < src.length;) {
    const entry = src[i] as Source;
    if (entry.page === undefined) {
      if (entry.migrate) unmapped++;
      i++;
      continue;
    }
    const folio = core.folioOf(entry.page);
    const nr = core.nrPages(folio);
    moveOut(core, folio, false);
    if (core.mapcount(folio) > 0 || !unpinned(core, entry.page, faultPage)) {
      entry.migrate = false;
    } else unmapped++;
    i += nr;
  }
  for (const [i, { page, migrate }] of src.entries()) {
    if (page === undefined || migrate) continue;
    const folio = core.folioOf(page);
    moveIn(core, folio, folio);
    src[i] = emptySource();
    if (folio !== faultFolio) unlock(core, folio);
    core.put(folio);
  }
  return unmapped;
}
