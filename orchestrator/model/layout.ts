/**
 * Where the kernel under test keeps every field of `struct page` and of the tail pages of `struct folio`. The
 * numbers come from the guest module, which compiled them from that tree's own headers; a layout that the model
 * does not understand is an error that names the field, never a guess.
 */

/** Bytes of a `struct page`. The tail mask and the alignment rules of the kernel need a power of two; only 64 is known. */
export const PAGE_BYTES = 64;
/** 32-bit words of a `struct page`. */
export const PAGE_WORDS = PAGE_BYTES / 4;

/** The layout is not one that the model understands; `field` is the part at fault. */
export class LayoutError extends Error {
  readonly field: string;

  constructor(field: string, why: string) {
    super(`kernel layout: ${field}: ${why}`);
    this.name = 'LayoutError';
    this.field = field;
  }
}

/** Byte offsets inside the 64-byte page that holds the field: the page itself, or page 1 or 2 of a folio. */
export interface Offsets {
  readonly flags: number;
  /** compound_info of a tail, pgmap of a head or an order-0 page: one word. */
  readonly info: number;
  readonly zoneDeviceData: number;
  readonly mapping: number;
  /** index, and share of fsdax: one word. */
  readonly index: number;
  readonly private: number;
  readonly mapcount: number;
  readonly refcount: number;
  /** Absent without MEMCG. */
  readonly memcgData: number | undefined;
  readonly largeMapcount: number;
  readonly nrPagesMapped: number;
  readonly entireMapcount: number;
  readonly pincount: number;
  readonly mmIdMapcount: number;
  readonly mmIds: number;
  /** Absent where `NR_PAGES_IN_LARGE_FOLIO` is not defined. */
  readonly nrPages: number | undefined;
  /** In page 2. */
  readonly deferredList: number;
}

export interface Layout {
  readonly tailEncoding: 'mask' | 'pointer';
  readonly at: Offsets;
  /** Bit number of each page flag, keyed `PG_locked` and so on. */
  readonly flags: Readonly<Record<string, number>>;
  /** First bit of the zone number in the flags word, and its bits. */
  readonly zonesShift: number;
  readonly zonesWidth: number;
  /** Bits of the flags word that hold the node, and the last CPU and process; none without NUMA, NUMA_BALANCING. */
  readonly nodeMask: bigint;
  readonly cpupidMask: bigint;
  /** Number of ZONE_DEVICE, where the guest says it. */
  readonly zoneDevice: number | undefined;
  readonly tailMapping: bigint;
  /** PAGE_FLAGS_CHECK_AT_PREP, where the guest says it. */
  readonly checkAtPrep: bigint | undefined;
  readonly config: Readonly<Record<string, boolean>>;
  /** Whether memory is charged to control groups: MEMCG, and not switched off by cgroup_disable=memory at boot. */
  readonly charging: boolean;
  /** As sent, `page.flags` → [offset, size]; for steps that name a field. */
  readonly fields: Readonly<Record<string, readonly [number, number]>>;
}

type Json = Readonly<Record<string, unknown>>;

