import type { FolioEvent } from './oracle.js';
import type { Callback } from './protocol.js';
import { pagesOf } from './folio-checks.js';
import type { UserFolio } from './user-memory.js';

const same = (a: UserFolio, b: UserFolio): boolean => a.pfn === b.pfn && a.order === b.order;

/**
 * First pages of folios that were split in a step: the driver was told, or (where it has no folio_split operation)
 * there are order-0 folios now, or frees of such, where a large folio was.
 */
export function splitHeads(
  before: readonly UserFolio[],
  after: readonly UserFolio[],
  callbacks: readonly Callback[],
): Set<number> {
  const heads = new Set(callbacks.filter(({ fn }) => fn === 'folio_split').map(({ pfn }) => pfn));
  const small = new Set([
    ...after.filter(({ order }) => order === 0).map(({ pfn }) => pfn),
    ...callbacks.filter(({ fn, order }) => fn === 'folio_free' && order === 0).map(({ pfn }) => pfn),
  ]);
  for (const folio of before) {
    if (folio.order === 0 || after.some((one) => same(one, folio))) continue;
    if ([...pagesOf([folio])].some((pfn) => small.has(pfn))) heads.add(folio.pfn);
  }
  return heads;
}

/** What became of device folios between two steps, in an order that could have been: deaths before births. */
export function folioEvents(
  before: readonly UserFolio[],
  after: readonly UserFolio[],
  split: ReadonlySet<number>,
): FolioEvent[] {
  const events: FolioEvent[] = [];
  for (const folio of before.filter((one) => !after.some((other) => same(one, other)))) {
    events.push({ pfn: folio.pfn, order: folio.order, live: false });
    if (folio.order === 0 || !split.has(folio.pfn)) continue;
    for (let pfn = folio.pfn; pfn < folio.pfn + 2 ** folio.order; pfn += 1) {
      events.push({ pfn, order: 0, live: true });
      if (!after.some((piece) => piece.pfn === pfn)) events.push({ pfn, order: 0, live: false });
    }
  }
  const born = after.filter((one) => !before.some((other) => same(one, other)));
  return [...events, ...born.map(({ pfn, order }) => ({ pfn, order, live: true }))];
}
