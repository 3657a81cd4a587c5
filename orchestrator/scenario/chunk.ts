import { crc32 } from 'node:zlib';
import { CiError } from '../process/errors.js';
import type { ChangedPages, ReadyHello } from './protocol.js';

/** sizeof(struct page); the agent refuses kernels with another size. */
export const PAGE_BYTES = 64;

type Pages = Pick<ChangedPages, 'pfns' | 'words'>;

/** Number of pages that a message names. */
export function countPages({ pfns }: Pages): number {
  return pfns.reduce<number>((sum, entry) => sum + (typeof entry === 'number' ? 1 : entry[1]), 0);
}

/** Writes the pages of a message into the chunk's; answers what does not fit it. */
function put(bytes: Uint8Array, { pfns, words: text }: Pages): string | undefined {
  const words = Buffer.from(text, 'base64');
  if (words.length !== pfns.length * PAGE_BYTES)
    return `the agent named ${pfns.length} changed pages and sent ${words.length} bytes for them`;
  for (const [index, entry] of pfns.entries()) {
    const [first, n] = typeof entry === 'number' ? [entry, 1] : entry;
    const start = first * PAGE_BYTES;
    const end = (first + n) * PAGE_BYTES;
    if (!Number.isInteger(first) || !Number.isInteger(n) || start < 0 || n < 1 || end > bytes.length)
      return `page ${first}${n === 1 ? '' : ` and ${n - 1} more`} is not in the chunk`;
    const page = words.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
    for (let at = start; at < end; at += PAGE_BYTES) bytes.set(page, at);
  }
  return undefined;
}

/** The host's copy of all struct pages that are observed, kept up by what each reply says has changed. */
export class ChunkMirror {
  #bytes: Uint8Array;
  readonly #size: number;

  /** @param pages of the chunk */
  constructor(pages: number) {
    this.#size = pages * PAGE_BYTES;
    this.#bytes = new Uint8Array(this.#size);
  }

  /** Begins with these struct pages, which the next reply's checksum must bear out. */
  assume(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  /** All struct pages as of the last reply. Later replies do not write here: they make a new copy. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Takes over changed pages. Answers what is wrong where the copy then differs from the guest's memory by
   * checksum or the message does not fit the chunk: our error, never a verdict on the kernel.
   */
  apply(changed: ChangedPages): string | undefined {
    const known = this.#observed(changed.pages);
    const next = changed.pfns.length > 0 ? known.slice() : known;
    const wrong = put(next, changed);
    if (wrong !== undefined) return wrong;
    this.#bytes = next;
    const here = crc32(next);
    const there = Number(changed.crc);
    return here === there
      ? undefined
      : `crc32 of the struct pages is ${hex(here)} here and ${changed.crc} in the guest`;
  }

  /** Pages behind the chunk come, holding nothing that anybody knows, and go. */
  #observed(pages: number | undefined): Uint8Array {
    const size = pages === undefined ? this.#size : pages * PAGE_BYTES;
    if (size === this.#bytes.length) return this.#bytes;
    if (size < this.#bytes.length) return this.#bytes.slice(0, size);
    const more = new Uint8Array(size);
    more.set(this.#bytes);
    return more;
  }
}

/** Struct pages that are compared at once: a step changes few of the chunk's, and memcmp passes over the others. */
const BLOCK = 64 * PAGE_BYTES;

/** Numbers of the pages that differ between two states of the chunk, in order. */
export function* differingPages(one: Uint8Array, other: Uint8Array): Generator<number> {
  const same = (from: number, to: number): boolean =>
    Buffer.compare(one.subarray(from, to), other.subarray(from, to)) === 0;
  for (let block = 0; block < other.length; block += BLOCK) {
    if (same(block, block + BLOCK)) continue;
    const end = Math.min(block + BLOCK, other.length);
    for (let at = block; at < end; at += PAGE_BYTES) if (!same(at, at + PAGE_BYTES)) yield at / PAGE_BYTES;
  }
}

/** A copy in which some pages hold other words. Throws CiError('infra') where they do not fit. */
export function withPages(bytes: Uint8Array, pages: Pages): Uint8Array {
  const copy = bytes.slice();
  const wrong = put(copy, pages);
  if (wrong !== undefined) throw new CiError('infra', wrong);
  return copy;
}

/**
 * A field of `struct page` or `struct folio` of the folio headed at page `pfn`, by the layout of the kernel under
 * test; undefined where this kernel has no such field or it lies outside the chunk.
 */
export function readField(
  bytes: Uint8Array,
  hello: ReadyHello,
  pfn: number,
  name: string,
): bigint | undefined {
  const place = hello.layout.fields[name];
  if (!place) return undefined;
  const [offset, size] = place;
  const start = pfn * PAGE_BYTES + offset;
  if (start + size > bytes.length) return undefined;
  let value = 0n;
  for (let index = size - 1; index >= 0; index -= 1)
    value = (value << 8n) | BigInt(bytes[start + index] ?? 0);
  return value;
}

/** Hex with 0x, for people and for the agent. */
export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