function section(json: Json, name: string): Json {
  const value = json[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LayoutError(name, 'missing');
  return value as Json;
}

function integer(table: Json, name: string, key: string): number {
  const value = table[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new LayoutError(
      `${name}.${key}`,
      value === undefined ? 'missing' : `not a number: ${JSON.stringify(value)}`,
    );
  return value;
}

/** A 64-bit constant, which JSON has as a string. */
function word(consts: Json, key: string): bigint {
  const value = consts[key];
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(value))
    throw new LayoutError(`consts.${key}`, 'not a 64-bit hex string');
  return BigInt(value);
}

/** The bits that `NAME_shift` and `NAME_width` give; none where the guest does not say a width. */
function bitRange(consts: Json, name: string): bigint {
  if (consts[`${name}_width`] === undefined) return 0n;
  const width = integer(consts, 'consts', `${name}_width`);
  const shift = integer(consts, 'consts', `${name}_shift`);
  // A field of no bits is given a place past the last one by some trees.
  if (width === 0) return 0n;
  if (shift + width > 64)
    throw new LayoutError(`consts.${name}_width`, `bits ${shift}..${shift + width - 1} are not in a word`);
  return ((1n << BigInt(width)) - 1n) << BigInt(shift);
}

/** Page fields with their sizes; the second name is what older trees call the field. */
const PAGE_FIELDS = [
  ['flags', 8],
  ['compound_info', 8, 'compound_head'],
  ['zone_device_data', 8],
  ['mapping', 8],
  ['index', 8],
  ['private', 8],
  ['_mapcount', 4],
  ['_refcount', 4],
] as const;

const TAIL1_FIELDS = [
  ['_large_mapcount', 4],
  ['_nr_pages_mapped', 4],
  ['_entire_mapcount', 4],
  ['_pincount', 4],
  ['_mm_id_mapcount', 8],
  ['_mm_ids', 8],
] as const;

/** struct list_head */
const DEFERRED_LIST_BYTES = 16;

/** Page flags the model sets, clears or tests; every other flag is only a name in a report. */
const NEEDED_FLAGS = [
  'PG_locked',
  'PG_head',
  'PG_waiters',
  'PG_workingset',
  'PG_reserved',
  'PG_anon_exclusive',
] as const;

/** Fields of struct page that a tail of struct folio has too, in the same place. */
const SHARED = {
  1: [
    ['_flags_1', 'flags'],
    ['_head_1', 'compound_info'],
    ['_mapcount_1', '_mapcount'],
    ['_refcount_1', '_refcount'],
  ],
  2: [
    ['_flags_2', 'flags'],
    ['_head_2', 'compound_info'],
  ],
} as const;

class Claims {
  readonly taken: { from: number; to: number; field: string }[] = [];

  /** Reserves the bytes of a field; two fields that were not told to share must not. */
  claim(field: string, from: number, size: number): void {
    const other = this.taken.find((t) => from < t.to && t.from < from + size);
    if (other) throw new LayoutError(field, `overlaps ${other.field}`);
    this.taken.push({ from, to: from + size, field });
  }
}

function parseFields(json: Json): Record<string, readonly [number, number]> {
  const out: Record<string, readonly [number, number]> = {};
  for (const [name, value] of Object.entries(json)) {
    const [offset, size] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
    if (!Number.isInteger(offset) || !Number.isInteger(size))
      throw new LayoutError(name, 'not [offset, size]');
    out[name] = [offset as number, size as number];
  }
  return out;
}

function parseOffsets(
  fields: Readonly<Record<string, readonly [number, number]>>,
  folioBytes: number,
): Offsets {
  const found = new Map<string, { readonly offset: number; readonly bytes: number }>();
  const at = (name: string): number => found.get(name)?.offset as number;
  const size = (name: string): number => found.get(name)?.bytes as number;
  /** Offset of a field in its page; `page` is 0 for struct page, 1 and 2 for the tails of struct folio. */
  const locate = (name: string, bytes: number, page: number): number | undefined => {
    const field = fields[name];
    if (!field) return undefined;
    const offset = field[0] - page * PAGE_BYTES;
    if (field[1] !== bytes) throw new LayoutError(name, `is ${field[1]} bytes, not ${bytes}`);
    if (offset < 0 || offset + bytes > PAGE_BYTES || field[0] + bytes > folioBytes)
      throw new LayoutError(name, `at ${field[0]} is outside page ${page} of the folio`);
    if (offset % Math.min(bytes, 8) !== 0) throw new LayoutError(name, `at ${field[0]} is not aligned`);
    return offset;
  };
  const need = (name: string, bytes: number, page: number): number => {
    const offset = locate(name, bytes, page);
    if (offset === undefined) throw new LayoutError(name, 'missing');
    return offset;
  };
  /** Like need(), but for a field that some configs do not have; its place is taken where there is one. */
  const optional = (claims: Claims, name: string, bytes: number, page: number): number | undefined => {
    const offset = locate(name, bytes, page);
    if (offset !== undefined) claims.claim(name, offset, bytes);
    return offset;
  };
  /** A second name of a field of struct page, where the guest has it, is at the same place. */
  const same = (name: string, page: number, own: string): void => {
    const offset = locate(name, size(own), page);
    if (offset !== undefined && offset !== at(own)) throw new LayoutError(name, `does not alias page.${own}`);
  };
  const tail = (page: 1 | 2): Claims => {
    const claims = new Claims();
    for (const [name, own] of SHARED[page]) {
      same(`folio.${name}`, page, own);
      claims.claim(`folio.${name}`, at(own), size(own));
    }
    return claims;
  };

  const page = new Claims();
  for (const [name, bytes, older] of PAGE_FIELDS) {
    const offset = (older && locate(`page.${older}`, bytes, 0)) ?? need(`page.${name}`, bytes, 0);
    page.claim(`page.${name}`, offset, bytes);
    found.set(name, { offset, bytes });
  }
  same('page.pgmap', 0, 'compound_info');
  same('page.share', 0, 'index');
  const memcgData = optional(page, 'page.memcg_data', 8, 0);

  const tail1 = tail(1);
  for (const [name, bytes] of TAIL1_FIELDS) {
    const offset = need(`folio.${name}`, bytes, 1);
    tail1.claim(`folio.${name}`, offset, bytes);
    found.set(name, { offset, bytes });
  }
  const nrPages = optional(tail1, 'folio._nr_pages', 4, 1);

  const deferredList = need('folio._deferred_list', DEFERRED_LIST_BYTES, 2);
  tail(2).claim('folio._deferred_list', deferredList, DEFERRED_LIST_BYTES);

  return {
    flags: at('flags'),
    info: at('compound_info'),
    zoneDeviceData: at('zone_device_data'),
    mapping: at('mapping'),
    index: at('index'),
    private: at('private'),
    mapcount: at('_mapcount'),
    refcount: at('_refcount'),
    memcgData,
    largeMapcount: at('_large_mapcount'),
    nrPagesMapped: at('_nr_pages_mapped'),
    entireMapcount: at('_entire_mapcount'),
    pincount: at('_pincount'),
    mmIdMapcount: at('_mm_id_mapcount'),
    mmIds: at('_mm_ids'),
    nrPages,
    deferredList,
  };
}

/**
 * Reads the `layout` object of the agent's hello message.
 * @throws LayoutError naming the field that is missing, misplaced or not understood.
 */
export function parseLayout(json: unknown): Layout {
  if (typeof json !== 'object' || json === null) throw new LayoutError('layout', 'not an object');
  const layout = json as Json;
  const sizes = section(layout, 'sizeof');
  const pageBytes = integer(sizes, 'sizeof', 'page');
  if (pageBytes !== PAGE_BYTES) throw new LayoutError('sizeof.page', `is ${pageBytes}, not ${PAGE_BYTES}`);

  const fields = parseFields(section(layout, 'fields'));
  const at = parseOffsets(fields, integer(sizes, 'sizeof', 'folio'));

  const flags: Record<string, number> = {};
  const flagTable = section(layout, 'flags');
  for (const name of Object.keys(flagTable))
    if (name.startsWith('PG_')) flags[name] = integer(flagTable, 'flags', name);
  flags['PG_anon_exclusive'] ??= flags['PG_owner_2'] ?? Number.NaN;
  for (const name of NEEDED_FLAGS)
    if (!Number.isInteger(flags[name])) throw new LayoutError(`flags.${name}`, 'missing');
  if ((flags['PG_head'] as number) > 7 || (flags['PG_locked'] as number) > 7)
    throw new LayoutError('flags.PG_head', 'PG_head and PG_locked must lie in the byte that holds the order');

  const consts = section(layout, 'consts');
  const hasMask = consts['compound_info_has_mask'];
  if (hasMask !== 0 && hasMask !== 1 && typeof hasMask !== 'boolean')
    throw new LayoutError('consts.compound_info_has_mask', `unknown tail encoding: ${String(hasMask)}`);
  const zonesShift = integer(consts, 'consts', 'zones_shift');
  const tailMapping = word(consts, 'TAIL_MAPPING');
  const checkAtPrep =
    consts['page_flags_check_at_prep'] === undefined ? undefined : word(consts, 'page_flags_check_at_prep');

  const config: Record<string, boolean> = {};
  const options = section(layout, 'config');
  for (const [name, value] of Object.entries(options)) {
    const option = name.replace(/^CONFIG_/, '');
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new LayoutError(`config.${option}`, 'neither a number nor a boolean');
    config[option] = Boolean(value);
  }
  if (config['DEBUG_VM'] === undefined) throw new LayoutError('config.DEBUG_VM', 'missing');
  if (config['DEBUG_VM'] && config['DEBUG_VM_PGFLAGS'] === undefined)
    throw new LayoutError('config.DEBUG_VM_PGFLAGS', 'missing');
  if ((config['MEMCG'] ?? at.memcgData !== undefined) !== (at.memcgData !== undefined))
    throw new LayoutError('page.memcg_data', 'does not agree with config.MEMCG');

  return {
    tailEncoding: Number(hasMask) === 1 ? 'mask' : 'pointer',
    at,
    flags,
    zonesShift,
    // Without a width, the bits above the zone (node, section) are taken with it: they never change either.
    zonesWidth:
      consts['zones_width'] === undefined ? 64 - zonesShift : integer(consts, 'consts', 'zones_width'),
    nodeMask: bitRange(consts, 'nodes'),
    cpupidMask: bitRange(consts, 'last_cpupid'),
    zoneDevice: consts['zone_device'] === undefined ? undefined : integer(consts, 'consts', 'zone_device'),
    tailMapping,
    checkAtPrep,
    config,
    charging: at.memcgData !== undefined && consts['memcg_disabled'] !== 1,
    fields,
  };
}
