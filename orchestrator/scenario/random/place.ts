import { MAX_ORDER } from '../schema.js';
import type { Dice } from './dice.js';
import type { Life } from './book.js';

/** Pages of the chunk that sequences use: two huge pages, so that lives overlap. */
export const USED_PAGES = 2 ** (MAX_ORDER + 1);
/** Of earlier folios, so many of the last ones are drawn more often. */
const RECENT = 4;
/** Places that no earlier folio makes interesting: the first pages, and the ends of the first huge page. */
const FIRST = [0, 0, 0, 1, 2, 3, 16, 255, 256, 511, 512];

/** A page of an earlier folio: those that carry its fields, those in its middle and at its end, and the first behind it. */
function pageOf(dice: Dice, { pfn, order }: Life): number {
  const size = 2 ** order;
  const last = size - 1;
  const inside = dice.pick([0, 1, 2, 3, size >> 1, last, size, dice.roll(size)]);
  return pfn + Math.min(inside, size);
}

/**
 * First page of a folio of `order`, in its natural alignment: where folios were before as often as `reuse` says, of those the last
 * ones half of the time.
 * @param reuse percent
 */
export function drawPlace(dice: Dice, lives: readonly Life[], order: number, reuse: number): number {
  const old = lives.length > 0 && dice.chance(reuse);
  const recent = old && dice.chance(50) ? lives.slice(-RECENT) : lives;
  const wish = old
    ? pageOf(dice, dice.pick(recent))
    : dice.chance(60)
      ? dice.pick(FIRST)
      : dice.roll(USED_PAGES);
  const page = Math.min(wish, USED_PAGES - 1);
  return page - (page % 2 ** order);
}
