import { PAGE_WORDS } from './layout.js';
import type { Layout } from './layout.js';
import { bitName, spansOf } from './fields.js';
import { ignoredBits } from './normalise.js';
import type { Role } from './roles.js';

/** A field of one page that two memories hold differently; flags come bit by bit. */
export interface FieldDiff {
  readonly byte: number;
  readonly width: 4 | 8;
  readonly field: string;
  /** Bit number in the flags word, for flags. */
  readonly bit?: number;
  /** Whole field in each memory. */
  readonly want: bigint;
  readonly have: bigint;
}

export interface PageDiff {
  readonly page: number;
  readonly fields: readonly FieldDiff[];
}

/** A Uint8Array of whole pages as 32-bit words; copies only where the bytes are not aligned. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length % (PAGE_WORDS * 4) !== 0)
    throw new RangeError(`${bytes.length} bytes are not whole struct pages`);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/**
 * The fields in which one page differs, under the reading of `role`.
 * @param wantAt index of the page's first word in `want`; `haveAt` in `have`
 */
export function diffPage(
  layout: Layout,
  role: Role,
  ignore: Uint32Array,
  want: Uint32Array,
  wantAt: number,
  have: Uint32Array,
  haveAt: number,
): FieldDiff[] {
  const out: FieldDiff[] = [];
  for (const [w, span] of spansOf(layout, role).entries()) {
    if (span.byte !== w * 4) continue;
    const words = span.width / 4;
    let different = 0n;
    let wanted = 0n;
    let had = 0n;
    for (let i = words - 1; i >= 0; i--) {
      const a = want[wantAt + w + i] as number;
      const b = have[haveAt + w + i] as number;
      different = (different << 32n) | BigInt(((a ^ b) & ~(ignore[w + i] as number)) >>> 0);
      wanted = (wanted << 32n) | BigInt(a);
      had = (had << 32n) | BigInt(b);
    }
    if (different === 0n) continue;
    const base = { byte: span.byte, width: span.width, want: wanted, have: had };
    if (span.name !== 'flags') out.push({ ...base, field: span.name });
    else
      for (let bit = 0, rest = different; rest !== 0n; bit++, rest >>= 1n)
        if (rest & 1n) out.push({ ...base, field: bitName(layout, role, bit), bit });
  }
  return out;
}

/** Whether any compared bit of a page differs; the quick test before diffPage. */
export function samePage(
  ignore: Uint32Array,
  want: Uint32Array,
  wantAt: number,
  have: Uint32Array,
  haveAt: number,
): boolean {
  for (let w = 0; w < PAGE_WORDS; w++)
    if (((want[wantAt + w] as number) ^ (have[haveAt + w] as number)) & ~(ignore[w] as number)) return false;
  return true;
}

/**
 * Prediction: the pages in which the guest differs from the model, in page order.
 * @param roleOf role under which a page's fields are named and normalised
 * @param limit stop after so many pages
 */
export function compareMemory(
  layout: Layout,
  model: Uint8Array,
  guest: Uint8Array,
  roleOf: (page: number) => Role,
  limit = Infinity,
): PageDiff[] {
  if (model.length !== guest.length)
    throw new RangeError(`${guest.length} bytes of guest, ${model.length} of model`);
  // As a rule nothing differs.
  if (Buffer.compare(model, guest) === 0) return [];
  const want = wordsOf(model);
  const have = wordsOf(guest);
  const out: PageDiff[] = [];
  const ignored = ignoredBits(layout, 'prediction');
  // Nearly all words agree: the role is asked for where one does not.
  for (let word = 0; word < want.length && out.length < limit; word++) {
    if (want[word] === have[word]) continue;
    const page = Math.floor(word / PAGE_WORDS);
    const at = page * PAGE_WORDS;
    const role = roleOf(page);
    const ignore = ignored[role];
    if (!samePage(ignore, want, at, have, at))
      out.push({ page, fields: diffPage(layout, role, ignore, want, at, have, at) });
    word = at + PAGE_WORDS - 1;
  }
  return out;
}
