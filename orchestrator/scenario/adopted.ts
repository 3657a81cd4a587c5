import type { Deviation } from '../store/records.js';
import { readField } from './chunk.js';
import { headOf } from './evict-scan.js';
import type { Pages } from './page-fields.js';
import type { Mapping } from './mappings.js';
import type { Callback, MapRun } from './protocol.js';
import type { CallbackCounts, Destination, UserFolio } from './user-memory.js';

/**
 * Steps whose outcome no rule foretells, since threads race or the kernel may choose: the device folios are taken as the page
 * tables and the struct pages show them. Whether they then are what a mapped folio has to be is checked as ever.
 */

interface Found {
  readonly mapping: string;
  readonly page: number;
  readonly pfn: number;
  readonly order: number;
  readonly inserted?: boolean;
  readonly mapped: Map<string, { readonly pages: Set<number>; readonly huge: boolean }>;
}

/** Device folios that mappings show, by what the struct pages say of their size. */
export function adoptFolios(
  looked: ReadonlyMap<Mapping, readonly MapRun[]>,
  { bytes, hello }: Pages,
): UserFolio[] {
  const found = new Map<string, Found>();
  for (const [{ name, process, inserted }, runs] of looked) {
    for (const { page, n, pfn } of runs) {
      for (let index = 0; pfn !== undefined && index < n; index += 1) {
        const head = headOf(bytes, hello, pfn + index);
        const first = page + index - (pfn + index - head);
        const key = `${name} ${head}`;
        const order = orderOf({ bytes, hello }, head);
        const one = found.get(key) ?? {
          mapping: name,
          page: first,
          pfn: head,
          order,
          ...(inserted && { inserted }),
          mapped: new Map(),
        };
        found.set(key, one);
        // A folio that PMDs map: as many of them as its count says, the others are PTEs.
        const entire = Number(
          BigInt.asIntN(32, readField(bytes, hello, head, 'folio._entire_mapcount') ?? -1n),
        );
        const mine = one.mapped.get(process) ?? {
          pages: new Set(),
          huge: order > 0 && entire >= one.mapped.size,
        };
        mine.pages.add(page + index);
        one.mapped.set(process, mine);
      }
    }
  }
  return [...found.values()];
}

function orderOf({ bytes, hello }: Pages, head: number): number {
  const bit = hello.layout.flags['PG_head'];
  const flags = readField(bytes, hello, head, 'page.flags') ?? 0n;
  if (bit === undefined || ((flags >> BigInt(bit)) & 1n) === 0n) return 0;
  return Number((readField(bytes, hello, head, 'folio._flags_1') ?? 0n) & 0xffn);
}

/**
 * What the driver must have been told where folios were split or freed one after the other.
 * @param sent destinations that were initialised
 * @param split first pages of folios that were split
 */
export function adoptedCallbacks(
  before: readonly UserFolio[],
  after: readonly UserFolio[],
  sent: readonly Destination[],
  split: ReadonlySet<number>,
): CallbackCounts {
  const counts: Record<string, number> = {};
  const add = (name: string, by: number): void => {
    if (by > 0) counts[name] = (counts[name] ?? 0) + by;
  };
  const lives = (pfn: number, order: number): boolean =>
    after.some((one) => one.pfn === pfn && one.order === order);
  for (const { pfn, order } of [...before, ...sent]) {
    if (lives(pfn, order)) continue;
    if (order === 0 || !split.has(pfn)) {
      add(`folio_free order ${order}`, 1);
      continue;
    }
    const pieces = after.filter((one) => one.pfn >= pfn && one.pfn < pfn + 2 ** order).length;
    add(`folio_split order ${order}`, 2 ** order);
    add('folio_free order 0', 2 ** order - pieces);
  }
  return counts;
}

/** Pages that the driver got back: those that were in use or came into use and are not any more, no more and no less. */
export function checkGivenBack(
  step: number,
  before: readonly UserFolio[],
  after: readonly UserFolio[],
  inited: number,
  callbacks: readonly Callback[],
): Deviation[] {
  const pages = (of: readonly { readonly order: number }[]): number =>
    of.reduce((sum, { order }) => sum + 2 ** order, 0);
  const expected = pages(before) + inited - pages(after);
  const found = pages(callbacks.filter(({ fn }) => fn === 'folio_free'));
  if (expected === found) return [];
  return [
    {
      kind: found < expected ? 'leak' : 'counter',
      step,
      field: 'pages given back by folio_free',
      expected: String(expected),
      found: String(found),
      story: 'the driver gets every page back that nobody uses any more, once',
    },
  ];
}

/** How a moved mapping's folios are called after the move. */
export function moved(folios: readonly UserFolio[], from: string, to: string): UserFolio[] {
  return folios.map((folio) => (folio.mapping === from ? { ...folio, mapping: to } : folio));
}
