import { setup } from './collect.js';
import type { Source } from './collect.js';
import type { Core } from './core.js';
import { unlock } from './folio-split.js';
import { finalize, migratePages, noDestination } from './migrate.js';
import type { Destination } from './migrate.js';
import type { MigrateAnswer, MigrateEntry } from './operation.js';
import { newSysFolio } from './system.js';
import type { Page } from './system.js';
import { PMD_ORDER, PMD_PAGES } from './tables.js';
import type { Mapping, Process, Vma } from './tables.js';
import { windows } from './vmas.js';
import { initFolio } from '../init.js';

/** What the guest's module does around the core's migration functions (guests/module/migrate.c, fault.c). */

const COLLECTED = 1;
const COMPOUND = 2;
const WRITE = 4;
const HOLE = 8;
const INIT = 16;
const MIGRATED = 32;

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
): Destination[] {
  const [huge] = src as [Source, ...Source[]];
  if (huge.compound) return fillHuge(core, wanted, first, huge);
  return src.map((source, i) => {
    const one = wanted.get(first + i);
    if (!one) return noDestination;
    one.state = stateOf(source);
    return source.migrate && one.entry.order === 0 ? takeDestination(core, one) : noDestination;
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
): Destination[] {
  const all = Array.from({ length: PMD_PAGES }, (_, i) => wanted.get(first + i));
  const take = (one: Wanted | undefined): Destination => {
    if (!one) return noDestination;
    one.state = stateOf(source);
    return takeDestination(core, one);
  };
  const [head] = all;
  if (!head || (head.entry.order === 0 && source.page === undefined && all.includes(undefined)))
    return all.map(() => noDestination);
  return all.map((one, i) => (head.entry.order > 0 && i > 0 ? noDestination : take(one)));
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
        if (!one || dst[i]?.page === undefined || !source.migrate) continue;
        one.state |= MIGRATED;
        migrated += 2 ** one.entry.order;
      }
      finalize(core, src, dst);
    }
  return { cpages, migrated, src: to.map(({ page }) => wanted.get(page)?.state ?? 0) };
}

/** zd_abort_window(), zd_drop_back(): as a driver whose copy failed. */
function giveBack(core: Core, dst: Destination[]): void {
  for (const [i, { page }] of dst.entries()) {
    dst[i] = noDestination;
    if (page === undefined) continue;
    const folio = core.folioOf(page);
    unlock(core, folio);
    core.put(folio);
  }
}

/** zd_alloc_back() */
const allocBack = (order: number): Page => newSysFolio(order).pages[0] as Page;

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
  const dst = src.map(() => noDestination);
  const [first] = src as [Source];
  if (first.migrate) {
    if (first.compound && !largeFails(core)) dst[0] = { page: allocBack(order), compound: true };
    else for (let i = 0; i < 2 ** order; i++) dst[i] = { page: allocBack(0), compound: false };
  }
  migratePages(core, src, dst, range);
  finalize(core, src, dst, faultPage);
}

export function largeFails(core: Core): boolean {
  if (core.failLarge === 0) return false;
  core.failLarge--;
  return true;
}
