import { BUGS, WARNINGS } from '../traps.js';
import type { Kernel } from '../kernel.js';
import type { RoleMap } from '../roles.js';
import type { SplitDriver } from './operation.js';

/** list_lru_lock() of the list that the group of a charged large folio keeps folios to split in (mm/list_lru.c:86). */
export function lockSplitList(k: Kernel, charged: boolean, order: number): void {
  k.warnOn(charged && order > 1 && !k.stats.splitList, WARNINGS.noSplitList);
}

/** Flags of the head that every new folio gets (mm/huge_memory.c:__split_folio_to_order); swapcache is owner_priv_1. */
const INHERITED = [
  'PG_referenced',
  'PG_swapbacked',
  'PG_owner_priv_1',
  'PG_mlocked',
  'PG_uptodate',
  'PG_active',
  'PG_workingset',
  'PG_locked',
  'PG_unevictable',
  'PG_arch_2',
  'PG_arch_3',
  'PG_dirty',
  'PG_dropbehind',
];

/** The bits of those flags that the kernel has. */
function bitsOf(k: Kernel, names: readonly string[]): bigint {
  const bits = names.flatMap((name) => k.layout.flags[name] ?? []);
  return bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
}

/** PAGE_FLAGS_CHECK_AT_PREP: every page flag but hwpoison (page-flags.h); the guest says it, or it is made up of them. */
function checkAtPrep(k: Kernel): bigint {
  const { checkAtPrep: told, flags } = k.layout;
  return (
    told ??
    bitsOf(
      k,
      Object.keys(flags).filter((name) => name !== 'PG_hwpoison'),
    )
  );
}

const put64 = (k: Kernel, page: number, at: number, value: bigint, by: Parameters<Kernel['by']>[0]): void =>
  k.mem.fill64(page, 1, at, Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn), k.by(by));

/**
 * T8: an unmapped, frozen folio becomes 2^order folios of order 0, each with one reference; the head's lock is every
 * piece's (mm/huge_memory.c:__folio_freeze_and_split_unmapped, __split_folio_to_order).
 * What is not written stays: zone_device_data, and on what was the first tail the mapcounts below it.
 */
export function splitFolio(k: Kernel, roles: RoleMap, head: number, driver: SplitDriver): void {
  const { at } = k.layout;
  const order = k.folioOrder(head);
  const nr = 2 ** order;
  const anon = (k.mem.get32(head, at.mapping) & 1) === 1;
  // PG_partially_mapped; it goes with the other flags of page 1.
  if (anon && k.flag(k.inChunk(head + 1), 'PG_reclaim')) k.stats.addPartiallyMapped(order, -1);
  const index = k.mem.get64(head, at.index);
  const charge = at.memcgData === undefined ? undefined : k.mem.get64(head, at.memcgData);
  if (anon) lockSplitList(k, charge !== undefined && charge !== 0n, order);
  const gone = checkAtPrep(k);
  const flags = k.mem.get64(head, at.flags) & bitsOf(k, INHERITED);
  for (let i = 1; i < nr; i++) {
    const page = k.inChunk(head + i);
    k.bugOn(k.mem.get32(page, at.mapcount) !== 0xffffffff, BUGS.splitMapped);
    put64(k, page, at.flags, (k.mem.get64(page, at.flags) & ~gone) | flags, 'splitFlags');
    put64(k, page, at.index, index + BigInt(i), 'splitIndex');
    k.warnOn(k.mem.get64(page, at.private) !== 0n, WARNINGS.splitPrivate);
    if (charge !== undefined) put64(k, page, at.memcgData as number, charge, 'splitCharge');
  }
  k.setFlag(head, 'PG_head', false, 'splitHead');
  if (anon) k.stats.addAnon(order, -1);
  for (let i = 1; i < nr; i++) tellDriver(k, head, head + i, driver);
  if (driver !== 'absent') k.callbacks.push({ fn: 'folio_split', pfn: head, order: 0 });
  k.mem.fill32(head, nr, at.refcount, 1, k.by('splitCount'));
  roles.split(head);
}

/** zone_device_private_split_cb() for one new folio, which has the mapping of the head already (include/linux/memremap.h). */
function tellDriver(k: Kernel, head: number, tail: number, driver: SplitDriver): void {
  const { at } = k.layout;
  put64(k, tail, at.info, k.mem.get64(head, at.info), 'splitPgmap');
  put64(k, tail, at.mapping, k.mem.get64(head, at.mapping), 'splitMapping');
  if (driver === 'zdd') put64(k, tail, at.zoneDeviceData, k.mem.get64(head, at.zoneDeviceData), 'zdd');
  if (driver !== 'absent') k.callbacks.push({ fn: 'folio_split', pfn: head, order: 0, tail });
}
