import { setup } from './collect.js';
import type { Source } from './collect.js';
import type { Core } from './core.js';
import { unlock } from './folio-split.js';
import { finalize, migratePages } from './migrate.js';
import type { Destination, Destinations } from './migrate.js';
import type { MigrateAnswer, MigrateEntry } from './operation.js';
import { newSysFolio } from './system.js';
import type { Page } from './system.js';
import { PMD_ORDER, PMD_PAGES } from './tables.js';
import type { Mapping, Process, Vma } from './tables.js';
import { windows } from './vmas.js';
import { initFolio } from '../init.js';

/** What the guest's module does around the core's migration functions (guests/module/migrate.c, fault.c). */

const COLLECTED = 1;
const COMPOUND = 1 << 1;
const WRITE = 1 << 2;
const HOLE = 1 << 3;
const INIT = 1 << 4;
const MIGRATED = 1 << 5;

interface Wanted {
  readonly entry: MigrateEntry;
  state: number;
}

/** zd_take_dst(): the destination is initialised; its copy is that of the source, or zeroes. */
function takeDestination(core: Core, wanted: Wanted): Destination {
  const { pfn, order } = wanted.entry;
  initFolio(core.k, core.roles, core.variant, { pfn, order, rmappable: true });
  core.zeroes.fill(1, pfn, pfn + 2 ** order);
  wanted.state |= INIT;
  return { page: pfn, compound: order === PMD_ORDER };
}

function stateOf({ page, migrate, compound, write }: Source): number {
  return (
    (migrate ? COLLECTED : 0) |
    (compound ? COMPOUND : 0) |
    (write ? WRITE : 0) |
    (page === undefined ? HOLE : 0)
  );
}

/** zd_fill_window() */
function fillWindow(
  core: Core,
  wanted: ReadonlyMap<number, Wanted>,
  first: number,
  src: readonly Source[],
): (Destination | undefined)[] {
  const [huge] = src as [Source, ...Source[]];
  if (huge.compound) return fillHuge(core, wanted, first, huge);
  return src.map((source, i) => {
    const one = wanted.get(first + i);
    if (!one) return undefined;
    one.state = stateOf(source);
    return source.migrate && one.entry.order === 0 ? takeDestination(core, one) : undefined;
  });
}

/**
 * The window is one source. Small destinations it gets only where the core can split it (zd_can_split()): the first page
 * must have one, and all pages of a hole.
 */
function fillHuge(
  core: Core,
  wanted: ReadonlyMap<number, Wanted>,
  first: number,
  source: Source,
): (Destination | undefined)[] {
  const all = Array.from({ length: PMD_PAGES }, (_, i) => wanted.get(first + i));
  const take = (one: Wanted | undefined): Destination | undefined => {
    if (!one) return undefined;
    one.state = stateOf(source);
    return takeDestination(core, one);
  };
  const [head] = all;
  if (!head || (head.entry.order === 0 && source.page === undefined && all.includes(undefined))) return [];
  return head.entry.order === PMD_ORDER ? [take(head)] : all.map(take);
}

/** zd_migrate(): one migration for each window that ends at a PMD boundary and has an entry. */
export function migrateTo(
  core: Core,
  process: Process,
  mapping: Mapping,
  to: readonly MigrateEntry[],
  compound: boolean,
  abort: boolean,
): MigrateAnswer {
  const wanted = new Map(to.map((entry): [number, Wanted] => [entry.page, { entry, state: 0 }]));
  let cpages = 0;
  let migrated = 0;
  for (const vma of mapping.vmas)
    for (const [start, end] of windows(vma.start, vma.end)) {
      if (!to.some(({ page }) => start <= page && page < end)) continue;
      const range = { process, mapping, vma, start, end, select: 'system' as const, compound };
      const { src, cpages: collected } = setup(core, range);
      cpages += collected;
      const dst = fillWindow(core, wanted, start, src);
      if (abort) giveBack(core, dst);
      migratePages(core, src, dst, range);
      for (const [i, source] of src.entries()) {
        const one = wanted.get(start + i);
        if (!one || !dst[i] || !source.migrate) continue;
        one.state |= MIGRATED;
        migrated += 2 ** one.entry.order;
      }
      finalize(core, src, dst);
    }
  return { cpages, migrated, src: to.map(({ page }) => (wanted.get(page) as Wanted).state) };
}

/** zd_abort_window(), zd_drop_back(): as a driver whose copy failed. */
function giveBack(core: Core, dst: (Destination | undefined)[]): void {
  for (const to of dst.splice(0)) {
    if (!to) continue;
    const folio = core.folioOf(to.page);
    unlock(core, folio);
    core.put(folio);
  }
}

/** zd_alloc_back() */
const allocBack = (order: number): Destination => ({
  page: newSysFolio(order).pages[0] as Page,
  compound: order === PMD_ORDER,
});

/** zd_fill_back(): small pages for all of it where there is no large one. */
function fillBack(core: Core, src: readonly Source[]): Destinations {
  const [first] = src as [Source];
  if (!first.migrate) return [];
  if (first.compound && !largeFails(core)) return [allocBack(PMD_ORDER)];
  return src.map(() => allocBack(0));
}

/** zd_migrate_to_ram(): brings back the folio of a PMD fault, or one page. */
export function migrateToRam(
  core: Core,
  process: Process,
  mapping: Mapping,
  vma: Vma,
  page: number,
  faultPage: number,
  level: 'pte' | 'pmd',
): void {
  const order = level === 'pte' ? 0 : PMD_ORDER;
  core.k.callbacks.push({ fn: 'migrate_to_ram', pfn: faultPage, order });
  const start = page - (page % 2 ** order);
  const end = start + 2 ** order;
  const range = {
    process,
    mapping,
    vma,
    start,
    end,
    select: 'device' as const,
    compound: level === 'pmd',
    faultPage,
  };
  const { src } = setup(core, range);
  const dst = fillBack(core, src);
  migratePages(core, src, dst, range);
  finalize(core, src, dst, faultPage);
}

export function largeFails(core: Core): boolean {
  if (core.failLarge === 0) return false;
  core.failLarge--;
  return true;
}
