import type { Deviation } from '../store/records.js';
import { differingPages, hex, PAGE_BYTES } from './chunk.js';
import { Fields, MOST } from './page-fields.js';
import type { Pages } from './page-fields.js';
import { pgmapOf, structPageOf } from './page-maps.js';
import type { ReadyHello } from './protocol.js';
import type { Mapped, UserFolio } from './user-memory.js';

/** The highest bit: set in every address of the kernel. */
const POINTER = 1n << 63n;

/**
 * The struct pages of mapped device folios between two steps, when nobody works on them: locks and writeback are over,
 * references equal page-table mappings, a piece of a split folio is a folio of its own with its pgmap
 * (mm/huge_memory.c:__split_folio_to_order leaves zero there for the driver's callback to fill), a large one is whole.
 * @param freshFlags flags of a page that nobody used yet, for zone and node
 * @param givenUp data that a process has said it does without may be among them
 */
export function checkFolios(
  step: number,
  folios: readonly UserFolio[],
  pages: Pages,
  freshFlags: bigint | undefined,
  givenUp: boolean,
): Deviation[] {
  const fields = new Fields(step, pages);
  const starts = new Map<string, bigint>();
  for (const folio of folios) {
    checkHead(fields, folio, pages.hello, { freshFlags, givenUp });
    if (folio.inserted === true) continue;
    const start = (fields.read(folio.pfn, 'page.index') ?? 0n) - BigInt(folio.page);
    const first = starts.get(folio.mapping) ?? start;
    starts.set(folio.mapping, first);
    const index = first + BigInt(folio.page);
    fields.expect(
      'stale-field',
      folio.pfn,
      'page.index',
      index,
      'its place in the mapping, for the rmap walk',
    );
    if (folio.order > 0) checkLarge(fields, folio, pages.hello);
    if (fields.full) break;
  }
  return fields.found;
}

function checkHead(
  fields: Fields,
  { pfn, order, mapped, inserted }: UserFolio,
  hello: ReadyHello,
  { freshFlags, givenUp }: { readonly freshFlags: bigint | undefined; readonly givenUp: boolean },
): void {
  const { flags, consts } = hello.layout;
  const bit = (name: string): bigint => (flags[name] === undefined ? 0n : 1n << BigInt(flags[name]));
  const head = bit('PG_head');
  const driver = 'folio_free and faults find the driver by it';
  fields.expect('wrong-head', pfn, 'page.pgmap', pgmapOf(hello, pfn), driver);
  const isHead = order > 0 ? head : 0n;
  fields.expect('wrong-head', pfn, 'page.flags', isHead, `PG_head of a folio of order ${order}`, head);
  const uptodate = bit('PG_uptodate');
  // Set before the entry that maps the page (mm/migrate_device.c:migrate_vma_insert_page), kept by migration and split.
  if (!inserted)
    fields.expect('stale-field', pfn, 'page.flags', uptodate, 'PG_uptodate: the data is there', uptodate);
  // Anonymous memory is (mm/rmap.c:folio_add_new_anon_rmap), and migration and split keep it; MADV_FREE of system memory ends it.
  const kept = givenUp || inserted ? 0n : bit('PG_swapbacked');
  fields.expect('stale-field', pfn, 'page.flags', kept, 'PG_swapbacked: reclaim may not drop the data', kept);
  const busy = bit('PG_locked') | bit('PG_writeback');
  fields.expect('stale-field', pfn, 'page.flags', 0n, 'PG_locked or PG_writeback of a folio at rest', busy);
  const shift = consts['zones_shift'];
  if (typeof shift === 'number' && freshFlags !== undefined) {
    const zone = (0xffffffffffffffffn << BigInt(shift)) & 0xffffffffffffffffn;
    fields.expect('stale-field', pfn, 'page.flags', freshFlags, 'zone and node of the page', zone);
  }
  const mappings = mappingsOf(mapped);
  fields.expect('refcount', pfn, 'page._refcount', mappings, 'one reference for each mapping');
  // Of a large folio the head's own count is that of its PTEs.
  if (order === 0) fields.expect('counter', pfn, 'page._mapcount', mappings - 1n, 'mappings, less one');
  if (inserted) {
    fields.expect('stale-field', pfn, 'page.mapping', 0n, 'a page of the driver belongs to no mapping');
    fields.expect('stale-field', pfn, 'page.memcg_data', 0n, 'nobody is charged for a page of the driver');
    return;
  }
  fields.expect(
    'stale-field',
    pfn,
    'page.mapping',
    POINTER | 1n,
    'anonymous memory: anon_vma | 1',
    POINTER | 3n,
  );
  fields.expect(
    'stale-field',
    pfn,
    'page.private',
    0n,
    'nobody uses it in a folio that is not in the swap cache',
  );
  if (consts['memcg_disabled'] === 1)
    fields.expect('stale-field', pfn, 'page.memcg_data', 0n, 'nobody is charged');
  else
    fields.expect('stale-field', pfn, 'page.memcg_data', POINTER, 'who is charged, no flags', POINTER | 7n);
}

