/** Counters of the kernel that no struct page holds, relative to an idle chunk. */
export class Stats {
  /** Pages charged to the memory cgroup, in RAM and on the device. */
  charged = 0;
  /** MTHP_STAT_NR_ANON and MTHP_STAT_NR_ANON_PARTIALLY_MAPPED, by order. */
  readonly #anon = new Map<number, number>();
  readonly #partial = new Map<number, number>();
  /** Object cgroups that hold charges: what a memcg_data may point to. */
  readonly objcgs = new Set<bigint>();

  /** mod_mthp_stat(): orders 0 and 1 have no counter (include/linux/huge_mm.h). */
  addAnon(order: number, by: number): void {
    if (order > 1) this.#anon.set(order, this.nrAnon(order) + by);
  }

  addPartiallyMapped(order: number, by: number): void {
    if (order > 1) this.#partial.set(order, this.nrPartiallyMapped(order) + by);
  }

  nrAnon(order: number): number {
    return this.#anon.get(order) ?? 0;
  }

  nrPartiallyMapped(order: number): number {
    return this.#partial.get(order) ?? 0;
  }

  reset(): void {
    this.charged = 0;
    this.#anon.clear();
    this.#partial.clear();
    this.objcgs.clear();
  }
}
