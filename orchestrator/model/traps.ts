/** Why a kernel stops, hangs or warns at a step, with the line (Linux 7.3.4) and the option that compiles the check in. */
export interface Splat {
  readonly why: string;
  readonly line: string;
  /** Option without which the check is not there; `any` where nothing switches it off. */
  readonly config: string;
}

/**
 * How the model's knowledge can end in a step: a BUG or an oops, a task that never wakes, or `foreign`: the pages
 * go to code that the model does not have (the page allocator), and anything may follow.
 */
export type End = 'crash' | 'hang' | 'foreign';

/** Ends an operation in the middle. Never leaves the machine. */
export class Trap {
  readonly kind: End;
  readonly splat: Splat;

  constructor(kind: End, splat: Splat) {
    this.kind = kind;
    this.splat = splat;
  }
}

export const BUGS = {
  tailTested: {
    why: 'VM_BUG_ON_PGFLAGS(page->compound_info & 1): a flag of a tail page is tested as if it were a folio',
    line: 'include/linux/page-flags.h:345',
    config: 'DEBUG_VM_PGFLAGS',
  },
  tailChanged: {
    why: 'VM_BUG_ON_PGFLAGS(page->compound_info & 1): a flag of a tail page is changed as if it were a folio',
    line: 'include/linux/page-flags.h:354',
    config: 'DEBUG_VM_PGFLAGS',
  },
  secondOfSmall: {
    why: 'VM_BUG_ON_PGFLAGS(n > 0 && !test_bit(PG_head)): a flag of page 1 of a folio that has no head flag',
    line: 'include/linux/page-flags.h:355',
    config: 'DEBUG_VM_PGFLAGS',
  },
  putZero: {
    why: 'VM_BUG_ON_PAGE(page_ref_count(page) == 0): a reference is put that was never taken',
    line: 'include/linux/mm.h:1846',
    config: 'DEBUG_VM',
  },
  unlockUnlocked: {
    why: 'VM_BUG_ON_FOLIO(!folio_test_locked(folio)): a folio is unlocked that is not locked',
    line: 'mm/filemap.c:1515',
    config: 'DEBUG_VM',
  },
  clearExclusive: {
    why: 'VM_BUG_ON_PGFLAGS(!PageAnon(page)) in __ClearPageAnonExclusive()',
    line: 'include/linux/page-flags.h:1156',
    config: 'DEBUG_VM_PGFLAGS',
  },
  unchargeLru: {
    why: 'VM_BUG_ON_FOLIO(folio_test_lru(folio)): a folio is uncharged that has PG_lru',
    line: 'mm/memcontrol.c:5403',
    config: 'DEBUG_VM',
  },
  unchargeSlab: {
    why: 'VM_BUG_ON_FOLIO(folio_test_slab(folio)): the page type is that of a slab',
    line: 'include/linux/memcontrol.h:398',
    config: 'DEBUG_VM',
  },
  objexts: {
    why: 'VM_BUG_ON_FOLIO(memcg_data & MEMCG_DATA_OBJEXTS): memcg_data is not an object cgroup',
    line: 'include/linux/memcontrol.h:399',
    config: 'DEBUG_VM',
  },
  splitMapped: {
    why: 'VM_BUG_ON_PAGE(atomic_read(&new_folio->_mapcount) != -1): a folio is split while a page of it is mapped',
    line: 'mm/huge_memory.c:3716',
    config: 'DEBUG_VM',
  },
} as const satisfies Record<string, Splat>;

export const WARNINGS = {
  live: {
    why: 'VM_WARN_ON_FOLIO(folio_ref_count(new_folio)): a page of the new folio is still in use',
    line: 'mm/memremap.c:514',
    config: 'DEBUG_VM',
  },
  notZoneDevice: {
    why: 'VM_WARN_ON_FOLIO(!folio_is_zone_device(new_folio)): the zone bits are lost',
    line: 'mm/memremap.c:515',
    config: 'DEBUG_VM',
  },
  pgmapOfOther: {
    why: 'VM_WARN_ON_ONCE_PAGE(!memdesc_is_zone_device(&page->flags)) in page_pgmap(): the zone bits are lost',
    line: 'include/linux/mmzone.h:1312',
    config: 'DEBUG_VM',
  },
  setOrder: {
    why: 'WARN_ON_ONCE(!order || !folio_test_large(folio)) in folio_set_order()',
    line: 'mm/internal.h:737',
    config: 'any',
  },
  resetOrder: {
    why: 'WARN_ON_ONCE(!folio_test_large(folio)) in folio_reset_order()',
    line: 'include/linux/mm.h:1818',
    config: 'any',
  },
  tailPrivate: {
    why: 'VM_WARN_ON_ONCE(tail->private)',
    line: 'mm/internal.h:799',
    config: 'DEBUG_VM',
  },
  noPgmap: {
    why: 'WARN_ON_ONCE(!pgmap) in free_zone_device_folio()',
    line: 'mm/memremap.c:422',
    config: 'any',
  },
  noSplitList: {
    why: 'VM_WARN_ON(!css_is_dying(&memcg->css)): the control group has no list of folios to split, since none of its huge pages came from a page fault',
    line: 'mm/list_lru.c:111',
    config: 'DEBUG_VM',
  },
  migrateUncharged: {
    why: 'VM_WARN_ON_ONCE_FOLIO(!folio_test_hugetlb(old) && !objcg): a folio that is charged to nobody is migrated',
    line: 'mm/memcontrol.c:5595',
    config: 'DEBUG_VM',
  },
  splitPrivate: {
    why: 'VM_WARN_ON_ONCE_PAGE(new_folio->private): a piece of a split folio has private data',
    line: 'mm/huge_memory.c:3760',
    config: 'DEBUG_VM',
  },
} as const satisfies Record<string, Splat>;
