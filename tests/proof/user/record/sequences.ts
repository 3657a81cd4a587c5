import { EVICTION } from './sequences/evict.js';
import { FAILED_ALLOCATION } from './sequences/failed-allocation.js';
import { FORK } from './sequences/fork.js';
import { HELD } from './sequences/held.js';
import { LEFT_BEHIND } from './sequences/left-behind.js';
import { MIGRATION } from './sequences/migrate.js';
import { PROTECTION } from './sequences/protect.js';
import type { Sequences } from './sequences/requests.js';
import { SHARED_HUGE } from './sequences/shared-huge.js';
import { UNMAPPING } from './sequences/unmap.js';
import { WINDOW } from './sequences/window.js';

/** In the order in which they are recorded. */
const FAMILIES: readonly Sequences[] = [
  MIGRATION,
  UNMAPPING,
  FORK,
  SHARED_HUGE,
  PROTECTION,
  FAILED_ALLOCATION,
  EVICTION,
  LEFT_BEHIND,
  WINDOW,
  HELD,
];

/** Sequences on user memory of a chunk of 1024 pages that go through every way the model has, edges first. */
export const SEQUENCES: Sequences = together(FAMILIES);

/** A name in two families would hide the first of them. */
function together(families: readonly Sequences[]): Sequences {
  const all = families.flatMap((family) => Object.entries(family));
  const names = new Set(all.map(([name]) => name));
  if (names.size < all.length) throw new RangeError('two sequences have the same name');
  return Object.fromEntries(all);
}
