import type { Core } from './core.js';
import { newSysFolio } from './system.js';
import type { Folio, SysFolio } from './system.js';
import { lockSplitList, splitFolio } from './split.js';
import { moveIn, moveOut } from './unmap.js';
import { unlockFolio } from '../free.js';

/** Flags that the pieces of a system folio get from it; those of a device folio are in split.ts. */
const INHERITED = ['PG_referenced', 'PG_swapbacked', 'PG_uptodate', 'PG_active', 'PG_workingset', 'PG_dirty'];

/** folio_split_unmapped() to order 0: the folio keeps the caller's reference, each new one has one. False: -EAGAIN. */
export function splitUnmapped(core: Core, folio: Folio): boolean {
  if (!core.heldAlone(folio, 1)) return false;
  splitPieces(core, folio);
  return true;
}

function splitPieces(core: Core, folio: Folio): void {
  if (typeof folio === 'number') splitFolio(core.k, core.roles, folio, core.split);
  else splitSystem(core, folio);
}

function splitSystem(core: Core, folio: SysFolio): void {
  const [, ...rest] = folio.pages;
  lockSplitList(core.k, folio.objcg !== undefined, folio.order);
  core.unqueueSplit(folio);
  core.k.stats.addAnon(folio.order, -1);
  for (const [i, page] of rest.entries()) {
    const piece = newSysFolio(0);
    piece.pages[0] = page;
    piece.index = folio.index + BigInt(i + 1);
    piece.anonVma = folio.anonVma;
    piece.objcg = folio.objcg;
    for (const flag of INHERITED) if (folio.flags.has(flag)) piece.flags.add(flag);
    page.folio = piece;
  }
  folio.pages.length = 1;
  (folio as { order: number }).order = 0;
}

/**
 * split_folio() to order 0 of a locked folio of which the caller holds one reference (mm/huge_memory.c:__folio_split):
 * unmap, split, map again, then every piece but the first is unlocked and put.
 * @returns false where somebody else holds the folio too; nothing is changed then
 */
export function splitMapped(core: Core, folio: Folio): boolean {
  const order = core.order(folio);
  const done = splitAndMap(core, folio);
  core.k.stats.addMthp(done ? 'split' : 'split_failed', order, 1);
  return done;
}

function splitAndMap(core: Core, folio: Folio): boolean {
  if (!core.heldAlone(folio, 1)) return false;
  const pages = Array.from({ length: core.nrPages(folio) }, (_, i) => core.page(folio, i));
  moveOut(core, folio, true);
  splitPieces(core, folio);
  const pieces = pages.map((page) => (typeof page === 'number' ? page : page.folio));
  for (const piece of pieces) moveIn(core, piece, piece, true);
  for (const piece of pieces.slice(1)) {
    unlock(core, piece);
    core.put(piece);
  }
  return true;
}

/** Folios of system memory have no lock in the model: nothing but the step that works on one could hold it. */
export function lock(core: Core, head: number): void {
  core.setFlag(head, 'PG_locked', 'lock');
}

export function unlock(core: Core, folio: Folio): void {
  if (typeof folio === 'number') unlockFolio(core.k, folio);
}
