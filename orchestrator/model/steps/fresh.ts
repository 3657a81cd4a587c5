import { high32, low32 } from '../kernel.js';
import type { Kernel, Place } from '../kernel.js';
import { PAGE_BYTES, PAGE_WORDS } from '../layout.js';
import type { InitStep } from './step.js';
import type { WriterName } from '../writers.js';

/** All 64 bytes as __init_zone_device_page() leaves them (mm/mm_init.c:978). */
function freshen(k: Kernel, page: number, count: number, by: WriterName): void {
  const { at } = k.layout;
  const stamp = k.by(by);
  k.mem.words.fill(0, page * PAGE_WORDS, (page + count) * PAGE_WORDS);
  k.mem.stamp(page, count, 0, PAGE_BYTES, stamp);
  k.mem.fill64(page, count, at.flags, k.fresh[0], k.fresh[1], stamp);
  for (const { first, lo, hi } of k.pgmaps) {
    const from = Math.max(page, first);
    if (from < page + count) k.mem.fill64(from, page + count - from, at.info, lo, hi, stamp);
  }
  k.mem.fill32(page, count, at.mapcount, -1, stamp);
}

/** T0: pages as memmap_init_zone_device() leaves them (mm/mm_init.c:1067). */
export const freshPages = (k: Kernel, page: number, count: number): void => freshen(k, page, count, 'fresh');

/** Whole chunks as T0 leaves them: every case begins with several. */
const chunks = new WeakMap<Place, Uint32Array>();

/** T0 of all pages. */
export function freshChunk(k: Kernel): void {
  const known = chunks.get(k.place);
  if (known) {
    k.mem.replace(known);
    k.mem.stamp(0, k.mem.pages, 0, PAGE_BYTES, k.by('fresh'));
  } else {
    freshPages(k, 0, k.mem.pages);
    chunks.set(k.place, k.mem.words.slice());
  }
}

/**
 * Every page of the new folio as memmap_init_zone_device() would leave it: what a helper of that kind with an order
 * does. The node is the one that the first page says.
 */
export const reinitPages: InitStep = (k, page, order) => {
  const { at, nodeMask } = k.layout;
  const node = k.mem.get64(page, at.flags) & nodeMask;
  const flags = (k.freshFlags & ~nodeMask) | node;
  freshen(k, page, 1 << order, 'reinit');
  k.mem.fill64(page, 1 << order, at.flags, low32(flags), high32(flags), k.by('reinit'));
};
