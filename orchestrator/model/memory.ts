import { PAGE_BYTES, PAGE_WORDS } from './layout.js';

/** A (step, writer) pair packed in 32 bits: step × 256 + writer. 0: as T0 left it, before the first step. */
export type Stamp = number;
export const WRITERS_MAX = 256;

/**
 * The struct pages of a chunk as bytes, in the layout of the guest, little-endian as x86-64 (and the host) are.
 * With provenance every byte also carries the stamp of its last writer, and so does every bit of the flags word,
 * where one byte has many owners: 9 × the memory.
 */
export class Memory {
  readonly pages: number;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly view: DataView;
  readonly stamps: Uint32Array | undefined;
  /** Stamps of the 64 bits of each page's flags word. */
  readonly bitStamps: Uint32Array;
  /** Pages written since somebody last set these: [touchedFrom, touchedTo), empty where from ≥ to. */
  touchedFrom = 0;
  touchedTo = 0;
  readonly #flags: number;

  /** @param flags byte offset of the flags word in a page */
  constructor(pages: number, flags: number, provenance: boolean) {
    this.#flags = flags;
    this.pages = pages;
    this.bytes = new Uint8Array(pages * PAGE_BYTES);
    this.words = new Uint32Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
    this.stamps = provenance ? new Uint32Array(this.bytes.length) : undefined;
    this.bitStamps = new Uint32Array(provenance ? this.bytes.length : 0);
  }

  #touch(from: number, to: number): void {
    if (from < this.touchedFrom) this.touchedFrom = from;
    if (to > this.touchedTo) this.touchedTo = to;
  }

  /** All words at once; who wrote them is not recorded. */
  replace(words: Uint32Array): void {
    this.words.set(words);
    this.#touch(0, this.pages);
  }

  get32(page: number, offset: number): number {
    return this.words[page * PAGE_WORDS + (offset >> 2)] as number;
  }

  /** The upper half of a 64-bit word. */
  getHigh32(page: number, offset: number): number {
    return this.words[page * PAGE_WORDS + (offset >> 2) + 1] as number;
  }

  get64(page: number, offset: number): bigint {
    return this.view.getBigUint64(page * PAGE_BYTES + offset, true);
  }

  /** Writes `value` at `offset` of `count` pages from `page` on. */
  fill32(page: number, count: number, offset: number, value: number, stamp: Stamp): void {
    const { words } = this;
    const end = (page + count) * PAGE_WORDS;
    this.#touch(page, page + count);
    for (let i = page * PAGE_WORDS + (offset >> 2); i < end; i += PAGE_WORDS) words[i] = value;
    if (this.stamps) this.stamp(page, count, offset, 4, stamp);
  }

  /** As fill32 with a 64-bit value given as two halves. */
  fill64(page: number, count: number, offset: number, lo: number, hi: number, stamp: Stamp): void {
    const { words } = this;
    const end = (page + count) * PAGE_WORDS;
    this.#touch(page, page + count);
    for (let i = page * PAGE_WORDS + (offset >> 2); i < end; i += PAGE_WORDS) {
      words[i] = lo;
      words[i + 1] = hi;
    }
    if (this.stamps) this.stamp(page, count, offset, 8, stamp);
  }

  /** Writes one byte at `offset` of `count` pages: all that a masked store to a wider word changes. */
  fill8(page: number, count: number, offset: number, value: number, stamp: Stamp): void {
    const { bytes } = this;
    const end = (page + count) * PAGE_BYTES;
    this.#touch(page, page + count);
    for (let i = page * PAGE_BYTES + offset; i < end; i += PAGE_BYTES) bytes[i] = value;
    if (this.stamps) this.stamp(page, count, offset, 1, stamp);
  }

  /** A bit of the flags word. */
  testBit(page: number, bit: number): boolean {
    return (((this.bytes[page * PAGE_BYTES + this.#flags + (bit >> 3)] as number) >> (bit & 7)) & 1) === 1;
  }

  /** set_bit(), clear_bit() in the flags word of a page. */
  putBit(page: number, bit: number, on: boolean, stamp: Stamp): void {
    const i = page * PAGE_BYTES + this.#flags + (bit >> 3);
    const mask = 1 << (bit & 7);
    this.#touch(page, page + 1);
    this.bytes[i] = on ? (this.bytes[i] as number) | mask : (this.bytes[i] as number) & ~mask;
    if (!this.stamps) return;
    this.stamps[i] = stamp;
    this.bitStamps[page * 64 + bit] = stamp;
  }

  /** `flags.f &= ~mask`; only the bits of the mask count as written. */
  clearBits(page: number, lo: number, hi: number, stamp: Stamp): void {
    const first = page * PAGE_WORDS + (this.#flags >> 2);
    this.#touch(page, page + 1);
    this.words[first] = (this.words[first] as number) & ~lo;
    this.words[first + 1] = (this.words[first + 1] as number) & ~hi;
    if (!this.stamps) return;
    for (let bit = 0; bit < 64; bit++) {
      if ((((bit < 32 ? lo : hi) >>> (bit & 31)) & 1) === 0) continue;
      this.stamps[page * PAGE_BYTES + this.#flags + (bit >> 3)] = stamp;
      this.bitStamps[page * 64 + bit] = stamp;
    }
  }

  /** A write from outside the model: only bytes (and flag bits) that change count as written. */
  poke(page: number, byte: number, value: number, stamp: Stamp): void {
    const i = page * PAGE_BYTES + byte;
    const changed = (this.bytes[i] as number) ^ value;
    if (changed === 0) return;
    this.bytes[i] = value;
    this.#touch(page, page + 1);
    if (!this.stamps) return;
    this.stamps[i] = stamp;
    const first = (byte - this.#flags) * 8;
    if (first < 0 || first >= 64) return;
    for (let bit = 0; bit < 8; bit++)
      if ((changed >> bit) & 1) this.bitStamps[page * 64 + first + bit] = stamp;
  }

  /** Records the writer of `size` bytes at `offset` of `count` pages; nothing without provenance. */
  stamp(page: number, count: number, offset: number, size: number, stamp: Stamp): void {
    const { stamps, bitStamps } = this;
    if (!stamps) return;
    if (size === PAGE_BYTES) {
      stamps.fill(stamp, page * PAGE_BYTES, (page + count) * PAGE_BYTES);
      bitStamps.fill(stamp, page * 64, (page + count) * 64);
      return;
    }
    const firstBit = Math.max(0, (offset - this.#flags) * 8);
    const endBit = Math.min(64, (offset + size - this.#flags) * 8);
    for (let p = page; p < page + count; p++) {
      const start = p * PAGE_BYTES + offset;
      for (let i = start; i < start + size; i++) stamps[i] = stamp;
      for (let bit = firstBit; bit < endBit; bit++) bitStamps[p * 64 + bit] = stamp;
    }
  }

  /** Last writer of a byte, or of one bit (0..7) of it where it is a byte of the flags word. */
  lastStamp(page: number, byte: number, bit?: number): Stamp | undefined {
    const first = (byte - this.#flags) * 8;
    return bit !== undefined && first >= 0 && first < 64
      ? this.bitStamps[page * 64 + first + bit]
      : this.stamps?.[page * PAGE_BYTES + byte];
  }
}
