import { PAGE_BYTES } from './layout.js';
import type { Layout } from './layout.js';
import { Memory, WRITERS_MAX } from './memory.js';
import type { Stamp } from './memory.js';
import { Stats } from './stats.js';
import { BUGS, Trap } from './traps.js';
import type { Splat } from './traps.js';
import { writerNumber } from './writers.js';
import type { WriterName } from './writers.js';
import type { Callback } from './operation.js';

/** Where the chunk lies in the guest: what makes the model's bytes exactly comparable with the guest's. */
export interface Place {
  readonly layout: Layout;
  /** Struct pages in the chunk. */
  readonly pages: number;
  /** Address of the struct page of the chunk's first page. */
  readonly memmap: bigint;
  /** Address of the dev_pagemap; of that of the first device, where there are two. */
  readonly pgmap: bigint;
  /** A second device: its first page, from which on all pages are its own, and its dev_pagemap. */
  readonly second?: { readonly first: number; readonly pgmap: bigint };
  /** Flags word of a fresh page (zone, node, cpupid, PG_reserved); absent: from the layout's zone_device. */
  readonly freshFlags?: bigint;
}

const LOW = 0xffffffffn;
const TWO32 = 2 ** 32;

export const low32 = (value: bigint): number => Number(value & LOW);
export const high32 = (value: bigint): number => Number((value >> 32n) & LOW);

/** Address of a dev_pagemap as halves, and the first page of the chunk that is its. */
export interface Pgmap {
  readonly first: number;
  readonly lo: number;
  readonly hi: number;
}

function pgmapsOf({ pgmap, second }: Place): readonly Pgmap[] {
  const one = (first: number, address: bigint): Pgmap => ({
    first,
    lo: low32(address),
    hi: high32(address),
  });
  return [one(0, pgmap), ...(second ? [one(second.first, second.pgmap)] : [])];
}

/**
 * The part of core-mm that reads and writes struct pages: memory, and the inline functions of page-flags.h and
 * mm.h over it, checks included. Nothing here knows what a page was meant to be.
 */
export class Kernel {
  readonly layout: Layout;
  readonly mem: Memory;
  /** Addresses of the page maps, and from which page on each is the one. */
  readonly pgmaps: readonly Pgmap[];
  /** Flags word of a page that memremap_pages() has made, whole and as halves. */
  readonly freshFlags: bigint;
  readonly fresh: readonly [lo: number, hi: number];
  /** Bits of the flags word that hold the zone. */
  readonly zone: readonly [lo: number, hi: number];
  /** Percpu references on the pgmap, relative to the baseline. */
  refs = 0;
  /** Step that the next write is stamped with. */
  step = 0;
  callbacks: Callback[] = [];
  /** Counters that no struct page holds. */
  readonly stats = new Stats();
  warnings: Splat[] = [];
  readonly place: Place;

  readonly #memmap: readonly [lo: number, hi: number];

  constructor(place: Place, freshFlags: bigint, provenance: boolean) {
    this.place = place;
    this.layout = place.layout;
    this.mem = new Memory(place.pages, place.layout.at.flags, provenance);
    this.pgmaps = pgmapsOf(place);
    this.freshFlags = freshFlags;
    this.fresh = [low32(freshFlags), high32(freshFlags)];
    this.#memmap = [low32(place.memmap), high32(place.memmap)];
    const { zonesShift, zonesWidth } = place.layout;
    const zone = ((1n << BigInt(zonesWidth)) - 1n) << BigInt(zonesShift);
    this.zone = [low32(zone), high32(zone)];
  }

  by(writer: WriterName): Stamp {
    return this.mem.stamps ? this.step * WRITERS_MAX + writerNumber(writer) : 0;
  }

  enabled(config: string): boolean {
    return config === 'any' || this.layout.config[config] === true;
  }

  bugOn(condition: boolean, bug: Splat): void {
    if (condition && this.enabled(bug.config)) throw new Trap('crash', bug);
  }

  warnOn(condition: boolean, warning: Splat): void {
    if (condition && this.enabled(warning.config) && !this.warnings.includes(warning))
      this.warnings.push(warning);
  }

