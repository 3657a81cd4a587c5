import type { Kernel } from '../kernel.js';
import { PAGE_BYTES } from '../layout.js';

/**
 * Run-time values that nobody can predict: the model writes a placeholder, and takes the guest's value for it when it
 * first sees one. From then on the bytes are compared as they are, so that two pages which must name the same anon_vma
 * still must (see docs/model.md, "Addresses that only the guest knows").
 */
export type TokenKind = 'anon_vma' | 'objcg' | 'mm_id';

export interface Token {
  readonly kind: TokenKind;
  value: bigint;
}

/** Low bits that are flags and no part of the value: memcontrol.h:OBJEXTS_FLAGS_MASK, page-flags.h:FOLIO_MAPPING_FLAGS. */
const FLAG_BITS: Readonly<Record<TokenKind, bigint>> = { anon_vma: 3n, objcg: 7n, mm_id: 0n };
/** Addresses in a hole of the x86-64 address map; ids far above those the kernel gives out from 1 on, odd as any may be. */
const FIRST: Readonly<Record<TokenKind, bigint>> = {
  anon_vma: 0xffffee0100000000n,
  objcg: 0xffffee0200000000n,
  mm_id: 0x7f000001n,
};
const FIRST_MM_ID = Number(FIRST.mm_id);
/** Values as the kernel can have them. */
const POSSIBLE: Readonly<Record<TokenKind, (value: bigint) => boolean>> = {
  anon_vma: (value) => value >> 48n === 0xffffn,
  objcg: (value) => value >> 48n === 0xffffn,
  mm_id: (value) => value > 0n && value < FIRST.mm_id,
};

/** `anon_vma #3|1` for a word that holds a placeholder and its flag bits; undefined for any other. */
export function placeholderInWords(word: bigint): string | undefined {
  for (const kind of ['anon_vma', 'objcg'] as const) {
    const value = word & ~FLAG_BITS[kind];
    if (value >> 32n !== FIRST[kind] >> 32n) continue;
    const flags = word & FLAG_BITS[kind];
    return `${kind} #${(value - FIRST[kind]) / 0x40n}${flags === 0n ? '' : `|${flags}`}`;
  }
  return undefined;
}

export class Tokens {
  readonly #kernel: Kernel;
  readonly #byPlaceholder = new Map<bigint, Token>();
  readonly #all: Token[] = [];
  #made = 0n;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  make(kind: TokenKind): Token {
    const token: Token = { kind, value: FIRST[kind] + 0x40n * ++this.#made };
    this.#byPlaceholder.set(token.value, token);
    this.#all.push(token);
    return token;
  }

  /** The token that a word of a struct page names, whatever its flag bits. */
  find(kind: TokenKind, word: bigint): Token | undefined {
    const value = word & ~FLAG_BITS[kind];
    return this.#all.find((token) => token.kind === kind && token.value === value);
  }

  /**
   * Learns values from the guest's pages. A value that cannot be one of its kind is not taken: the difference then
   * shows in the comparison.
   */
  bind(guest: Uint8Array): void {
    const { mem, layout } = this.#kernel;
    const { mapping, memcgData } = layout.at;
    const view = new DataView(guest.buffer, guest.byteOffset, guest.byteLength);
    const addresses: [TokenKind, number][] = [['anon_vma', mapping]];
    if (memcgData !== undefined) addresses.push(['objcg', memcgData]);
    // Few words are placeholders: one half says so without a bigint for every page.
    this.#eachPage((page) => {
      for (const [kind, offset] of addresses)
        if (mem.getHigh32(page, offset) >>> 8 === 0xffffee)
          this.#learn(kind, mem.get64(page, offset), view.getBigUint64(page * PAGE_BYTES + offset, true));
      for (const offset of this.#idOffsets()) {
        const model = mem.get32(page, offset) & 0x7fffffff;
        const seen = view.getUint32(page * PAGE_BYTES + offset, true) & 0x7fffffff;
        if (model >= FIRST_MM_ID) this.#learn('mm_id', BigInt(model), BigInt(seen));
      }
    });
  }

  #eachPage(visit: (page: number) => void): void {
    for (let page = 0; page < this.#kernel.mem.pages; page++) visit(page);
  }

  /** Where the two ids of a large folio are in its second page. */
  #idOffsets(): readonly number[] {
    const { mmIds } = this.#kernel.layout.at;
    return [mmIds, mmIds + 4];
  }

  #learn(kind: TokenKind, model: bigint, seen: bigint): void {
    const flags = FLAG_BITS[kind];
    const token = this.#byPlaceholder.get(model & ~flags);
    if (token?.kind !== kind || ((model ^ seen) & flags) !== 0n || !POSSIBLE[kind](seen & ~flags)) return;
    const old = token.value;
    token.value = seen & ~flags;
    if (this.#kernel.stats.objcgs.delete(old)) this.#kernel.stats.objcgs.add(token.value);
    this.#replace(kind, old, token.value);
  }

  /** Puts the value in the place of the placeholder, wherever that has got to; the writers of the bytes stay the same. */
  #replace(kind: TokenKind, old: bigint, value: bigint): void {
    const { mem, layout } = this.#kernel;
    const { at } = layout;
    if (kind === 'mm_id') {
      this.#eachPage((page) => {
        for (const offset of this.#idOffsets()) {
          const word = mem.get32(page, offset);
          if ((word & 0x7fffffff) !== Number(old)) continue;
          mem.view.setUint32(page * PAGE_BYTES + offset, (word & 0x80000000) | Number(value), true);
        }
      });
      return;
    }
    const offset = kind === 'anon_vma' ? at.mapping : (at.memcgData as number);
    const flags = FLAG_BITS[kind];
    this.#eachPage((page) => {
      const word = mem.get64(page, offset);
      if ((word & ~flags) === old)
        mem.view.setBigUint64(page * PAGE_BYTES + offset, value | (word & flags), true);
    });
  }
}
