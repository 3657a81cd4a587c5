import type { Callback, UserPageState } from './protocol.js';

/**
 * What the test process's memory must be after each step, as far as the rules of migration say it: which device
 * folios live for it, and which callbacks the driver must have seen. Pure; offsets and orders only.
 */

/** A device folio that holds pages of a mapping. */
export interface UserFolio {
  readonly mapping: string;
  /** First page of the mapping that it holds. */
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
  /** Pages of the mapping that are still mapped to it. */
  readonly mapped: ReadonlySet<number>;
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

/** Folios after a migration; destinations whose pages did not all arrive are left out, their folio was freed unmapped. */
export function afterMigrate(
  folios: readonly UserFolio[],
  mapping: string,
  to: readonly Destination[],
  states: readonly UserPageState[],
): Settled {
  const arrived: UserFolio[] = [];
  const counts: Record<string, number> = {};
  for (const { page, pfn, order } of to) {
    const mapped = new Set(range(page, 2 ** order));
    if ([...mapped].every((index) => states[index] === 'device'))
      arrived.push({ mapping, page, pfn, order, mapped });
    else add(counts, `folio_free order ${order}`, 1);
  }
  return { folios: [...folios, ...arrived], callbacks: [counts] };
}

/**
 * Folios after pages came back by CPU fault, `states` being what the process sees then. A large folio of which all
 * pages were mapped and all came back was freed whole, or split first where the large allocation failed. In any
 * other case it was split (mm/migrate_device.c:migrate_vma_split_folio): the driver hears of every new folio and
 * once of the head, and pieces that nobody maps are freed.
 */
export function afterFault(
  folios: readonly UserFolio[],
  mapping: string,
  states: readonly UserPageState[],
): Settled {
  const left: UserFolio[] = [];
  let readings: Record<string, number>[] = [{}];
  for (const folio of folios) {
    const back =
      folio.mapping === mapping ? [...folio.mapped].filter((page) => states[page] !== 'device') : [];
    if (back.length === 0) {
      left.push(folio);
      continue;
    }
    const size = 2 ** folio.order;
    const staying = [...folio.mapped].filter((page) => !back.includes(page));
    const whole = { [`folio_free order ${folio.order}`]: 1 };
    if (folio.order === 0) {
      readings = combine(readings, [whole]);
      continue;
    }
    const split = { [`folio_split order ${folio.order}`]: size, 'folio_free order 0': size - staying.length };
    readings = combine(
      readings,
      folio.mapped.size === size && staying.length === 0 ? [whole, split] : [split],
    );
    for (const page of staying) {
      left.push({ mapping, page, pfn: folio.pfn + page - folio.page, order: 0, mapped: new Set([page]) });
    }
  }
  return { folios: left, callbacks: readings };
}

/** Folios after a munmap: one that lost its last page was freed as it was, the others stay, unsplit. */
export function afterUnmap(
  folios: readonly UserFolio[],
  mapping: string,
  first: number,
  count: number,
): Settled {
  const gone = new Set(range(first, count));
  const left: UserFolio[] = [];
  const counts: Record<string, number> = {};
  for (const folio of folios) {
    if (folio.mapping !== mapping) {
      left.push(folio);
      continue;
    }
    const mapped = new Set([...folio.mapped].filter((page) => !gone.has(page)));
    if (mapped.size > 0) left.push({ ...folio, mapped });
    else add(counts, `folio_free order ${folio.order}`, 1);
  }
  return { folios: left, callbacks: [counts] };
}

/** References to the pgmap that these folios hold: one for each page of each folio. */
export function references(folios: readonly UserFolio[]): number {
  return folios.reduce((sum, folio) => sum + 2 ** folio.order, 0);
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

function add(counts: Record<string, number>, name: string, by: number): void {
  if (by !== 0) counts[name] = (counts[name] ?? 0) + by;
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