  /** Address of a byte of a struct page, as halves. */
  addressOf(page: number, offset = 0): [lo: number, hi: number] {
    const lo = this.#memmap[0] + page * PAGE_BYTES + offset;
    return [lo % TWO32, this.#memmap[1] + Math.floor(lo / TWO32)];
  }

  #pageAt(lo: number, hi: number, from: number): number {
    const page = ((hi - this.#memmap[1]) * TWO32 + lo - this.#memmap[0]) / PAGE_BYTES;
    if (Number.isInteger(page) && page >= 0 && page < this.mem.pages) return page;
    throw new Trap('crash', {
      why: `page_folio() of page ${from} is outside the chunk`,
      line: 'include/linux/page-flags.h:_compound_head',
      config: 'any',
    });
  }

  /** page_folio(): the head as compound_info has it, right or stale (page-flags.h:_compound_head). */
  pageFolio(page: number): number {
    const { info } = this.layout.at;
    const lo = this.mem.get32(page, info);
    if ((lo & 1) === 0) return page;
    const hi = this.mem.getHigh32(page, info);
    if (this.layout.tailEncoding === 'pointer') return this.#pageAt(lo - 1, hi, page);
    const [pageLo, pageHi] = this.addressOf(page);
    return this.#pageAt((pageLo & lo) >>> 0, (pageHi & hi) >>> 0, page);
  }

  isTail(page: number): boolean {
    return (this.mem.get32(page, this.layout.at.info) & 1) === 1;
  }

  flag(page: number, name: string): boolean {
    return this.mem.testBit(page, this.layout.flags[name] as number);
  }

  setFlag(page: number, name: string, on: boolean, writer: WriterName): void {
    this.mem.putBit(page, this.layout.flags[name] as number, on, this.by(writer));
  }

  /** const_folio_flags(folio, 0) and a test. */
  testFolioFlag(folio: number, name: string): boolean {
    this.bugOn(this.isTail(folio), BUGS.tailTested);
    return this.flag(folio, name);
  }

  /** folio_flags(folio, 0), the check before a change. */
  checkChange(folio: number): void {
    this.bugOn(this.isTail(folio), BUGS.tailChanged);
  }

  isZoneDevice(page: number): boolean {
    const { flags } = this.layout.at;
    const lo = this.mem.get32(page, flags) ^ this.fresh[0];
    const hi = this.mem.getHigh32(page, flags) ^ this.fresh[1];
    return (lo & this.zone[0]) === 0 && (hi & this.zone[1]) === 0;
  }

  /** The order byte of page 1; of a head in the last page of the chunk, nobody can say. */
  folioOrder(folio: number): number {
    if (!this.testFolioFlag(folio, 'PG_head')) return 0;
    return this.mem.get32(this.inChunk(folio + 1), this.layout.at.flags) & 0xff;
  }

  folioNrPages(folio: number): number {
    const { nrPages } = this.layout.at;
    if (!this.testFolioFlag(folio, 'PG_head')) return 1;
    if (nrPages === undefined)
      return 2 ** (this.mem.get32(this.inChunk(folio + 1), this.layout.at.flags) & 0xff);
    return this.mem.get32(this.inChunk(folio + 1), nrPages);
  }

  /** The head byte of page_type, which shares its place with _mapcount (page-flags.h:900). */
  pageType(page: number): number {
    return this.mem.get32(page, this.layout.at.mapcount) >>> 24;
  }

  /** The page map that the driver gives a folio headed at a page. */
  pgmapOf(page: number): Pgmap {
    const { pgmaps } = this;
    const last = pgmaps[pgmaps.length - 1] as Pgmap;
    return page >= last.first ? last : (pgmaps[0] as Pgmap);
  }

  /**
   * Follows the pgmap word of a folio. Only the chunk's own pgmaps can be followed: anything else that is read
   * there is no pgmap.
   * @param line where the kernel reads through it
   */
  checkPgmap(folio: number, line: string): void {
    const { info } = this.layout.at;
    const lo = this.mem.get32(folio, info);
    const hi = this.mem.getHigh32(folio, info);
    for (const pgmap of this.pgmaps) if (lo === pgmap.lo && hi === pgmap.hi) return;
    throw new Trap('crash', {
      why: `page ${folio} has 0x${((BigInt(hi) << 32n) | BigInt(lo)).toString(16)} where its pgmap should be`,
      line,
      config: 'any',
    });
  }

  /**
   * The page, where it is one of the chunk: behind the last there is no memory map.
   * @param offset in the struct page, of what is read or written
   * @param line where, for an oops
   */
  inChunk(page: number, offset = 0, line = 'mm'): number {
    if (page < this.mem.pages) return page;
    const [lo, hi] = this.addressOf(page, offset);
    const address = (BigInt(hi) << 32n) + BigInt(lo);
    throw new Trap('crash', {
      why: `reads or writes address 0x${address.toString(16)}, struct page ${page} past the end of the chunk`,
      line,
      config: 'any',
    });
  }
}
