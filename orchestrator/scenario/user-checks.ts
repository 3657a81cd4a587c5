import type { Deviation } from '../store/records.js';
import { hex, readField } from './chunk.js';
import type { MapRun, ReadyHello, Reply, UserPageState } from './protocol.js';
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

/** References to the pgmap after a step, one for each page of each living folio. */
export function checkReferences(step: number, expected: number, found: number | undefined): Deviation[] {
  if (found === undefined || found === expected) return [];
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

/** Pages of a mapping that are not where they must be: `expected` says it for some pages, or how many in all. */
export function checkPlaces(
  step: number,
  mapping: string,
  states: readonly UserPageState[],
  expected: ReadonlyMap<number, UserPageState>,
  device: number | undefined,
): Deviation[] {
  const wrong = [...expected].filter(([page, state]) => states[page] !== state);
  const found: Deviation[] = wrong.slice(0, MOST).map(([page, state]) => ({
    kind: 'counter',
    step,
    field: 'place of a mapped page',
    expected: `page ${page} of mapping ${mapping}: ${state}`,
    found: states[page] ?? 'outside the mapping',
  }));
  const count = states.filter((state) => state === 'device').length;
  if (device !== undefined && device !== count) {
    found.push({
      kind: 'counter',
      step,
      field: 'pages on the device',
      expected: `${device} of mapping ${mapping}`,
      found: String(count),
    });
  }
  return found;
}

/** A CPU access that ended in a signal: the page did not come back. */
export function checkAccess(step: number, mapping: string, signal: Reply['signal']): Deviation[] {
  if (!signal) return [];
  const expected = `page ${signal.page} of mapping ${mapping} can be read`;
  return [{ kind: 'data', step, field: 'access by the CPU', expected, found: signal.name }];
}

/** Pages of device folios that a mapping shows at another place on the device than they were sent to. */
export function checkPlacement(
  step: number,
  mapping: string,
  folios: readonly UserFolio[],
  runs: readonly MapRun[],
): Deviation[] {
  const shown = new Map<number, number>();
  for (const { page, n, pfn } of runs) {
    for (let index = 0; pfn !== undefined && index < n; index += 1) shown.set(page + index, pfn + index);
  }
  const found: Deviation[] = [];
  for (const folio of folios.filter((one) => one.mapping === mapping)) {
    for (const page of folio.mapped) {
      const wanted = folio.pfn + page - folio.page;
      const got = shown.get(page);
      if (got === undefined || got === wanted || found.length >= MOST) continue;
      const expected = `page ${page} of mapping ${mapping}: device page ${wanted}`;
      found.push({ kind: 'data', step, field: 'device page of a mapped page', expected, found: String(got) });
    }
  }
  return found;
}

/**
 * The struct pages of mapped device folios: that a piece of a split folio is a folio of its own with its pgmap
 * (mm/huge_memory.c:__split_folio_to_order leaves zero there for the driver's callback to fill), and that a large
 * one is whole. References equal page-table mappings in the steady state.
 */
export function checkFolios(
  step: number,
  folios: readonly UserFolio[],
  bytes: Uint8Array,
  hello: ReadyHello,
): Deviation[] {
  const found: Deviation[] = [];
  const headBit = 1n << BigInt(hello.layout.flags['PG_head'] ?? 6);
  const pgmap = BigInt(hello.chunk.pgmap);
  const expectField = (
    kind: Deviation['kind'],
    page: number,
    field: string,
    expected: bigint,
    value: bigint | undefined,
    story: string,
  ): void => {
    if (value === undefined || value === expected) return;
    found.push({
      kind,
      step,
      page,
      byte: (hello.layout.fields[field]?.[0] ?? 0) % 64,
      field: field.replace(/^(?:page|folio)\./, ''),
      expected: hex(expected),
      found: hex(value),
      // Addresses differ from run to run, their differences too.
      ...(field === 'page.pgmap' ? {} : { mask: hex(expected ^ value) }),
      story,
    });
  };
  for (const { pfn, order, mapped } of folios) {
    const read = (page: number, field: string): bigint | undefined => readField(bytes, hello, page, field);
    const flags = read(pfn, 'page.flags') ?? 0n;
    const wantHead = order > 0 ? headBit : 0n;
    expectField(
      'wrong-head',
      pfn,
      'page.pgmap',
      pgmap,
      read(pfn, 'page.pgmap'),
      'folio_free and faults find the driver by it',
    );
    if ((flags & headBit) !== wantHead) {
      expectField(
        'wrong-head',
        pfn,
        'page.flags',
        flags ^ headBit,
        flags,
        `PG_head of a folio of order ${order}`,
      );
    }
    const wantRefs = order === 0 || mapped.size < 2 ** order ? BigInt(mapped.size) : 1n;
    expectField(
      'refcount',
      pfn,
      'page._refcount',
      wantRefs,
      read(pfn, 'page._refcount'),
      'one reference for each mapping',
    );
    if (order > 0) {
      expectField(
        'stale-field',
        pfn + 1,
        'folio._nr_pages',
        BigInt(2 ** order),
        read(pfn, 'folio._nr_pages'),
        'size of the folio',
      );
      const link = read(pfn + 1, 'page.compound_info');
      for (let page = pfn + 1; page < pfn + 2 ** order && link !== undefined; page += 1) {
        expectField(
          'wrong-head',
          page,
          'page.compound_info',
          link | 1n,
          read(page, 'page.compound_info'),
          'tail of the folio',
        );
      }
    }
    if (found.length >= MOST) return found.slice(0, MOST);
  }
  return found;
}
