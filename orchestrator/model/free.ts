import { BUGS, Trap, WARNINGS } from './traps.js';
import type { Kernel } from './kernel.js';
import { pgmapOf } from './steps.js';

/**
 * The writes of free_zone_device_folio(), one step per statement.
 * @param nr folio_nr_pages() as read before anything was written
 */
export type FreeStep = (kernel: Kernel, folio: number, nr: number) => void;

/** Offsets in struct obj_cgroup (include/linux/memcontrol.h:185), for the address that an oops names. */
const OBJCG_MEMCG = 0x10n;
const OBJCG_IS_ROOT = 0x30n;

/**
 * mem_cgroup_uncharge(). Nothing the model does charges a page, so whatever is in memcg_data was left there and
 * is followed as a pointer (mm/memcontrol.c:uncharge_folio, uncharge_batch).
 */
export const uncharge: FreeStep = (k, folio) => {
  const { memcgData } = k.layout.at;
  if (memcgData === undefined) return;
  const data = k.mem.get64(folio, memcgData);
  if (data === 0n) return;
  k.bugOn((data & 1n) !== 0n, BUGS.objexts);
  const objcg = data & ~7n;
  const address = objcg === 0n ? OBJCG_MEMCG : objcg + OBJCG_IS_ROOT;
  throw new Trap('crash', {
    why: `__mem_cgroup_uncharge() reads address 0x${address.toString(16)}: memcg_data is 0x${data.toString(16)}`,
    line: objcg === 0n ? 'mm/memcontrol.c:uncharge_batch' : 'mm/memcontrol.c:uncharge_folio',
    config: 'MEMCG',
  });
};

/** `if (folio_test_anon(folio))`: __ClearPageAnonExclusive() of every page. */
export const clearExclusive: FreeStep = (k, folio, nr) => {
  if ((k.mem.get32(folio, k.layout.at.mapping) & 1) === 0) return;
  for (let i = 0; i < nr; i++) {
    const page = k.inChunk(folio + i);
    k.bugOn((k.mem.get32(k.pageFolio(page), k.layout.at.mapping) & 1) === 0, BUGS.clearExclusive);
    k.setFlag(page, 'PG_anon_exclusive', false, 'freeAnon');
  }
};

export const freeMapping: FreeStep = (k, folio) =>
  k.mem.fill64(folio, 1, k.layout.at.mapping, 0, 0, k.by('freeMapping'));

/** `pgmap->ops->folio_free(folio)` */
export const callFolioFree: FreeStep = (k, folio) => {
  k.callbacks.push({ fn: 'folio_free', pfn: folio, order: k.folioOrder(folio) });
};

export const putRefs: FreeStep = (k, _folio, nr) => {
  k.refs -= nr;
};

/** put_page()/folio_put() down to the last step (include/linux/mm.h, mm/folio.c:__folio_put, mm/memremap.c:416). */
export function putFolio(k: Kernel, folio: number, steps: readonly FreeStep[]): void {
  const { refcount } = k.layout.at;
  const count = k.mem.get32(folio, refcount);
  k.bugOn(count === 0, BUGS.putZero);
  k.mem.fill32(folio, 1, refcount, count - 1, k.by('put'));
  if (count !== 1) return;
  if (!k.isZoneDevice(folio))
    throw new Trap('crash', {
      why: `page ${folio} has lost its zone and goes to the buddy allocator ("Bad page state")`,
      line: 'mm/folio.c:93',
      config: 'any',
    });
  if (!pgmapOf(k, folio)) {
    k.warnOn(true, WARNINGS.noPgmap);
    return;
  }
  const nr = k.folioNrPages(folio);
  for (const step of steps) step(k, folio, nr);
}

/** folio_unlock() (mm/filemap.c:1510). */
export function unlockFolio(k: Kernel, folio: number): void {
  k.bugOn(k.isTail(folio) && k.enabled('DEBUG_VM'), BUGS.tailTested);
  k.bugOn(!k.flag(folio, 'PG_locked'), BUGS.unlockUnlocked);
  k.checkChange(folio);
  // xor, as the kernel does: unlocking an unlocked folio locks it.
  k.setFlag(folio, 'PG_locked', !k.flag(folio, 'PG_locked'), 'unlock');
}
