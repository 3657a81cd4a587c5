/** What a step did to struct pages, in few words: for recordings of real kernels, and for the model to be compared with them. */

const PAGE_BYTES = 64;
const WORDS = 8;

/** Where the chunk lies; its addresses differ from boot to boot. */
export interface ChunkAddresses {
  readonly memmap: bigint;
  readonly pgmap: bigint;
}

function wordText(value: bigint, { memmap, pgmap }: ChunkAddresses, pages: number): string {
  if (value === pgmap) return 'P';
  const offset = value - memmap;
  return offset >= 0n && offset < BigInt(pages * PAGE_BYTES)
    ? `V+${offset.toString(16)}`
    : value.toString(16);
}

/** The eight 64-bit words of a page as hex; `P` for the pgmap, `V+90` for an address in the memory map of the chunk. */
export function pageWords(bytes: Uint8Array, page: number, addresses: ChunkAddresses): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + page * PAGE_BYTES, PAGE_BYTES);
  return Array.from({ length: WORDS }, (_, word) =>
    wordText(view.getBigUint64(word * 8, true), addresses, bytes.length / PAGE_BYTES),
  );
}

/** For each run of pages that changed alike, `"3-511": "W1=ffffffffffff8001 W3=dead000000000400"`. */
export function changedWords(
  before: Uint8Array,
  after: Uint8Array,
  addresses: ChunkAddresses,
): Record<string, string> {
  const runs: { first: number; last: number; text: string }[] = [];
  const old = new Uint32Array(before.buffer, before.byteOffset, before.length / 4);
  const now = new Uint32Array(after.buffer, after.byteOffset, after.length / 4);
  for (let i = 0; i < now.length; i += 1) {
    if (now[i] === old[i]) continue;
    const page = Math.floor((i * 4) / PAGE_BYTES);
    // On with the next page.
    i = ((page + 1) * PAGE_BYTES) / 4 - 1;
    const was = pageWords(before, page, addresses);
    const text = pageWords(after, page, addresses)
      .flatMap((word, i) => (word === was[i] ? [] : [`W${i}=${word}`]))
      .join(' ');
    const run = runs.at(-1);
    if (run?.last === page - 1 && run.text === text) run.last = page;
    else runs.push({ first: page, last: page, text });
  }
  return Object.fromEntries(
    runs.map(({ first, last, text }) => [first === last ? `${first}` : `${first}-${last}`, text]),
  );
}
