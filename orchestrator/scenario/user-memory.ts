import type { Callback, UserPageState } from './protocol.js';

/**
 * What the processes' memory must be after each step, as far as the rules of migration say it: which device folios
 * live for it, and which callbacks the driver must have seen. Pure; offsets and orders only.
 */

/** How one process maps a device folio. */
export interface Mapped {
  /** Pages of the mapping that are mapped to the folio. */
  readonly pages: ReadonlySet<number>;
  /** By one PMD; by PTEs otherwise. */
  readonly huge: boolean;
}

/** A device folio that holds pages of a mapping. */
export interface UserFolio {
  readonly mapping: string;
  /** First page of the mapping that it holds. */
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
  /** The driver mapped it; absent: anonymous memory. */
  readonly inserted?: boolean;
  /** By process; a process that maps none of it is not there. */
  readonly mapped: ReadonlyMap<string, Mapped>;
}

/** How often the driver must have been called, by `<callback> order <n>`. */
export type CallbackCounts = Readonly<Record<string, number>>;

export interface Settled {
  readonly folios: readonly UserFolio[];
  /** Each reading of the rules; the callbacks must equal one of them. The first is the usual one. */
  readonly callbacks: readonly CallbackCounts[];
}

export interface Destination {
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
}

/** State of each page of one mapping, by process. */
export type StatesByProcess = ReadonlyMap<string, readonly UserPageState[]>;

/**
 * Folios after a migration; destinations whose pages did not all arrive are left out, their folio was freed unmapped. A
 * page that processes share goes to the device for all of them: who has another page for one of a large folio maps the
 * rest of it.
 * @param process who migrated
 */
export function afterMigrate(
  folios: readonly UserFolio[],
  mapping: string,
  process: string,
  to: readonly Destination[],
  states: StatesByProcess,
): Settled {
  const arrived: UserFolio[] = [];
  const counts: Record<string, number> = {};
  for (const { page, pfn, order } of to) {
    const pages = range(page, 2 ** order);
    const mapped = new Map<string, Mapped>();
    for (const [who, of] of states) {
      const elsewhere = pagesMapped(folios, mapping, who);
      const there = pages.filter((index) => of[index] === 'device' && !elsewhere.has(index));
      const whole = there.length === pages.length;
      if (there.length > 0) mapped.set(who, { pages: new Set(there), huge: order > 0 && whole });
    }
    if (mapped.get(process)?.pages.size === pages.length) arrived.push({ mapping, page, pfn, order, mapped });
    else add(counts, `folio_free order ${order}`, 1);
  }
  return { folios: [...folios, ...arrived], callbacks: [counts] };
}

/**
 * Folios after pages came back by CPU fault, `states` being what the processes see then. A large folio that the process of
 * the fault maps by a PMD and of which all pages came back was freed whole, or split first where the large allocation failed. In
 * any other case it was split (mm/migrate_device.c:migrate_vma_split_folio): the driver hears of every new folio and once of
 * the head, and pieces that nobody maps are freed.
 * @param process whose access it was
 * @param failing large allocations that the driver was told to fail; which folio that meets is left open
 */
export function afterFault(
  folios: readonly UserFolio[],
  mapping: string,
  process: string,
  states: StatesByProcess,
  failing: number,
): Settled {
  const left: UserFolio[] = [];
  let readings: Record<string, number>[] = [{}];
  for (const folio of folios) {
    const staying = folio.mapping === mapping ? stayingOf(folio, states) : folio.mapped;
    if (sizeOf(staying) === sizeOf(folio.mapped)) {
      left.push(folio);
      continue;
    }
    const size = 2 ** folio.order;
    const whole = { [`folio_free order ${folio.order}`]: 1 };
    if (folio.order === 0) {
      if (staying.size > 0) left.push({ ...folio, mapped: staying });
      else readings = combine(readings, [whole]);
      continue;
    }
    const pieces = piecesOf(folio, staying);
    const split = { [`folio_split order ${folio.order}`]: size, 'folio_free order 0': size - pieces.length };
    const huge = folio.mapped.get(process)?.huge ?? false;
    const readingsHere = huge && pieces.length === 0 ? [whole, ...(failing > 0 ? [split] : [])] : [split];
    readings = combine(readings, readingsHere);
    left.push(...pieces);
  }
  return { folios: left, callbacks: readings };
}

/** Folios after pages of one process were unmapped or dropped: one that lost its last page was freed as it was, the others stay, unsplit. */
export function afterUnmap(
  folios: readonly UserFolio[],
  mapping: string,
  process: string,
  pages: Iterable<number>,
): Settled {
  const gone = new Set(pages);
  return afterChange(folios, (folio) => {
    const mine = folio.mapping === mapping ? folio.mapped.get(process) : undefined;
    if (mine === undefined || ![...mine.pages].some((page) => gone.has(page))) return folio.mapped;
    const mapped = new Map(folio.mapped);
    const kept = new Set([...mine.pages].filter((page) => !gone.has(page)));
    if (kept.size > 0) mapped.set(process, { pages: kept, huge: false });
    else mapped.delete(process);
    return mapped;
  });
}

/** Folios after the protection of pages of one process changed: a PMD of which a part is changed becomes PTEs. */
export function afterProtect(
  folios: readonly UserFolio[],
  mapping: string,
  process: string,
  changed: ReadonlySet<number>,
): Settled {
  return afterChange(folios, (folio) => {
    const mine = folio.mapping === mapping ? folio.mapped.get(process) : undefined;
    const hit = mine ? [...mine.pages].filter((page) => changed.has(page)).length : 0;
    if (!mine?.huge || hit === 0 || hit === mine.pages.size) return folio.mapped;
    return new Map(folio.mapped).set(process, { ...mine, huge: false });
  });
}

