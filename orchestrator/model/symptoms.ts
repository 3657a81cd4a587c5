import type { Role } from './roles.js';

/** What core-mm does with a field that is not what it should be (KERNEL-FACTS §4.1; lines of Linux 7.3.4). */
export interface Symptom {
  /** Field under the reading of the page's present role. */
  readonly fields: readonly string[];
  /** Present roles it holds for; absent: any. */
  readonly roles?: readonly Role[];
  /** What the bytes were written as; absent: anything. */
  readonly writtenAs?: readonly string[];
  readonly effect: string;
  readonly line: string;
  /** Option without which it stays silent; `any`: never silent. */
  readonly config: string;
}

const SMALL: readonly Role[] = ['order0'];
const HEADS: readonly Role[] = ['order0', 'head'];
const TAILS: readonly Role[] = ['tail1', 'tail2', 'tail'];

/** First match wins. */
export const SYMPTOMS: readonly Symptom[] = [
  {
    fields: ['PG_locked'],
    effect: 'lock_page() of this page never returns',
    line: 'mm/memremap.c:524',
    config: 'any',
  },
  {
    fields: ['PG_writeback'],
    effect: 'BUG_ON(folio_test_writeback) on the way back, or NR_WRITEBACK goes wrong',
    line: 'mm/migrate_device.c:1234, mm/migrate.c:848',
    config: 'any',
  },
  {
    fields: ['PG_head'],
    roles: SMALL,
    effect:
      'the page counts as a large folio: freeing it drops the references of the old order and gives the driver pages it did not free',
    line: 'mm/memremap.c:419, mm/memcontrol.c:5583',
    config: 'any',
  },
  {
    fields: ['PG_head'],
    roles: TAILS,
    effect: 'compound_nr() and folio_test_large() of the raw page see a folio inside the folio',
    line: 'include/linux/mm.h:2886',
    config: 'any',
  },
  {
    fields: ['PG_workingset'],
    effect:
      'folio_migrate_flags() copies it to the system page: wrong workingset and PSI accounting after a refault',
    line: 'mm/migrate.c:788',
    config: 'any',
  },
  {
    fields: ['PG_partially_mapped'],
    effect: 'a split decrements MTHP_STAT_NR_ANON_PARTIALLY_MAPPED below zero',
    line: 'mm/huge_memory.c:4010',
    config: 'any',
  },
  {
    fields: ['PG_has_hwpoisoned'],
    effect: 'the folio counts as poisoned',
    line: 'include/linux/page-flags.h:1074',
    config: 'MEMORY_FAILURE',
  },
  {
    fields: ['PG_unevictable'],
    effect: 'VM_BUG_ON_FOLIO when an active folio is migrated back',
    line: 'mm/migrate.c:784',
    config: 'DEBUG_VM',
  },
  {
    fields: ['PG_reserved'],
    effect: 'nothing in device-private code reads it; the page differs from what memremap_pages() made',
    line: 'mm/mm_init.c:__init_zone_device_page',
    config: 'any',
  },
  {
    fields: ['flags (zone, node)'],
    effect: 'folio_is_zone_device() is false and a free goes to the buddy allocator',
    line: 'mm/memremap.c:515, mm/folio.c:93',
    config: 'any',
  },
  {
    fields: ['pgmap'],
    roles: HEADS,
    effect: 'page_folio() names another folio: locks, references and the free go there',
    line: 'include/linux/page-flags.h:345, include/linux/mm.h:1846',
    config: 'any',
  },
  {
    fields: ['compound_info'],
    effect: 'page_folio() of the tail names another folio',
    line: 'include/linux/page-flags.h:_compound_head',
    config: 'any',
  },
  {
    fields: ['order', '_nr_pages'],
    roles: ['tail1'],
    effect: 'folio_order() and folio_nr_pages() of the folio are wrong',
    line: 'include/linux/mm.h:1760',
    config: 'any',
  },
  {
    fields: ['memcg_data', 'memcg_data[63:32]'],
    roles: HEADS,
    effect:
      'the folio counts as charged: VM_BUG_ON_FOLIO on migrate-in, an oops in __mem_cgroup_uncharge() when freed',
    line: 'mm/memcontrol.c:2881, mm/memcontrol.c:5444',
    config: 'MEMCG',
  },
  {
    fields: ['mapping'],
    roles: HEADS,
    effect: 'the free path takes the folio for anonymous, an rmap walk follows the value as a pointer',
    line: 'mm/memremap.c:426',
    config: 'any',
  },
  {
    fields: ['private'],
    effect: 'VM_WARN_ON_ONCE(tail->private) when the page becomes a tail or is split off',
    line: 'mm/internal.h:799, mm/huge_memory.c:3760',
    config: 'DEBUG_VM',
  },
  {
    fields: ['_mm_ids'],
    effect: 'folio_lock_large_mapcount() spins on bit 31; VM_WARN in the rmap code',
    line: 'include/linux/rmap.h:148',
    config: 'any',
  },
  {
    fields: [
      '_mapcount',
      '_entire_mapcount',
      '_large_mapcount',
      '_nr_pages_mapped',
      '_mm_id_mapcount[0]',
      '_mm_id_mapcount[1]',
    ],
    effect: 'map counts never return to -1: VM_BUG_ON in a split, wrong statistics',
    line: 'mm/huge_memory.c:3716',
    config: 'DEBUG_VM',
  },
  {
    fields: ['_refcount'],
    effect: 'the page is in use twice, or is never freed and memunmap_pages() waits for ever',
    line: 'mm/memremap.c:514, mm/memremap.c:122',
    config: 'any',
  },
  {
    fields: ['zone_device_data'],
    roles: TAILS,
    effect: 'a driver without folio_split gets it as its own data once a split makes the tail a folio',
    line: 'include/linux/memremap.h:251',
    config: 'any',
  },
];

export function symptomOf(field: string, role: Role, writtenAs?: string): Symptom | undefined {
  return SYMPTOMS.find(
    (s) =>
      s.fields.includes(field) &&
      (s.roles === undefined || s.roles.includes(role)) &&
      (s.writtenAs === undefined || (writtenAs !== undefined && s.writtenAs.includes(writtenAs))),
  );
}
