import type { Deviation } from '../store/records.js';
import { titleOf } from './mappings.js';
import type { Mapping } from './mappings.js';
import { OWNERS } from './page-maps.js';
import type { ByOwner } from './page-maps.js';
import type { Callback, MapRun, Reply, UserPageState } from './protocol.js';
import { callbackDifferences } from './user-memory.js';
import type { CallbackCounts, UserFolio } from './user-memory.js';

/** At most this many deviations of one sort in one step: they are one fault, and a report has to be read. */
const MOST = 8;

/** Driver callbacks that were missing or too many. */
export function checkCallbacks(
  step: number,
  expected: readonly CallbackCounts[],
  found: CallbackCounts,
): Deviation[] {
  return callbackDifferences(expected, found).map(([what, want, got]) => ({
    kind: 'counter',
    step,
    field: `callbacks: ${what}`,
    expected: String(want),
    found: String(got),
  }));
}

/** Calls of folio_free for pages that the step did not free, or twice for one page: the driver hands out pages in use. */
export function checkFreedPages(
  step: number,
  callbacks: readonly Callback[],
  freed: ReadonlySet<number>,
): Deviation[] {
  const seen = new Set<number>();
  const found: Deviation[] = [];
  for (const { fn, pfn, order } of callbacks) {
    if (fn !== 'folio_free') continue;
    const expected = seen.has(pfn) ? 'once for a page' : 'a page that this step freed';
    const wrong = seen.has(pfn) || !freed.has(pfn);
    seen.add(pfn);
    if (wrong && found.length < MOST)
      found.push({
        kind: 'counter',
        step,
        field: 'folio_free',
        expected,
        found: `page ${pfn}, order ${order}`,
      });
  }
  return found;
}

/** The memory counters of the test process; the kernel checks them only when a process ends (kernel/fork.c:check_mm). */
export function checkRss(step: number, rss: Reply['rss']): Deviation[] {
  if (!rss) return [];
  const wrong = (field: string, expected: number, found: number): Deviation[] =>
    expected === found
      ? []
      : [{ kind: 'counter', step, field, expected: `${expected} kB`, found: `${found} kB` }];
  return [
    ...wrong('MM_ANONPAGES', rss.mapped_kb, rss.counted_kb),
    // Device pages count as anonymous memory, never as swapped out.
    ...wrong('MM_SWAPENTS', rss.swapped_kb ?? 0, rss.swap_kb),
  ];
}

/** Statistics of large folios that say how many there are, not how often something happened. */
const LEVELS = ['nr_anon', 'nr_anon_partially_mapped'];

/** Large folios that are counted while nothing is mapped, beyond those `before` the first mapping. */
export function checkLargeFolios(
  step: number,
  before: NonNullable<Reply['counters']>,
  after: NonNullable<Reply['counters']>,
): Deviation[] {
  return Object.entries(after.mthp ?? {}).flatMap(([order, stats]) =>
    LEVELS.flatMap((stat): Deviation[] => {
      const [expected, found] = [before.mthp?.[order]?.[stat], stats[stat]];
      if (expected === undefined || found === undefined || expected === found) return [];
      const field = `${stat} of order ${order}`;
      const story =
        'nothing is mapped: folios of this order are counted that are none, or not counted any more';
      return [{ kind: 'counter', step, field, expected: String(expected), found: String(found), story }];
    }),
  );
}

/** Counters of the whole system (/proc/vmstat) that are of mapped memory alone. */
const VMSTAT_LEVELS = ['nr_mlock', 'nr_writeback', 'nr_swapcached'];

/** What is counted of mapped pages while nothing is mapped, beyond what was before the first mapping. */
export function checkVmstat(
  step: number,
  before: NonNullable<Reply['counters']>,
  after: NonNullable<Reply['counters']>,
): Deviation[] {
  return VMSTAT_LEVELS.flatMap((stat): Deviation[] => {
    const [expected, found] = [before.vmstat?.[stat], after.vmstat?.[stat]];
    if (expected === undefined || found === undefined || expected === found) return [];
    const story = 'nothing is mapped: pages are counted that are none, or not counted any more';
    return [{ kind: 'counter', step, field: stat, expected: String(expected), found: String(found), story }];
  });
}

/**
 * Pages that two CPUs may hold back of a group: of charges less than MEMCG_CHARGE_BATCH each (mm/memcontrol.c), of freed pages
 * the batch that waits for the LRU (mm/swap.c, 31 each).
 */
const CHARGE_SLACK = 192;

/** Pages that control groups are charged for; what CPUs hold back for them is beyond that. */
export function checkCharged(step: number, expected: number | undefined, usage: Reply['usage']): Deviation[] {
  if (expected === undefined || !usage) return [];
  const found = usage.current - usage.kernel - usage.own;
  if (found >= expected && found <= expected + CHARGE_SLACK) return [];
  const story = 'what was charged is given back when the page is freed, once, wherever it was';
  return [
    {
      kind: found > expected ? 'leak' : 'counter',
      step,
      field: 'pages charged',
      expected: `${expected} to ${expected + CHARGE_SLACK}`,
      found: String(found),
      story,
    },
  ];
}

/**
 * References to the page maps after a step, one for each page of each living folio.
 * @param owed what each page map must have
 * @param found all of them, and those of each: absent where only the first has any
 */
export function checkReferences(
  step: number,
  owed: ByOwner,
  found: number | undefined,
  each: readonly number[] | undefined,
): Deviation[] {
  const expected = owed.reduce((sum, refs) => sum + refs, 0);
  if (found === undefined) return [];
  if (found === expected) return checkEach(step, owed, each ?? [found, 0, 0]);
  return [
    {
      kind: found > expected ? 'leak' : 'refcount',
      step,
      field: 'pgmap.ref',
      expected: String(expected),
      found: String(found),
      story: 'every page of a living device folio holds one reference of its pgmap',
    },
  ];
}

