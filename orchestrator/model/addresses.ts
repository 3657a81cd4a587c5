import type { Place } from './kernel.js';

/** `0x…`, for words of struct pages. */
export const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** A run-time address of the chunk in words that are equal in every run; undefined for anything else. */
export function symbol(place: Place, value: bigint): string | undefined {
  if (value === place.pgmap) return 'pgmap';
  if (value === place.second?.pgmap) return 'pgmap of the second device';
  const offset = value - place.memmap;
  if (offset < 0n || offset >= BigInt(place.pages) * 64n) return undefined;
  return `&page[${offset / 64n}]+${hex(offset % 64n)}`;
}
