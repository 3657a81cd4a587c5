/** Counters by order in /sys/kernel/mm/transparent_hugepage/hugepages-*kB/stats that anonymous memory changes. */
export const MTHP_STATS = [
  'nr_anon',
  'nr_anon_partially_mapped',
  'split',
  'split_failed',
  'split_deferred',
] as const;
export type MthpStat = (typeof MTHP_STATS)[number];

/** Counters of the kernel that no struct page holds, relative to an idle chunk. */
export class Stats {
  /** Pages charged to the memory cgroup, in RAM and on the device. */
  charged = 0;
  readonly #mthp = new Map<MthpStat, Map<number, number>>(MTHP_STATS.map((stat) => [stat, new Map()]));
  /** Object cgroups that hold charges: what a memcg_data may point to. */
  readonly objcgs = new Set<bigint>();

  /**
   * The control group has a list of folios to split (folio_memcg_alloc_deferred()). A guest may have it from before; then what
   * the model warns of does not come.
   */
  splitList = false;

  /** mod_mthp_stat(), count_mthp_stat(): orders 0 and 1 have no counter (include/linux/huge_mm.h:160). */
  addMthp(stat: MthpStat, order: number, by: number): void {
    if (order > 1) this.#mthp.get(stat)?.set(order, this.mthp(stat, order) + by);
  }

  mthp(stat: MthpStat, order: number): number {
    return this.#mthp.get(stat)?.get(order) ?? 0;
  }

  addAnon(order: number, by: number): void {
    this.addMthp('nr_anon', order, by);
  }

  addPartiallyMapped(order: number, by: number): void {
    this.addMthp('nr_anon_partially_mapped', order, by);
  }

  nrAnon(order: number): number {
    return this.mthp('nr_anon', order);
  }

  nrPartiallyMapped(order: number): number {
    return this.mthp('nr_anon_partially_mapped', order);
  }

  reset(): void {
    this.charged = 0;
    this.splitList = false;
    for (const byOrder of this.#mthp.values()) byOrder.clear();
    this.objcgs.clear();
  }
}
