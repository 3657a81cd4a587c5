import * as assert from 'uvu/assert';
import type { Machine } from '../../../../orchestrator/model/index.js';
import { word } from './user.js';

const HEAD = 1n << 6n;
const EXCLUSIVE = 1n << 11n;
const HUGE = 512;

/** Entries of page tables about pages of one device folio. */
interface Mapped {
  ptes: number;
  pmds: number;
}

/**
 * What holds after every step that is over: a folio has one reference and one mapcount for each entry that maps it; what
 * `pages` says of a page is what its bytes say; every byte has a writer; without pages in RAM the charge is that of
 * the living folios.
 * @param changed runs of pages that the step changed, as in a recording
 * @param pinned others than page tables may hold folios
 */
export function checkUser(machine: Machine, changed: readonly string[], pinned: boolean): void {
  const { user } = machine;
  const mapped = new Map<number, Mapped>();
  let ram = 0;
  for (const process of user.processes) {
    let own = 0;
    for (const name of user.mappings(process))
      for (const [index, page] of user.pages(name, process).entries()) {
        if (page.kind === 'ram' || page.kind === 'device') own += 1;
        if (page.kind === 'ram') ram += 1;
        if (page.pfn !== undefined) enter(machine, mapped, page.pfn, page, index);
      }
    assert.is(user.rss(process), own, `rss of ${process}`);
  }
  let charged = 0;
  for (const [head, { ptes, pmds }] of mapped) {
    const { refcount, mapcount, entire } = user.folio(head);
    assert.equal([mapcount, entire], [ptes + pmds, pmds], `mapcounts of folio ${head}`);
    if (!pinned) assert.is(refcount, mapcount, `references of folio ${head}`);
    charged += 2 ** user.folio(head).order;
  }
  if (ram === 0) assert.is(user.charged, charged, 'pages charged');
  else assert.ok(user.charged > charged, 'pages charged');
  let live = 0;
  for (let page = 0; page < machine.roles.pages; page += 1) if (machine.roles.live(page)) live += 1;
  assert.is(machine.refs, live, 'a reference of the pgmap for each page of a living folio');
  for (const run of changed) checkWriters(machine, Number(run.split('-')[0]));
}

function enter(
  machine: Machine,
  mapped: Map<number, Mapped>,
  pfn: number,
  page: ReturnType<Machine['user']['pages']>[number],
  index: number,
): void {
  const huge = page.level === 'pmd';
  const { pfn: head, order } = machine.roles.folio(pfn);
  assert.is(page.order, order, `order of page ${pfn}`);
  assert.is(word(machine, head, 0) & HEAD, order > 0 ? HEAD : 0n, `PG_head of page ${head}`);
  const flags = word(machine, huge ? head : pfn, 0);
  assert.is(page.exclusive, (flags & EXCLUSIVE) !== 0n, `PG_anon_exclusive of page ${pfn}`);
  let counts = mapped.get(head);
  if (!counts) mapped.set(head, (counts = { ptes: 0, pmds: 0 }));
  if (!huge) counts.ptes += 1;
  else if (index % HUGE === 0) counts.pmds += 1;
}

function checkWriters(machine: Machine, page: number): void {
  for (let byte = 0; byte < 64; byte += 1)
    for (let bit = 0; bit < (byte < 8 ? 8 : 1); bit += 1)
      assert.is.not(machine.origin(page, byte, bit)?.fn, 'unknown', `writer of page ${page} byte ${byte}`);
}
