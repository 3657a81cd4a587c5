/** Struct pages in words that hold for any boot: for recordings of real kernels, and for the model to be compared with them. */

const PAGE_BYTES = 64;
const WORDS = 8;
/** Set by whoever waits for the lock, cleared some time after. */
const PG_WAITERS = 1n << 7n;
const [FLAGS, MAPPING, INDEX, PRIVATE, MEMCG] = [0, 3, 4, 5, 7];

/** Where the chunk lies; its addresses differ from boot to boot. */
export interface ChunkAddresses {
  readonly memmap: bigint;
  readonly pgmap: bigint;
}

/** Gives `take` the words of a page that are addresses or ids given out at run time, without the bits that are flags. */
function eachRuntimeValue(view: DataView, page: number, take: (value: string) => void): void {
  const at = page * PAGE_BYTES;
  for (const [word, flags] of [
    [MAPPING, 3],
    [MEMCG, 7],
  ] as const) {
    const high = view.getUint32(at + word * 8 + 4, true);
    if (high >>> 16 === 0xffff) take(addressName(high, view.getUint32(at + word * 8, true) & ~flags));
  }
  for (const half of [0, 4]) {
    const id = view.getUint32(at + PRIVATE * 8 + half, true) & 0x7fffffff;
    if (id !== 0) take(`id ${id}`);
  }
}

const addressName = (high: number, low: number): string => `${high.toString(16)}_${(low >>> 0).toString(16)}`;

/** Reads the pages of one sequence, step by step. */
export class PageReader {
  readonly #addresses: ChunkAddresses;
  /** Names of values in the order in which they appear; one that no page has any more loses its name. */
  #names = new Map<string, string>();
  #named = 0;
  #last: Uint8Array;
  #texts = new Map<number, readonly string[]>();

  constructor(addresses: ChunkAddresses, pristine: Uint8Array) {
    this.#addresses = addresses;
    this.#last = pristine.slice();
  }

  /**
   * What changed since the last call, for each run of pages that changed alike: `"3-511": "W1=ffffffffffff8001 W4=p+2000000"`.
   * `P` is the pgmap, `V+90` an address in the memory map, `#1` a value of run time, `p` the number of the page.
   */
  changes(bytes: Uint8Array): Record<string, string> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const now = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const before = new DataView(this.#last.buffer);
    const old = this.#names;
    this.#names = new Map();
    const name = (value: string): void => {
      if (!this.#names.has(value)) this.#names.set(value, old.get(value) ?? `#${(this.#named += 1)}`);
    };
    for (let page = 0; page * PAGE_BYTES < bytes.length; page += 1) eachRuntimeValue(view, page, name);
    const runs: { first: number; last: number; text: string }[] = [];
    for (let page = 0; page * PAGE_BYTES < bytes.length; page += 1) {
      const [from, to] = [page * PAGE_BYTES, (page + 1) * PAGE_BYTES];
      if (now.compare(this.#last, from, to, from, to) === 0) continue;
      const was = this.#texts.get(page) ?? this.#page(before, page);
      const is = this.#page(view, page);
      this.#texts.set(page, is);
      const text = is.flatMap((word, i) => (word === was[i] ? [] : [`W${i}=${word}`])).join(' ');
      if (text === '') continue;
      const run = runs.at(-1);
      if (run?.last === page - 1 && run.text === text) run.last = page;
      else runs.push({ first: page, last: page, text });
    }
    this.#last.set(bytes);
    return Object.fromEntries(
      runs.map(({ first, last, text }) => [first === last ? `${first}` : `${first}-${last}`, text]),
    );
  }

  #page(view: DataView, page: number): string[] {
    return Array.from({ length: WORDS }, (_, word) => {
      const value = view.getBigUint64(page * PAGE_BYTES + word * 8, true);
      if (word === FLAGS) return (value & ~PG_WAITERS).toString(16);
      if (word === PRIVATE) return this.#ids(value);
      if (word === INDEX && value !== 0n && value >> 48n === 0n)
        return `p+${(value - BigInt(page)).toString(16)}`;
      return (
        (word === MAPPING || word === MEMCG ? this.#named_(value, word) : undefined) ?? this.#plain(value)
      );
    });
  }

  #named_(value: bigint, word: number): string | undefined {
    const flags = word === MAPPING ? 3 : 7;
    const low = Number(value & 0xffffffffn);
    const name = this.#names.get(addressName(Number(value >> 32n), low & ~flags));
    return name && `${name}${(low & flags) === 0 ? '' : `|${low & flags}`}`;
  }

  /** Two ids with a flag each in bit 31. */
  #ids(value: bigint): string {
    if (value === 0n) return '0';
    return [value & 0xffffffffn, value >> 32n]
      .map(Number)
      .map((half) => {
        const id = half & 0x7fffffff;
        return `${id === 0 ? '0' : this.#names.get(`id ${id}`)}${half >= 0x80000000 ? 's' : ''}`;
      })
      .join(',');
  }

  #plain(value: bigint): string {
    const { memmap, pgmap } = this.#addresses;
    if (value === pgmap) return 'P';
    const offset = value - memmap;
    return offset >= 0n && offset < BigInt(this.#last.length)
      ? `V+${offset.toString(16)}`
      : value.toString(16);
  }
}
