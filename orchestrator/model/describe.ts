import { PAGE_WORDS } from './layout.js';
import { hex, symbol } from './addresses.js';
import { diffPage, samePage, wordsOf } from './compare.js';
import type { FieldDiff } from './compare.js';
import type { Place } from './kernel.js';
import { placeholderInWords } from './mapping/tokens.js';
import type { RoleMap } from './roles.js';

/** A field that a step changed, under the reading of the page's role after the step; a flag is a field of one bit. */
export interface FieldChange {
  readonly name: string;
  /** First byte in the 64-byte struct page. */
  readonly byte: number;
  /** Bit number in the flags word, for flags. */
  readonly bit?: number;
  /** As a reader wants it: counters as numbers, addresses by name, the rest as hex. */
  readonly value: string;
  readonly was: string;
}

/** Pages in a row that a step changed alike. */
export interface PageChange {
  readonly page: number;
  readonly pages: number;
  /** As RoleMap.describe() has it: `tail1`, `free head`, `dead tail`. */
  readonly role: string;
  readonly fields: readonly FieldChange[];
}

const NOTHING_IGNORED = new Uint32Array(PAGE_WORDS);

/** Counts that start at -1 or 0: a reader knows them as numbers. */
const COUNTS: ReadonlySet<string> = new Set([
  '_mapcount',
  '_refcount',
  '_large_mapcount',
  '_entire_mapcount',
  '_pincount',
  '_mm_id_mapcount[0]',
  '_mm_id_mapcount[1]',
  '_nr_pages',
]);

/** The value of a field in words. */
export function valueInWords(place: Place, field: string, width: 4 | 8, value: bigint): string {
  if (COUNTS.has(field)) return String(BigInt.asIntN(width * 8, value));
  if (value === 0n) return '0';
  if (width === 8 && value === place.layout.tailMapping) return 'TAIL_MAPPING';
  const named = width === 8 ? (symbol(place, value) ?? placeholderInWords(value)) : undefined;
  return named ?? hex(value);
}

function fieldsOf(place: Place, diffs: readonly FieldDiff[]): FieldChange[] {
  const out: FieldChange[] = [];
  for (const { field, byte, width, bit, want, have } of diffs) {
    if (bit === undefined) {
      const [was, value] = [want, have].map((one) => valueInWords(place, field, width, one)) as [
        string,
        string,
      ];
      out.push({ name: field, byte, value, was });
    } else if (field === 'order') {
      // The byte is one field, whichever of its bits differ.
      if (!out.some(({ name }) => name === 'order'))
        out.push({ name: 'order', byte, value: String(have & 0xffn), was: String(want & 0xffn) });
    } else {
      const [was, value] = [want, have].map((one) => String((one >> BigInt(bit)) & 1n)) as [string, string];
      out.push({ name: field, byte, bit, value, was });
    }
  }
  return out;
}

/** Equal for pages that changed alike; an index counts pages, so in a row of pages that are alike it counts up with them. */
function likeness({ role, fields }: Omit<PageChange, 'page' | 'pages'>, page: number): string {
  const relative = (value: string): string =>
    value.startsWith('0x') ? String(BigInt(value) - BigInt(page)) : value;
  const alike = fields.map((field) =>
    field.name === 'index' ? { ...field, value: relative(field.value), was: relative(field.was) } : field,
  );
  return JSON.stringify([role, alike]);
}

/** `0x10…0x1f` where the first and the last page of a row differ. */
function span(first: string, last: string): string {
  return first === last ? first : `${first}…${last}`;
}

function joined(first: PageChange, last: readonly FieldChange[]): PageChange {
  const fields = first.fields.map((field, i) => {
    const { value, was } = last[i] as FieldChange;
    return { ...field, value: span(field.value, value), was: span(field.was, was) };
  });
  return { ...first, fields };
}

/**
 * What differs between two states of the chunk, page by page, consecutive pages that changed alike joined.
 * @param roles after the step: they name the fields
 */
export function changesOf(
  place: Place,
  before: Uint8Array,
  after: Uint8Array,
  roles: RoleMap,
): readonly PageChange[] {
  const was = wordsOf(before);
  const is = wordsOf(after);
  const out: PageChange[] = [];
  let key = '';
  let last: readonly FieldChange[] = [];
  const close = (): void => {
    const open = out.at(-1);
    if (open) out[out.length - 1] = joined(open, last);
  };
  for (let page = 0; page < place.pages; page++) {
    const at = page * PAGE_WORDS;
    if (samePage(NOTHING_IGNORED, was, at, is, at)) continue;
    const diffs = diffPage(place.layout, roles.role(page), NOTHING_IGNORED, was, at, is, at);
    const change = { role: roles.describe(page), fields: fieldsOf(place, diffs) };
    const own = likeness(change, page);
    const open = out.at(-1);
    if (open && own === key && open.page + open.pages === page)
      out[out.length - 1] = { ...open, pages: open.pages + 1 };
    else {
      close();
      out.push({ page, pages: 1, ...change });
    }
    key = own;
    last = change.fields;
  }
  close();
  return out;
}
