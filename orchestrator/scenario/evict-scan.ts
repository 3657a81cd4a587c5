import { readField } from './chunk.js';
import { pageAt, structPageOf } from './page-maps.js';
import type { ReadyHello } from './protocol.js';

/** Why the scan did not look at an entry of its list. */
export interface Skip {
  /** The page whose size made it go on beyond the entry. */
  readonly by: number;
  /** What was read as the size of that page's folio, in pages. */
  readonly size: number;
  /** The size was more than what was left of the list: the scan ended there. */
  readonly ended: boolean;
}

/**
 * Which entries of a list the scan of migrate_device_range() and migrate_device_pfns() passes over, by what the struct
 * pages hold: it goes on by folio_nr_pages(page_folio(page)) also where that page is free (mm/migrate_device.c:
 * 1414-1489), and free pages keep what their last folio left.
 * @returns for each entry the reason, or undefined where it is looked at
 */
export function skippedEntries(
  bytes: Uint8Array,
  hello: ReadyHello,
  pfns: readonly number[],
): (Skip | undefined)[] {
  const skips: (Skip | undefined)[] = pfns.map(() => undefined);
  for (let index = 0; index < pfns.length;) {
    const by = pfns[index] ?? 0;
    const size = folioSize(bytes, hello, headOf(bytes, hello, by));
    const ended = size > pfns.length - index;
    // An entry that ends the scan is given up itself too.
    const from = ended ? index : index + 1;
    const end = ended ? pfns.length : index + size;
    for (let at = from; at < end; at += 1) skips[at] = { by, size, ended };
    index = end;
  }
  return skips;
}

/** page_folio(): the page that compound_info names, by mask or address. */
export function headOf(bytes: Uint8Array, hello: ReadyHello, pfn: number): number {
  const link = readField(bytes, hello, pfn, 'page.compound_info') ?? 0n;
  if ((link & 1n) === 0n) return pfn;
  const address = structPageOf(hello, pfn);
  return pageAt(hello, hello.layout.consts['compound_info_has_mask'] ? address & link : link - 1n);
}

/** folio_nr_pages(): one without PG_head, else what is read in the next page. */
function folioSize(bytes: Uint8Array, hello: ReadyHello, head: number): number {
  const bit = hello.layout.flags['PG_head'];
  const flags = readField(bytes, hello, head, 'page.flags') ?? 0n;
  if (bit === undefined || ((flags >> BigInt(bit)) & 1n) === 0n) return 1;
  const stored = readField(bytes, hello, head, 'folio._nr_pages');
  const order = (readField(bytes, hello, head, 'folio._flags_1') ?? 0n) & 0xffn;
  // Zero is read of a first tail that has become an order-0 folio: the scan goes on by one.
  return Math.max(1, Number(stored ?? 1n << order));
}
