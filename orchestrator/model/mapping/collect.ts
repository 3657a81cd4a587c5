import type { Core } from './core.js';
import { lock, splitMapped, unlock } from './folio-split.js';
import type { Folio, Page } from './system.js';
import { PMD_PAGES, slotOf, tableAt } from './tables.js';
import type { Entry, Mapping, Process, Table, Vma } from './tables.js';
import { moveIn, moveOut, moveOutPmd, moveOutPte } from './unmap.js';

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

class Collector {
  readonly core: Core;
  readonly range: Range;
  readonly src: Source[] = [];
  cpages = 0;
  /** As the walk found it at its start; a split can make it name another folio. */
  readonly faultFolio: Folio | undefined;

  constructor(core: Core, range: Range) {
    this.core = core;
    this.range = range;
    this.faultFolio = range.faultPage === undefined ? undefined : core.folioOf(range.faultPage);
  }

  skip(count: number): void {
    for (let i = 0; i < count; i++) this.src.push(emptySource());
  }

  whole(): boolean {
    return this.range.compound && slotOf(this.range.start) === 0 && slotOf(this.range.end) === 0;
  }

  /** migrate_vma_collect_hole() */
  hole(): void {
    const count = this.range.end - this.range.start;
    if (this.whole()) {
      this.src.push({ ...emptySource(), migrate: true, compound: true });
      this.cpages++;
      this.skip(count - 1);
      return;
    }
    for (let i = 0; i < count; i++) this.src.push({ ...emptySource(), migrate: true });
    this.cpages += count;
  }

  /** migrate_vma_collect_huge_pmd(): false where the walk goes on with PTEs. */
  huge(table: Table): boolean {
    const { core, range } = this;
    const entry = table.pmd;
    const all = range.end - range.start;
    if (!entry) return false;
    if (entry.kind === 'zero') {
      if (range.select === 'system') this.hole();
      else this.skip(all);
      return true;
    }
    const device = typeof entry.page === 'number';
    if (entry.kind === 'moving' || device !== (range.select === 'device')) {
      this.skip(all);
      return true;
    }
    const folio = core.folioOf(entry.page);
    core.addRefs(folio, 1);
    if (folio !== this.faultFolio) {
      if (core.flag(folio, 'PG_locked')) {
        core.put(folio);
        this.skip(all);
        return true;
      }
      lock(core, folio);
    }
    if (this.whole()) {
      this.src.push({ page: core.page(folio, 0), migrate: true, compound: true, write: entry.write });
      this.cpages++;
      moveOutPmd(core, range.process, table, entry);
      this.skip(PMD_PAGES - 1);
      return true;
    }
    const split = splitMapped(core, folio);
    if (folio !== this.faultFolio) unlock(core, folio);
    core.put(folio);
    if (!split) this.skip(all);
    return !split;
  }

  /** migrate_vma_split_folio(): consumes the reference that the walk took. False where the split is refused. */
  split(folio: Folio): boolean {
    const { core } = this;
    const { faultPage } = this.range;
    if (folio !== this.faultFolio) {
      core.addRefs(folio, 1);
      lock(core, folio);
    }
    if (!splitMapped(core, folio)) {
      if (folio !== this.faultFolio) {
        unlock(core, folio);
        core.put(folio);
      }
      return false;
    }
    const now = faultPage === undefined ? undefined : core.folioOf(faultPage);
    if (now === undefined) {
      unlock(core, folio);
      core.put(folio);
    } else if (folio !== now) {
      if (now !== this.faultFolio) {
        core.addRefs(now, 1);
        lock(core, now);
      }
      unlock(core, folio);
      core.put(folio);
    }
    return true;
  }

  /** The loop over PTEs of migrate_vma_collect_pmd(). */
  ptes(table: Table): void {
    const { core, range } = this;
    for (let page = range.start; page < range.end;) {
      const entry = table.ptes?.[slotOf(page)];
      const large = entry?.kind === 'page' && this.wanted(entry) ? core.folioOf(entry.page) : undefined;
      if (large !== undefined && core.large(large)) {
        if (this.split(large)) continue;
        this.skip(range.end - page);
        return;
      }
      this.src.push(this.pte(table, slotOf(page), entry));
      page++;
    }
  }

  wanted(entry: Entry & { kind: 'page' }): boolean {
    return (typeof entry.page === 'number') === (this.range.select === 'device');
  }

  pte(table: Table, slot: number, entry: Entry | undefined): Source {
    const { core, range } = this;
    const hole = { ...emptySource(), migrate: true };
    if (!entry || (entry.kind === 'zero' && range.select === 'system')) {
      this.cpages++;
      return hole;
    }
    if (entry.kind !== 'page' || !this.wanted(entry)) return emptySource();
    if (typeof entry.page === 'number' && core.k.mem.get64(entry.page, core.k.layout.at.mapping) === 0n)
      return emptySource();
    const folio = core.folioOf(entry.page);
    core.addRefs(folio, 1);
    if (folio !== this.faultFolio && core.flag(folio, 'PG_locked')) {
      core.put(folio);
      return emptySource();
    }
    if (folio !== this.faultFolio) lock(core, folio);
    this.cpages++;
    moveOutPte(core, range.process, table.ptes, slot, entry);
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
  const cpages = walk.cpages > 0 ? unmapDevice(core, walk.src, range.faultPage) : 0;
  return { src: walk.src, cpages };
}

/** migrate_vma_check_page(): nobody holds the folio but its mappings and this migration. */
function unpinned(core: Core, page: Page, faultPage: Page | undefined): boolean {
  const folio = core.folioOf(page);
  const extra = 1 + (page === faultPage ? 1 : 0) + (typeof folio === 'number' ? 1 : 0);
  return core.refs(folio) - extra <= core.mapcount(folio);
}

/** migrate_device_unmap(): returns how many entries can migrate. */
export function unmapDevice(core: Core, src: Source[], faultPage?: Page): number {
  const faultFolio = faultPage === undefined ? undefined : core.folioOf(faultPage);
  let unmapped = 0;
  let restore = false;
  for (let i = 0; i < src.length;) {
    const entry = src[i] as Source;
    if (entry.page === undefined) {
      if (entry.migrate) unmapped++;
      i++;
      continue;
    }
    const folio = core.folioOf(entry.page);
    const nr = core.nrPages(folio);
    if (nr > 1) entry.compound = true;
    if (core.mapcount(folio) > 0) moveOut(core, folio, false);
    if (core.mapcount(folio) > 0 || !unpinned(core, entry.page, faultPage)) {
      entry.migrate = false;
      restore = true;
    } else unmapped++;
    i += nr;
  }
  if (!restore) return unmapped;
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
