import type { Layout } from '../layout.js';
import type { Poke } from './universe.js';

/** Pages that are poked: head, first, second and third tail of a folio at the start of the chunk. */
const PAGES = [0, 1, 2, 3];

/** A kernel pointer, as the memcg_data of a charged page holds one. */
const POINTER = 0xffff888000001000n;

/**
 * Values that mapped, charged or migrated folios leave and that sequences of init and free never do: a charge, flags above
 * the low byte, `private`, a mapcount that did not come back to -1.
 */
export function standardPokes(layout: Layout): Poke[] {
  const { at, flags } = layout;
  const set = ['PG_active', 'PG_reclaim', 'PG_unevictable', 'PG_reserved'];
  const fromBit8 = set.map((name) => 1 << ((flags[name] as number) - 8)).reduce((a, b) => a | b);
  return PAGES.flatMap((pfn) => [
    ...(at.memcgData === undefined
      ? []
      : [{ what: 'memcg_data = a pointer', pfn, byte: at.memcgData, size: 8, value: POINTER }]),
    // The low byte is left: a poke writes bytes, and the page's own low flags are not to change.
    {
      what: 'PG_active, PG_reclaim, PG_unevictable and no other flag of bits 8 to 23 but PG_reserved',
      pfn,
      byte: at.flags + 1,
      size: 2,
      value: BigInt(fromBit8),
    },
    { what: 'private = 1', pfn, byte: at.private, size: 8, value: 1n },
    { what: '_mapcount = 0', pfn, byte: at.mapcount, size: 4, value: 0n },
  ]);
}
