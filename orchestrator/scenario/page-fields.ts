import type { Deviation } from '../store/records.js';
import { hex, PAGE_BYTES, readField } from './chunk.js';
import type { ReadyHello } from './protocol.js';

/** At most this many deviations of one sort in one step: they are one fault, and a report has to be read. */
export const MOST = 8;

/** What the struct pages of the chunk held at one time, by the layout of the kernel under test. */
export interface Pages {
  readonly bytes: Uint8Array;
  readonly hello: ReadyHello;
}

/** Collects fields that do not hold what they must, up to MOST. */
export class Fields {
  readonly found: Deviation[] = [];
  readonly #step: number;
  readonly #pages: Pages;

  constructor(step: number, pages: Pages) {
    this.#step = step;
    this.#pages = pages;
  }

  get full(): boolean {
    return this.found.length >= MOST;
  }

  /** `page.` fields of that page, `folio.` fields of the folio headed there; undefined where this kernel has none. */
  read(pfn: number, field: string): bigint | undefined {
    return readField(this.#pages.bytes, this.#pages.hello, pfn, field);
  }

  /** Demands the bits of `mask` in a field. */
  expect(
    kind: Deviation['kind'],
    pfn: number,
    field: string,
    expected: bigint,
    story: string,
    mask = 0xffffffffffffffffn,
  ): void {
    const value = this.read(pfn, field);
    if (this.full || value === undefined || (value & mask) === (expected & mask)) return;
    const offset = this.#pages.hello.layout.fields[field]?.[0] ?? 0;
    this.found.push({
      kind,
      step: this.#step,
      page: pfn + Math.floor(offset / PAGE_BYTES),
      byte: offset % PAGE_BYTES,
      field: field.replace(/^(?:page|folio)\./, ''),
      expected: hex((value & ~mask) | (expected & mask)),
      found: hex(value),
      // Addresses differ from run to run, their differences too.
      ...(ADDRESSES.has(field) ? {} : { mask: hex((expected ^ value) & mask) }),
      story,
    });
  }
}

const ADDRESSES = new Set(['page.pgmap', 'page.mapping', 'page.memcg_data', 'page.index', 'page.private']);
