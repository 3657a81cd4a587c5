import * as assert from 'uvu/assert';
import type { Machine, MappedPage } from '../../../../orchestrator/model/index.js';
import type { UserBook } from './user-book.js';
import type { Maps } from './user-rig.js';

/** A living device folio, and how page tables map it. */
export interface DeviceFolio {
  readonly pfn: number;
  readonly order: number;
  pmds: number;
  ptes: number;
  readonly pages: Set<number>;
}

/** Device folios that some page table maps, by first page. */
export function deviceFolios(machine: Machine, maps: Maps): ReadonlyMap<number, DeviceFolio> {
  const folios = new Map<number, DeviceFolio>();
  for (const pages of maps.values())
    for (const [i, page] of pages.entries()) {
      if (page.kind !== 'device' || page.pfn === undefined) continue;
      const { pfn, order } = machine.roles.folio(page.pfn);
      let folio = folios.get(pfn);
      if (!folio) folios.set(pfn, (folio = { pfn, order, pmds: 0, ptes: 0, pages: new Set() }));
      folio.pages.add(page.pfn);
      if (page.level === 'pte') folio.ptes += 1;
      else if (i % 512 === 0) folio.pmds += 1;
    }
  return folios;
}

const here = ({ kind }: MappedPage): boolean => kind === 'ram' || kind === 'device';

/**
 * What must add up after every step, counted from the page tables alone: one reference of the page map for each page of each
 * living folio; one reference and one mapcount of a folio for each entry that maps it; a charge for each page of each folio
 * that is mapped at all; rss.
 */
export function checkConserved(machine: Machine, maps: Maps, book: UserBook): void {
  const { user, roles } = machine;
  const folios = deviceFolios(machine, maps);
  const living = new Set<number>();
  const live = (pfn: number, order: number): void => {
    for (let page = pfn; page < pfn + 2 ** order; page += 1) living.add(page);
  };
  for (const [pfn, order] of book.own) live(pfn, order);
  let unmapped = 0;
  for (const { pfn, order, pmds, ptes, pages } of folios.values()) {
    live(pfn, order);
    assert.equal(
      user.folio(pfn),
      { order, refcount: pmds + ptes, mapcount: pmds + ptes, entire: pmds },
      `counts of the folio at page ${pfn} are those of the entries that map it`,
    );
    unmapped += 2 ** order - pages.size;
  }
  assert.is(machine.refs, living.size, 'a page map reference for each page of each living folio');
  const wrong = Array.from({ length: roles.pages }, (_, page) => page).filter(
    (page) => roles.live(page) !== living.has(page),
  );
  assert.equal(wrong, [], 'pages that live without a mapping, or are mapped and do not live');

  for (const process of book.processes) {
    const mine = [...maps].filter(([key]) => key.startsWith(`${process} `));
    const entries = mine.reduce((sum, [, pages]) => sum + pages.filter(here).length, 0);
    assert.is(user.rss(process), entries, `rss of ${process}`);
  }
  // A huge page in RAM that is mapped in part: one that lost its mappings there waits to be split, one that came so does not.
  // One that a migration took off its page tables and gave back, while another process mapped a part of it, waits too (seen in a guest: the
  // sequence "given back" of `npm run proof:user`).
  const huge = user.mthp('nr_anon', 9) - [...folios.values()].filter(({ order }) => order === 9).length;
  const waiting = user.mthp('nr_anon_partially_mapped', 9);
  const rest = user.charged - user.mapped - unmapped;
  assert.ok(
    rest >= waiting - book.givenBack && rest <= 511 * huge && waiting <= huge,
    `${user.charged} charged, ${user.mapped} mapped, ${unmapped} of device folios not; ${huge} huge pages, ${waiting} in part; ${book.givenBack} given back`,
  );
  if ([...maps.values()].every((pages) => !pages.some(here))) {
    assert.is(user.charged, 0);
    assert.is(user.mthp('nr_anon', 9), 0);
  }
}
