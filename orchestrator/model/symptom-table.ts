import type { Role } from './roles.js';
import type { Symptom } from './symptoms.js';

const SMALL: readonly Role[] = ['order0'];
const HEADS: readonly Role[] = ['order0', 'head'];
const TAILS: readonly Role[] = ['tail1', 'tail2', 'tail'];

/** Offsets in struct obj_cgroup (include/linux/memcontrol.h:185) that an uncharge reads. */
const OBJCG_MEMCG = 0x10n;
const OBJCG_IS_ROOT = 0x30n;
const OBJCG_FLAGS = 7n;

/** Where __mem_cgroup_uncharge() faults that takes `value` for an obj_cgroup: uncharge_folio() or uncharge_batch(). */
export function unchargeAddress(value: bigint): bigint | undefined {
  if (value === 0n) return undefined;
  const objcg = value & ~OBJCG_FLAGS;
  return objcg === 0n ? OBJCG_MEMCG : objcg + OBJCG_IS_ROOT;
}

/**
 * Every stale field, what sees it first, and what it does where no check sees it. `DEBUG_VM` compiles in VM_BUG_ON and
 * VM_WARN_ON, `DEBUG_VM_PGFLAGS` those of the flag functions. First match wins.
 */
export const SYMPTOMS: readonly Symptom[] = [
  {
    fields: ['PG_locked'],
    roles: HEADS,
    otherwise: {
      effect:
        'lock_page() of this page never returns: the task stays in state D, which only DETECT_HUNG_TASK reports',
      line: 'mm/memremap.c:524',
    },
  },
  {
    fields: ['PG_writeback'],
    roles: HEADS,
    otherwise: {
      effect:
        'put into a hole it stays and BUG_ON(folio_test_writeback) stops the way back; as a migration target folio_end_writeback() clears it and NR_WRITEBACK goes wrong',
      line: 'mm/migrate_device.c:1234, mm/migrate.c:848',
    },
  },
  {
    fields: ['PG_head'],
    roles: SMALL,
    checked: {
      effect:
        'VM_BUG_ON_FOLIO(folio_nr_pages(old) != folio_nr_pages(new)) when it is migrated to; a free drops the references of the old order and gives the driver pages it did not free',
      line: 'mm/memcontrol.c:5583, mm/memremap.c:419',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect:
        'the page counts as a folio of the old order: a CPU fault splits it over foreign pages, a free underflows the page_counter, drops the references of the old order and gives the driver pages it did not free',
      line: 'mm/memremap.c:419, mm/page_counter.c:61, lib/percpu-refcount.c:197',
    },
  },
  {
    fields: ['PG_head'],
    roles: TAILS,
    otherwise: {
      effect: 'compound_nr() and folio_test_large() of the raw page see a folio inside the folio',
      line: 'include/linux/mm.h:2898',
    },
  },
  {
    fields: ['PG_head'],
    roles: ['head'],
    otherwise: {
      effect: 'the folio counts as one page: a free gives back one reference of its pages',
      line: 'include/linux/mm.h:2886, mm/memremap.c:419',
    },
  },
  {
    fields: ['PG_referenced', 'PG_uptodate', 'PG_dirty'],
    roles: HEADS,
    otherwise: {
      effect: 'nothing fires; folio_migrate_flags() gives the system page a wrong age or dirty bit',
      line: 'mm/migrate.c:775',
    },
  },
  {
    fields: ['PG_workingset'],
    roles: HEADS,
    otherwise: {
      effect:
        'nothing fires; folio_migrate_flags() copies it to the system page: wrong workingset and PSI accounting after a refault',
      line: 'mm/migrate.c:788',
    },
  },
  {
    fields: ['PG_unevictable'],
    roles: HEADS,
    checked: {
      effect: 'VM_BUG_ON_FOLIO(folio_test_unevictable) when the folio is active and migrated back',
      line: 'mm/migrate.c:784',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect: 'the system page it is migrated to is both active and unevictable',
      line: 'mm/migrate.c:783',
    },
  },
  {
    fields: ['PG_active'],
    roles: HEADS,
    otherwise: {
      effect: 'nothing fires; the system page it is migrated to counts as active',
      line: 'mm/migrate.c:783',
    },
  },
  {
    fields: ['PG_reclaim'],
    roles: HEADS,
    otherwise: {
      effect: 'nothing fires; the system page it is migrated to gets PG_readahead',
      line: 'mm/migrate.c:856',
    },
  },
  {
    fields: ['PG_swapbacked'],
    roles: HEADS,
    otherwise: {
      effect: 'nothing fires; a migration of anonymous memory sets it anyway',
      line: 'mm/migrate.c:608',
    },
  },
  {
    fields: ['PG_owner_2'],
    roles: HEADS,
    otherwise: {
      effect:
        'the page counts as exclusive to one process: a fork or a write may share or reuse it wrongly; folio_migrate_flags() copies it as PG_mappedtodisk',
      line: 'include/linux/page-flags.h:1130, mm/migrate.c:799',
    },
  },
  {
    fields: ['PG_has_hwpoisoned'],
    roles: ['tail1'],
    needs: 'MEMORY_FAILURE',
    otherwise: {
      effect: 'the folio counts as poisoned: it is never mapped by a PMD',
      line: 'mm/memory.c:5641, include/linux/page-flags.h:1075',
    },
  },
  {
    fields: ['PG_partially_mapped'],
    roles: ['tail1'],
    otherwise: {
      effect:
        'a split decrements MTHP_STAT_NR_ANON_PARTIALLY_MAPPED below zero (nr_anon_partially_mapped of its size)',
      line: 'mm/huge_memory.c:4010',
    },
  },
  {
    fields: ['PG_large_rmappable'],
    roles: ['tail1'],
    otherwise: {
      effect: 'a migration takes _deferred_list for a list that the folio may be on',
      line: 'mm/internal.h:750',
    },
  },
  {
    fields: ['PG_reserved'],
    otherwise: {
      effect: 'nothing in device-private code reads it; the page differs from what memremap_pages() made',
      line: 'mm/mm_init.c:595',
    },
  },
  {
    fields: ['flags (zone, node)'],
    checked: {
      effect:
        'VM_WARN_ON_FOLIO(!folio_is_zone_device); then the free goes to the buddy allocator: "Bad page state"',
      line: 'mm/memremap.c:515, mm/folio.c:93',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect: 'folio_is_zone_device() is false and the free goes to the buddy allocator: "Bad page state"',
      line: 'mm/folio.c:93',
    },
  },
  {
    fields: ['pgmap'],
    roles: SMALL,
    checked: {
      effect:
        'VM_BUG_ON_PGFLAGS(page->compound_info & 1) at the first use as a folio, or VM_BUG_ON_PAGE in put_page_testzero() of the old head',
      line: 'include/linux/page-flags.h:345, include/linux/mm.h:1846',
      config: 'DEBUG_VM_PGFLAGS',
    },
    otherwise: {
      effect:
        'page_folio() names another folio: lock, reference and free go there, this page never comes back and memunmap_pages() waits for ever',
      line: 'mm/memremap.c:524, mm/memremap.c:122',
    },
  },
  {
    fields: ['pgmap'],
    roles: ['head'],
    checked: {
      effect: 'VM_BUG_ON_PGFLAGS(page->compound_info & 1) inside folio_set_order()',
      line: 'include/linux/page-flags.h:345, mm/internal.h:737',
      config: 'DEBUG_VM_PGFLAGS',
    },
    otherwise: {
      effect: 'the page is head and tail at once and page_folio() names the old head',
      line: 'include/linux/page-flags.h:_compound_head',
    },
  },
  {
    fields: ['compound_info'],
    roles: TAILS,
    otherwise: {
      effect: 'page_folio() of the tail names another folio: locks and references of this page go there',
      line: 'include/linux/page-flags.h:_compound_head',
    },
  },
  {
    fields: ['order', '_nr_pages'],
    roles: ['tail1'],
    otherwise: {
      effect: 'folio_order() and folio_nr_pages() are wrong: references and callbacks of another size',
      line: 'include/linux/mm.h:1760, mm/memremap.c:419',
    },
  },
  {
    fields: ['memcg_data', 'memcg_data[63:32]'],
    roles: HEADS,
    needs: 'MEMCG',
    address: unchargeAddress,
    checked: {
      effect:
        'VM_BUG_ON_FOLIO(folio_memcg_charged) when it is charged or migrated to; freed without that, __mem_cgroup_uncharge() oopses',
      line: 'mm/memcontrol.c:2881, mm/memcontrol.c:5444',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect: 'overwritten unseen when it is migrated to; freed without that, __mem_cgroup_uncharge() oopses',
      line: 'mm/memcontrol.c:5444',
    },
  },
  {
    fields: ['memcg_data', 'memcg_data[63:32]'],
    roles: TAILS,
    needs: 'MEMCG',
    otherwise: {
      effect: 'nothing reads it while the page is a tail; a folio that begins here counts as charged',
      line: 'mm/memcontrol.c:5444',
    },
  },
  {
    fields: ['mapping'],
    roles: HEADS,
    writtenAs: ['_entire_mapcount', '_pincount'],
    otherwise: {
      effect:
        'low bits 3: the folio counts as anonymous and KSM, a free clears PG_anon_exclusive, an rmap walk follows 0xfffffffc',
      line: 'mm/memremap.c:426',
    },
  },
  {
    fields: ['mapping'],
    roles: HEADS,
    writtenAs: ['_deferred_list', '_deferred_list.next', '_deferred_list.prev'],
    otherwise: {
      effect: 'the list pointer passes for an address_space, which an rmap walk follows',
      line: 'mm/migrate_device.c:381',
    },
  },
  {
    fields: ['mapping'],
    roles: HEADS,
    writtenAs: ['mapping'],
    otherwise: {
      effect:
        'TAIL_MAPPING passes for an address_space: migrate_vma_collect() takes the page for mapped, an rmap walk gets a general protection fault',
      line: 'mm/migrate_device.c:381',
    },
  },
  {
    fields: ['mapping'],
    roles: HEADS,
    otherwise: {
      effect: 'the free path takes the folio for anonymous, an rmap walk follows the value as a pointer',
      line: 'mm/memremap.c:426',
    },
  },
  {
    fields: ['mapping'],
    roles: TAILS,
    otherwise: {
      effect: 'a split gives the tail the mapping of the head; until then nothing reads it',
      line: 'mm/huge_memory.c:3752',
    },
  },
  {
    fields: ['index', 'share'],
    roles: HEADS,
    otherwise: {
      effect:
        'fsdax alone reads it as share; a migration sets the index, until then an rmap walk looks at a wrong address',
      line: 'mm/migrate.c:603',
    },
  },
  {
    fields: ['private'],
    roles: TAILS,
    checked: {
      effect: 'VM_WARN_ON_ONCE(tail->private) when the page becomes a tail, or is split off',
      line: 'mm/internal.h:799, mm/huge_memory.c:3760',
      config: 'DEBUG_VM',
    },
  },
  {
    fields: ['private'],
    roles: HEADS,
    checked: {
      effect:
        'nothing fires while the folio lives; the page warns with VM_WARN_ON_ONCE(tail->private) when it becomes a tail',
      line: 'mm/internal.h:799',
      config: 'DEBUG_VM',
    },
  },
  {
    fields: ['_mm_ids'],
    roles: ['tail1'],
    bits: 1n << 31n,
    otherwise: {
      effect: 'folio_lock_large_mapcount() spins for ever on bit 31',
      line: 'include/linux/rmap.h:114',
    },
  },
  {
    fields: ['_mm_ids', '_mm_id_mapcount[0]', '_mm_id_mapcount[1]'],
    roles: ['tail1'],
    checked: {
      effect: 'VM_WARN_ON_ONCE in __folio_large_mapcount_sanity_checks()',
      line: 'include/linux/rmap.h:151',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect: 'the folio counts as mapped by processes that are gone, and as shared',
      line: 'include/linux/rmap.h:196',
    },
  },
  {
    fields: ['_large_mapcount', '_entire_mapcount', '_nr_pages_mapped'],
    roles: ['tail1'],
    otherwise: {
      effect:
        'the folio counts as mapped (or unmapped) when it is not: migration and split refuse it, statistics go wrong',
      line: 'mm/migrate_device.c:561',
    },
  },
  {
    fields: ['_pincount'],
    roles: ['tail1'],
    otherwise: {
      effect: 'the folio counts as pinned: migration refuses it',
      line: 'mm/internal.h:787',
    },
  },
  {
    fields: ['_mapcount'],
    roles: TAILS,
    checked: {
      effect: 'VM_BUG_ON_PAGE(_mapcount != -1) when the folio is split',
      line: 'mm/huge_memory.c:3716',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect: 'the map count of the page never returns to -1',
      line: 'mm/huge_memory.c:3716',
    },
  },
  {
    fields: ['_mapcount'],
    roles: HEADS,
    otherwise: {
      effect: 'the page counts as mapped: migration refuses it, statistics go wrong',
      line: 'mm/migrate_device.c:561',
    },
  },
  {
    fields: ['_refcount'],
    checked: {
      effect:
        'VM_WARN_ON_FOLIO(folio_ref_count) at the next init, which goes on; the page is in use twice or never freed',
      line: 'mm/memremap.c:514, mm/memremap.c:122',
      config: 'DEBUG_VM',
    },
    otherwise: {
      effect: 'the page is in use twice, or is never freed and memunmap_pages() waits for ever',
      line: 'mm/memremap.c:122',
    },
  },
  {
    fields: ['zone_device_data'],
    roles: TAILS,
    otherwise: {
      effect:
        'a driver without folio_split gets it as its own data once a split makes the tail a folio, in folio_free or migrate_to_ram',
      line: 'include/linux/memremap.h:251',
    },
  },
  {
    fields: ['_deferred_list.next', '_deferred_list.prev'],
    roles: ['tail2'],
    otherwise: {
      effect: 'folio_unqueue_deferred_split() takes the folio for queued and unlinks it from a foreign list',
      line: 'mm/internal.h:758',
    },
  },
  {
    fields: ['pgmap.ref'],
    otherwise: {
      effect:
        'too few references given back: memunmap_pages() waits for ever; too many: "percpu ref (dev_pagemap_percpu_release) <= 0"',
      line: 'mm/memremap.c:122, lib/percpu-refcount.c:197',
    },
  },
  {
    fields: ['folio_free'],
    otherwise: {
      effect: 'the driver is told of other pages than were freed: they are lost, or handed out while in use',
      line: 'mm/memremap.c:457',
    },
  },
  {
    fields: [
      'PG_locked',
      'PG_writeback',
      'PG_referenced',
      'PG_uptodate',
      'PG_dirty',
      'PG_lru',
      'PG_waiters',
      'PG_active',
      'PG_workingset',
      'PG_reclaim',
      'PG_unevictable',
      'PG_owner_2',
      'PG_swapbacked',
    ],
    roles: TAILS,
    otherwise: {
      effect:
        'nothing reads it while the page is a tail and a split clears it; a folio that begins here has it where the init does not clear it',
      line: 'mm/huge_memory.c:3731',
    },
  },
];
