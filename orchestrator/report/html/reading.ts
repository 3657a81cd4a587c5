import { valueInWords } from '../../model/describe.js';
import { bitName, spansOf } from '../../model/fields.js';
import type { Span } from '../../model/fields.js';
import type { Place } from '../../model/kernel.js';
import type { Role } from '../../model/roles.js';

/** A field of a page with its value, under the reading of one role. */
export interface ReadField {
  readonly name: string;
  readonly byte: number;
  readonly width: 4 | 8;
  /** As a reader wants it: `order 9, PG_large_rmappable`, `pgmap`, `0x200`. */
  readonly value: string;
  readonly raw: bigint;
}

/** Every field of a page as a page of that role has them, by byte. */
export function readPage(place: Place, role: Role, words: Uint32Array): readonly ReadField[] {
  return ownSpans(place, role).map(({ name, byte, width }) => {
    const low = BigInt(words[byte >> 2] ?? 0);
    const raw = width === 8 ? (BigInt(words[(byte >> 2) + 1] ?? 0) << 32n) | low : low;
    const value = name === 'flags' ? flagsInWords(place, role, raw) : valueInWords(place, name, width, raw);
    return { name, byte, width, value, raw };
  });
}

/** The fields that a page of a role has, each once. */
export function ownSpans({ layout }: Place, role: Role): readonly Span[] {
  return spansOf(layout, role).filter(({ byte }, word) => byte === word * 4);
}

/** Names of the set bits; the zone and node, which every page of the chunk has, are one name. */
function flagsInWords({ layout }: Place, role: Role, raw: bigint): string {
  const names: string[] = [];
  if (role === 'tail1' && (raw & 0xffn) !== 0n) names.push(`order ${raw & 0xffn}`);
  for (let bit = role === 'tail1' ? 8 : 0; bit < 64; bit++) {
    if (((raw >> BigInt(bit)) & 1n) === 0n) continue;
    const name = bitName(layout, role, bit);
    if (!names.includes(name)) names.push(name);
  }
  return names.length === 0 ? '0' : names.join(', ');
}