function checkLarge(fields: Fields, { pfn, order, mapped }: UserFolio, hello: ReadyHello): void {
  const size = 2 ** order;
  const mappings = mappingsOf(mapped);
  const huge = BigInt([...mapped.values()].filter((one) => one.huge).length);
  fields.expect('stale-field', pfn, 'folio._nr_pages', BigInt(size), 'size of the folio');
  fields.expect('wrong-head', pfn, 'folio._flags_1', BigInt(order), 'order of the folio', 0xffn);
  fields.expect(
    'counter',
    pfn,
    'folio._large_mapcount',
    mappings - 1n,
    'mappings of any of its pages, less one',
  );
  const entire = BigInt.asUintN(32, huge - 1n);
  fields.expect('counter', pfn, 'folio._entire_mapcount', entire, 'mappings of the whole, less one');
  for (let page = pfn + 1; page < pfn + size && !fields.full; page += 1) {
    const link = tailLink(hello, pfn, order);
    fields.expect('wrong-head', page, 'page.compound_info', link, 'tail of the folio');
    fields.expect('refcount', page, 'page._refcount', 0n, 'a tail has no references of its own');
  }
}

/** Page-table entries that map a folio: in each process one PMD, or one PTE for each page. */
function mappingsOf(mapped: ReadonlyMap<string, Mapped>): bigint {
  return [...mapped.values()].reduce((sum, { pages, huge }) => sum + (huge ? 1n : BigInt(pages.size)), 0n);
}

/** What a tail holds in compound_info (include/linux/page-flags.h:compound_info_has_mask). */
function tailLink(hello: ReadyHello, pfn: number, order: number): bigint {
  if (!hello.layout.consts['compound_info_has_mask']) return structPageOf(hello, pfn) + 1n;
  return BigInt.asUintN(64, -1n << BigInt(order + 6)) | 1n;
}

/**
 * The struct pages of folios that a step has freed, by the same rules as those of a free that the model follows
 * (mm/memremap.c:free_zone_device_folio).
 * @param split first pages of folios that were split on the way: each of their pages was freed as a folio
 */
export function checkFreed(
  step: number,
  before: readonly { readonly pfn: number; readonly order: number }[],
  after: readonly UserFolio[],
  split: ReadonlySet<number>,
  pages: Pages,
): Deviation[] {
  const fields = new Fields(step, pages);
  const kept = pagesOf(after);
  for (const folio of before) {
    for (let pfn = folio.pfn; pfn < folio.pfn + 2 ** folio.order && !fields.full; pfn += 1) {
      if (kept.has(pfn)) continue;
      fields.expect('refcount', pfn, 'page._refcount', 0n, 'a free page has no references');
      if (pfn !== folio.pfn && !split.has(folio.pfn)) continue;
      const driver = 'the driver that gets the page back is found by it';
      fields.expect('wrong-head', pfn, 'page.pgmap', pgmapOf(pages.hello, pfn), driver);
      fields.expect('stale-field', pfn, 'page.mapping', 0n, 'a free page belongs to no mapping');
      fields.expect('stale-field', pfn, 'page.memcg_data', 0n, 'a free page is charged to nobody');
    }
  }
  return fields.found;
}

/** Pages that nobody uses after a race: which folios they were parts of in between, and which page headed them, nobody can tell. */
export function checkUnused(
  step: number,
  used: ReadonlySet<number>,
  left: readonly UserFolio[],
  pages: Pages,
): Deviation[] {
  const fields = new Fields(step, pages);
  const kept = pagesOf(left);
  for (const pfn of used)
    if (!kept.has(pfn)) fields.expect('refcount', pfn, 'page._refcount', 0n, 'a free page has no references');
  return fields.found;
}

/**
 * Pages that a step on user memory had no business with and that hold something else after it.
 * @param before the struct pages of the whole chunk before the step
 * @param involved pages of the folios that the step is about
 */
export function checkUntouched(
  step: number,
  before: Uint8Array,
  involved: ReadonlySet<number>,
  { bytes, hello }: Pages,
): Deviation[] {
  const found: Deviation[] = [];
  const waiters = hello.layout.flags['PG_waiters'];
  const flags = hello.layout.fields['page.flags']?.[0] ?? 0;
  for (const page of differingPages(before, bytes)) {
    if (found.length >= MOST) break;
    if (involved.has(page)) continue;
    const at = page * PAGE_BYTES;
    for (let byte = 0; byte < PAGE_BYTES; byte += 1) {
      const was = before[at + byte] ?? 0;
      const is = bytes[at + byte] ?? 0;
      // Any task that waited for the lock may clear it later.
      const ignored = waiters !== undefined && byte === flags + (waiters >> 3) ? 1 << (waiters & 7) : 0;
      if (((was ^ is) & ~ignored) === 0) continue;
      found.push({
        kind: 'stale-field',
        step,
        page,
        byte,
        field: fieldAt(hello, byte),
        expected: hex(was),
        found: hex(is),
        transition: 'neighbour',
        story: 'the page belongs to none of the folios that this step is about',
      });
      break;
    }
  }
  return found;
}

/** Every page of these folios. */
export function pagesOf(folios: readonly { readonly pfn: number; readonly order: number }[]): Set<number> {
  const all = new Set<number>();
  for (const { pfn, order } of folios) for (let page = pfn; page < pfn + 2 ** order; page += 1) all.add(page);
  return all;
}

function fieldAt(hello: ReadyHello, byte: number): string {
  const [name] =
    Object.entries(hello.layout.fields).find(
      ([field, [offset, size]]) => field.startsWith('page.') && byte >= offset && byte < offset + size,
    ) ?? [];
  return name?.slice('page.'.length) ?? `byte ${byte}`;
}
