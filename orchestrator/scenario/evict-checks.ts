import type { Deviation } from '../store/records.js';
import { skippedEntries } from './evict-scan.js';
import type { Skip } from './evict-scan.js';
import type { Pages } from './page-fields.js';
import type { Reply } from './protocol.js';
import type { StepExpectation } from './schema.js';

/** A living folio and what an eviction must make of it. */
export interface Evictable {
  readonly pfn: number;
  readonly order: number;
  /** The scan can take it: nobody holds its lock. */
  readonly free: boolean;
  /** Processes map it: it must come back; a folio that only the driver holds must stay. */
  readonly mapped: boolean;
}

/** Bits of an entry of the src array that a scan sets for a folio that it takes (include/linux/migrate.h). */
const VALID_MIGRATE = '0x3';
/** At most this many deviations of one sort in one step. */
const MOST = 8;

/**
 * Whether an eviction took each living folio whose pages are all in its list, and nothing else; and whether those that
 * processes map came back. A folio left out never leaves the device: memunmap_pages() waits for it for ever.
 * @param pfns what the scan was to look at, in order
 * @param before the struct pages at the time
 * @param failing destinations of large folios that the driver was told not to get
 */
export function checkEvicted(
  step: number,
  call: string,
  pfns: readonly number[],
  folios: readonly Evictable[],
  reply: Reply,
  before: Pages,
  failing: number,
): Deviation[] {
  const taken = new Map((reply.evicted ?? []).map((one) => [one.pfn, one]));
  const places = new Map(pfns.map((pfn, index) => [pfn, index]));
  const skips = skippedEntries(before.bytes, before.hello, pfns);
  const found: Deviation[] = [];
  let failed = 0;
  for (const folio of folios) {
    const index = places.get(folio.pfn);
    if (index === undefined || !folio.free || !isWhole(folio, index, pfns)) continue;
    const one = taken.get(folio.pfn);
    taken.delete(folio.pfn);
    if (one?.collected !== true) found.push(missed(step, call, folio, skips[index], livingAt(folios)));
    else if (folio.mapped && one.order === undefined && folio.order > 0 && failed < failing) failed += 1;
    else if (one.migrated !== folio.mapped) found.push(wrongEnd(step, call, folio, one.migrated));
  }
  for (const { pfn } of taken.values()) {
    found.push({
      kind: 'wrong-head',
      step,
      page: pfn,
      field: call,
      expected: 'not collected',
      found: 'collected',
      story: 'no folio that can be evicted is headed there',
    });
  }
  return found.slice(0, MOST);
}

/** What a scenario says of an eviction against what came of it. */
export function checkEvictExpectation(
  step: number,
  expect: StepExpectation | undefined,
  reply: Reply,
): Deviation[] {
  const found: Deviation[] = [];
  const collected = (reply.evicted ?? []).filter((one) => one.collected).map((one) => one.pfn);
  const differ = (field: string, expected: string, got: string): void => {
    if (expected !== got) found.push({ kind: 'counter', step, field, expected, found: got });
  };
  if (expect?.collected)
    differ(
      'folios collected',
      [...expect.collected].sort(ascending).join(' '),
      collected.sort(ascending).join(' '),
    );
  if (expect?.migrated !== undefined)
    differ('pages migrated', String(expect.migrated), String(reply.migrated ?? 'no count'));
  return found;
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Whether all pages of a folio follow each other in the list from its head on. */
function isWhole({ pfn, order }: Evictable, index: number, pfns: readonly number[]): boolean {
  for (let page = 0; page < 2 ** order; page += 1) if (pfns[index + page] !== pfn + page) return false;
  return true;
}

function livingAt(folios: readonly Evictable[]): (pfn: number) => Evictable | undefined {
  return (pfn) => folios.find((one) => pfn >= one.pfn && pfn < one.pfn + 2 ** one.order);
}

/** A living folio that the scan did not take. The transition says whose size led it past, where one did. */
function missed(
  step: number,
  call: string,
  folio: Evictable,
  skip: Skip | undefined,
  living: (pfn: number) => Evictable | undefined,
): Deviation {
  const base = {
    kind: 'leak' as const,
    step,
    page: folio.pfn,
    field: call,
    expected: VALID_MIGRATE,
    found: '0x0',
    mask: VALID_MIGRATE,
  };
  if (!skip) return { ...base, story: 'the scan looked at the page and did not take the folio' };
  const by = living(skip.by);
  const role = folio.order > 0 ? 'head' : 'order0';
  const how = skip.ended ? 'ended there' : `went on at page ${skip.by + skip.size}`;
  const story = `the scan read ${skip.size} pages as the size of the folio of page ${skip.by}, which ${
    by ? `is part of the folio at page ${by.pfn}` : 'is free'
  }, and ${how}`;
  return { ...base, transition: `${by ? 'live' : 'free'}→${role}`, story };
}

function wrongEnd(step: number, call: string, folio: Evictable, migrated: boolean): Deviation {
  return {
    kind: migrated ? 'refcount' : 'leak',
    step,
    page: folio.pfn,
    field: `${call}: migration`,
    expected: folio.mapped ? 'migrated' : 'left alone',
    found: migrated ? 'migrated' : 'left alone',
    story: folio.mapped
      ? 'a mapped folio that was collected comes back to system memory'
      : 'a folio with a reference that is no mapping must not move',
  };
}
