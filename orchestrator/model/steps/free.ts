import { OBJCG_FLAGS, unchargeAddress } from '../objcg.js';
import { BUGS, Trap } from '../traps.js';
import type { FreeStep } from './step.js';

/** The writes of free_zone_device_folio() (mm/memremap.c:416), one step per statement. */

const PGTY_SLAB = 0xf5;

/**
 * mem_cgroup_uncharge(). What is in memcg_data is followed as a pointer: an object cgroup that something was charged to, or
 * whatever was left there (mm/memcontrol.c:uncharge_folio, uncharge_batch).
 */
export const uncharge: FreeStep = (k, folio, nr) => {
  const { memcgData } = k.layout.at;
  // mem_cgroup_disabled(): then what an earlier life left is not looked at.
  if (memcgData === undefined || !k.layout.charging) return;
  const data = k.mem.get64(folio, memcgData);
  const address = unchargeAddress(data);
  if (address === undefined) return;
  k.bugOn(k.testFolioFlag(folio, 'PG_lru'), BUGS.unchargeLru);
  k.bugOn(k.pageType(folio) === PGTY_SLAB, BUGS.unchargeSlab);
  k.bugOn((data & 1n) !== 0n, BUGS.objexts);
  const objcg = data & ~OBJCG_FLAGS;
  if (k.stats.objcgs.has(objcg)) {
    k.stats.charged -= nr;
    k.mem.fill64(folio, 1, memcgData, 0, 0, k.by('freeCharge'));
    return;
  }
  throw new Trap('crash', {
    why: `__mem_cgroup_uncharge() reads address 0x${address.toString(16)}: memcg_data is 0x${data.toString(16)}`,
    line: objcg === 0n ? 'mm/memcontrol.c:uncharge_batch' : 'mm/memcontrol.c:uncharge_folio',
    config: 'MEMCG',
  });
};

/** `if (folio_test_anon(folio))`: __ClearPageAnonExclusive() of every page. */
export const clearExclusive: FreeStep = (k, folio, nr) => {
  if ((k.mem.get32(folio, k.layout.at.mapping) & 1) === 0) return;
  k.stats.addAnon(k.folioOrder(folio), -1);
  for (let i = 0; i < nr; i++) {
    const page = k.inChunk(folio + i);
    k.bugOn((k.mem.get32(k.pageFolio(page), k.layout.at.mapping) & 1) === 0, BUGS.clearExclusive);
    k.setFlag(page, 'PG_anon_exclusive', false, 'freeAnon');
  }
};

/** `if (pgmap->type != …) folio->mapping = NULL`: the first read through the pgmap. */
export const freeMapping: FreeStep = (k, folio) => {
  k.checkPgmap(folio, 'mm/memremap.c:448');
  k.mem.fill64(folio, 1, k.layout.at.mapping, 0, 0, k.by('freeMapping'));
};

/** `pgmap->ops->folio_free(folio)` */
export const callFolioFree: FreeStep = (k, folio) => {
  k.callbacks.push({ fn: 'folio_free', pfn: folio, order: k.folioOrder(folio) });
};

/** `percpu_ref_put_many(&pgmap->ref, nr)` */
export const putRefs: FreeStep = (k, _folio, nr) => {
  k.refs -= nr;
};
