/** Offsets in struct obj_cgroup (include/linux/memcontrol.h:185) that an uncharge reads. */
const MEMCG = 0x10n;
const IS_ROOT = 0x30n;
/** OBJEXTS_FLAGS_MASK: bits of memcg_data that are no part of the pointer (include/linux/memcontrol.h:340). */
export const OBJCG_FLAGS = 7n;

/**
 * Where __mem_cgroup_uncharge() faults that takes `value` for an obj_cgroup: uncharge_folio() reads is_root, of no obj_cgroup at
 * all uncharge_batch() reads memcg. Undefined for 0: nothing was charged.
 */
export function unchargeAddress(value: bigint): bigint | undefined {
  if (value === 0n) return undefined;
  const objcg = value & ~OBJCG_FLAGS;
  return objcg === 0n ? MEMCG : objcg + IS_ROOT;
}