/** References that are of the wrong page map: the sum alone does not show it. */
export function checkEach(step: number, owed: ByOwner, found: readonly number[]): Deviation[] {
  return OWNERS.flatMap((owner, index): Deviation[] => {
    const [expected = 0, refs = 0] = [owed[index], found[index]];
    if (expected === refs) return [];
    const story = 'a folio holds references of the page map that its pages lie in, and gives them back to it';
    return [
      {
        kind: refs > expected ? 'leak' : 'refcount',
        step,
        field: `pgmap.ref of ${owner}`,
        expected: String(expected),
        found: String(refs),
        story,
      },
    ];
  });
}

/**
 * Calls of folio_free that came when the references of the folio had been put: with the last one memunmap_pages() takes the
 * struct pages away (mm/memremap.c:free_zone_device_folio puts them after the callback).
 */
export function checkEarlyPuts(step: number, { early = 0 }: Reply): Deviation[] {
  if (early === 0) return [];
  const story = 'the references are put once the driver is done with the pages';
  const expected = 'a reference for each page of the folio';
  const found = `fewer, in ${early} calls of folio_free`;
  return [{ kind: 'refcount', step, field: 'pgmap.ref in folio_free', expected, found, story }];
}

/**
 * Calls of folio_free that found a folio of user memory locked. Its holder unlocks it when the driver may have made another folio
 * of the pages (mm/memory.c:do_swap_page unlocks before it puts).
 */
export function checkLockedFrees(step: number, { free_locked: calls = 0 }: Reply): Deviation[] {
  if (calls === 0) return [];
  const story = 'a folio is unlocked before its last reference is put';
  const found = `set, in ${calls} calls of folio_free`;
  return [{ kind: 'stale-field', step, field: 'PG_locked in folio_free', expected: 'not set', found, story }];
}

/** Pages whose data is not what was written to them. */
export function checkData(
  step: number,
  mapping: string,
  bad: NonNullable<Reply['bad']>,
  all: number,
): Deviation[] {
  return bad.slice(0, MOST).map(({ page, word, expected, found }) => ({
    kind: 'data',
    step,
    field: 'data',
    expected: `${expected} in word ${word} of page ${page} of mapping ${mapping}`,
    found: all > MOST ? `${found} (${all} pages have other data)` : found,
  }));
}

/** Pages of a mapping that are not where they must be: `expected` says it for some pages. */
export function checkPlaces(
  step: number,
  mapping: string,
  states: readonly UserPageState[],
  expected: ReadonlyMap<number, UserPageState>,
): Deviation[] {
  const wrong = [...expected].filter(([page, state]) => states[page] !== state);
  const found: Deviation[] = wrong.slice(0, MOST).map(([page, state]) => ({
    kind: 'counter',
    step,
    field: 'place of a mapped page',
    expected: `page ${page} of mapping ${mapping}: ${state}`,
    found: states[page] ?? 'outside the mapping',
  }));
  // What is in swap is `swapped`: such an entry is one of a migration that somebody left behind.
  const stuck = states.indexOf('swap');
  if (stuck >= 0) {
    const expected = `page ${stuck} of mapping ${mapping}: no entry of a migration`;
    found.push({ kind: 'counter', step, field: 'place of a mapped page', expected, found: 'swap' });
  }
  return found;
}

/** How many pages of a mapping are on the device. */
export function checkDevicePages(
  step: number,
  mapping: string,
  expected: number,
  found: number,
): Deviation[] {
  if (expected === found) return [];
  const field = 'pages on the device';
  return [
    { kind: 'counter', step, field, expected: `${expected} of mapping ${mapping}`, found: String(found) },
  ];
}

/** A CPU access that ended in a signal, the page did not come back; or one that had to and did not. */
export function checkAccess(
  step: number,
  mapping: string,
  wanted: string | undefined,
  signal: Reply['signal'],
): Deviation[] {
  if (signal?.name === wanted) return [];
  if (!signal) {
    const expected = `${wanted ?? ''} in mapping ${mapping}`;
    return [{ kind: 'permission', step, field: 'access by the CPU', expected, found: 'no signal' }];
  }
  const expected = `page ${signal.page} of mapping ${mapping} can be read`;
  return [{ kind: 'data', step, field: 'access by the CPU', expected, found: signal.name }];
}

/** Pages of device folios that a mapping shows at another place than they were sent to, or no longer at all. */
export function checkPlacement(
  step: number,
  mapping: Mapping,
  folios: readonly UserFolio[],
  runs: readonly MapRun[],
): Deviation[] {
  const shown = new Map<number, number>();
  for (const { page, n, pfn } of runs) {
    for (let index = 0; pfn !== undefined && index < n; index += 1) shown.set(page + index, pfn + index);
  }
  const found: Deviation[] = [];
  for (const folio of folios.filter((one) => one.mapping === mapping.name)) {
    for (const page of folio.mapped.get(mapping.process)?.pages ?? []) {
      const wanted = folio.pfn + page - folio.page;
      const got = shown.get(page);
      if (got === wanted || found.length >= MOST) continue;
      const expected = `page ${page} of mapping ${titleOf(mapping)}: device page ${wanted}`;
      const seen = got === undefined ? 'no device page' : String(got);
      found.push({ kind: 'data', step, field: 'device page of a mapped page', expected, found: seen });
    }
  }
  return found;
}
