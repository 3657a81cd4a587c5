import { PAGE_WORDS } from './layout.js';
import type { Layout } from './layout.js';
import type { Role } from './roles.js';

/** A field as a page in some role has it: what the bytes mean there. */
export interface Span {
  readonly name: string;
  /** First byte in the 64-byte struct page, and bytes. */
  readonly byte: number;
  readonly width: 4 | 8;
}

/** Second names of bits; a report calls a bit by its first name, except in page 1 of a folio. */
const ALIASES = new Set([
  'PG_anon_exclusive',
  'PG_checked',
  'PG_fscache',
  'PG_has_hwpoisoned',
  'PG_large_rmappable',
  'PG_mappedtodisk',
  'PG_partially_mapped',
  'PG_readahead',
  'PG_swapcache',
]);

/** What page 1 of a folio keeps in bits of its flags word (page-flags.h:191-194), by the bit's first name. */
const TAIL1_BITS: Readonly<Record<string, string>> = {
  PG_active: 'PG_has_hwpoisoned',
  PG_workingset: 'PG_large_rmappable',
  PG_reclaim: 'PG_partially_mapped',
};

/** Name of a flag bit (0..63) in a page of that role; `order` for the low byte of page 1. */
export function bitName(layout: Layout, role: Role, bit: number): string {
  if (role === 'tail1' && bit < 8) return 'order';
  const first = Object.keys(layout.flags).find((name) => layout.flags[name] === bit && !ALIASES.has(name));
  if (first === undefined) {
    if ((layout.cpupidMask >> BigInt(bit)) & 1n) return 'flags (last_cpupid)';
    return bit >= layout.zonesShift ? 'flags (zone, node)' : `flags bit ${bit}`;
  }
  return (role === 'tail1' ? TAIL1_BITS[first] : undefined) ?? first;
}

function special(layout: Layout, role: Role): Span[] {
  const { at } = layout;
  const span = (name: string, byte: number, width: 4 | 8): Span => ({ name, byte, width });
  if (role === 'tail2')
    return [
      span('_deferred_list.next', at.deferredList, 8),
      span('_deferred_list.prev', at.deferredList + 8, 8),
    ];
  if (role !== 'tail1') return [];
  return [
    span('_large_mapcount', at.largeMapcount, 4),
    span('_nr_pages_mapped', at.nrPagesMapped, 4),
    span('_entire_mapcount', at.entireMapcount, 4),
    span('_pincount', at.pincount, 4),
    span('_mm_id_mapcount[0]', at.mmIdMapcount, 4),
    span('_mm_id_mapcount[1]', at.mmIdMapcount + 4, 4),
    span('_mm_ids', at.mmIds, 8),
    ...(at.nrPages === undefined ? [] : [span('_nr_pages', at.nrPages, 4)]),
  ];
}

function plain(layout: Layout, role: Role): Span[] {
  const { at } = layout;
  const tail = role === 'tail1' || role === 'tail2' || role === 'tail';
  return [
    { name: 'flags', byte: at.flags, width: 8 },
    { name: tail ? 'compound_info' : 'pgmap', byte: at.info, width: 8 },
    { name: 'zone_device_data', byte: at.zoneDeviceData, width: 8 },
    { name: 'mapping', byte: at.mapping, width: 8 },
    { name: 'index', byte: at.index, width: 8 },
    { name: 'private', byte: at.private, width: 8 },
    { name: '_mapcount', byte: at.mapcount, width: 4 },
    { name: '_refcount', byte: at.refcount, width: 4 },
    ...(at.memcgData === undefined ? [] : [{ name: 'memcg_data', byte: at.memcgData, width: 8 } as const]),
  ];
}

/** Numbers of the words that a field covers. */
function wordsIn({ byte, width }: Span): number[] {
  const first = byte >> 2;
  return width === 4 ? [first] : [first, first + 1];
}

function build(layout: Layout, role: Role): Span[] {
  const words = Array.from<Span | undefined>({ length: PAGE_WORDS });
  const own = special(layout, role);
  for (const span of own) for (const w of wordsIn(span)) words[w] = span;
  for (const span of plain(layout, role)) {
    const free = wordsIn(span).filter((w) => words[w] === undefined);
    for (const w of free) {
      const half = w * 4 === span.byte ? '[31:0]' : '[63:32]';
      words[w] =
        span.width === 4 || free.length === 2 ? span : { name: `${span.name}${half}`, byte: w * 4, width: 4 };
    }
  }
  return words.map((span, w) => span ?? { name: `bytes ${w * 4}..${w * 4 + 3}`, byte: w * 4, width: 4 });
}

const cache = new WeakMap<Layout, Map<Role, readonly Span[]>>();

/** The field each of the 16 words of a page belongs to, under the reading of its role. */
export function spansOf(layout: Layout, role: Role): readonly Span[] {
  let roles = cache.get(layout);
  if (!roles) cache.set(layout, (roles = new Map()));
  let spans = roles.get(role);
  if (!spans) roles.set(role, (spans = build(layout, role)));
  return spans;
}

/** Name of the field that holds `byte` (and `bit` of it, for flags) in a page of that role. */
export function fieldName(layout: Layout, role: Role, byte: number, bit = 0): string {
  const span = spansOf(layout, role)[byte >> 2] as Span;
  return span.name === 'flags' ? bitName(layout, role, (byte - span.byte) * 8 + bit) : span.name;
}