/** Folios after a fork: the child maps what its parent does, and as it does. */
export function afterFork(folios: readonly UserFolio[], parent: string, child: string): Settled {
  return afterChange(folios, (folio) => {
    const mine = folio.mapped.get(parent);
    return mine ? new Map(folio.mapped).set(child, mine) : folio.mapped;
  });
}

/** Folios after the end of a process. */
export function afterExit(folios: readonly UserFolio[], process: string): Settled {
  return afterChange(folios, (folio) => {
    const mapped = new Map(folio.mapped);
    mapped.delete(process);
    return mapped;
  });
}

/** Folios after an eviction that took those headed at `pfns` away, each as it was. */
export function afterEvict(folios: readonly UserFolio[], pfns: ReadonlySet<number>): Settled {
  return afterChange(folios, (folio) => (pfns.has(folio.pfn) ? new Map() : folio.mapped));
}

/**
 * Counts of what the driver saw, in the words of `CallbackCounts`. A split is counted at the order of the folio
 * that was split, which is what `large` says: the callback itself sees an order that is just being taken apart.
 */
export function countCallbacks(seen: readonly Callback[], large: number): CallbackCounts {
  const counts: Record<string, number> = {};
  for (const { fn, order } of seen) add(counts, `${fn} order ${fn === 'folio_split' ? large : order}`, 1);
  return counts;
}

/** Differences to the nearest reading of the rules, as `[what, expected, found]`. */
export function callbackDifferences(
  expected: readonly CallbackCounts[],
  found: CallbackCounts,
): [string, number, number][] {
  const all = expected.map((reading) => {
    const names = [...new Set([...Object.keys(reading), ...Object.keys(found)])].sort();
    return names
      .map((name): [string, number, number] => [name, reading[name] ?? 0, found[name] ?? 0])
      .filter(([, want, got]) => want !== got);
  });
  return all.reduce((best, next) => (next.length < best.length ? next : best), all[0] ?? []);
}

/** Readings for a page map without a folio_split operation: nobody is told of splits. */
export function withoutSplits(readings: readonly CallbackCounts[]): CallbackCounts[] {
  return readings.map((reading) =>
    Object.fromEntries(Object.entries(reading).filter(([what]) => !what.startsWith('folio_split'))),
  );
}

/** Pages of the mapping that any process maps to the folio. */
export function mappedAnywhere({ mapped }: UserFolio): number[] {
  return [...new Set([...mapped.values()].flatMap(({ pages }) => [...pages]))];
}

/** Changes how each folio is mapped; one that nobody maps any more is freed as it is. */
function afterChange(
  folios: readonly UserFolio[],
  change: (folio: UserFolio) => ReadonlyMap<string, Mapped>,
): Settled {
  const left: UserFolio[] = [];
  const counts: Record<string, number> = {};
  for (const folio of folios) {
    const mapped = change(folio);
    if (mapped.size > 0) left.push({ ...folio, mapped });
    else add(counts, `folio_free order ${folio.order}`, 1);
  }
  return { folios: left, callbacks: [counts] };
}

/** What is still on the device of a folio, by process. */
function stayingOf(folio: UserFolio, states: StatesByProcess): ReadonlyMap<string, Mapped> {
  const staying = new Map<string, Mapped>();
  for (const [process, { pages, huge }] of folio.mapped) {
    const kept = new Set([...pages].filter((page) => states.get(process)?.[page] === 'device'));
    if (kept.size > 0) staying.set(process, { pages: kept, huge: huge && kept.size === pages.size });
  }
  return staying;
}

/** Order-0 folios of what is left of a large folio that was split. */
function piecesOf(folio: UserFolio, staying: ReadonlyMap<string, Mapped>): UserFolio[] {
  const { mapping, pfn } = folio;
  const pages = mappedAnywhere({ ...folio, mapped: staying }).sort((a, b) => a - b);
  return pages.map((page) => {
    const one: Mapped = { pages: new Set([page]), huge: false };
    const who = [...staying].filter(([, { pages: of }]) => of.has(page));
    return {
      mapping,
      page,
      pfn: pfn + page - folio.page,
      order: 0,
      mapped: new Map(who.map(([process]) => [process, one])),
    };
  });
}

function sizeOf(mapped: ReadonlyMap<string, Mapped>): number {
  return [...mapped.values()].reduce((sum, { pages }) => sum + pages.size, 0);
}

function combine(
  left: readonly Record<string, number>[],
  right: readonly Record<string, number>[],
): Record<string, number>[] {
  return left.flatMap((one) =>
    right.map((other) => {
      const sum = { ...one };
      for (const [name, count] of Object.entries(other)) add(sum, name, count);
      return sum;
    }),
  );
}

/** Pages of a mapping that a process has on the device. */
function pagesMapped(folios: readonly UserFolio[], mapping: string, process: string): ReadonlySet<number> {
  const of = folios.filter((one) => one.mapping === mapping);
  return new Set(of.flatMap(({ mapped }) => [...(mapped.get(process)?.pages ?? [])]));
}

function add(counts: Record<string, number>, name: string, by: number): void {
  if (by !== 0) counts[name] = (counts[name] ?? 0) + by;
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
