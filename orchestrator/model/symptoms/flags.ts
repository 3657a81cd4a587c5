import type { Symptom } from '../symptoms.js';
import { HEADS, SMALL, TAILS } from './where.js';

/** Page flags that are not what they should be, by what they do on a head, an order-0 page or a tail. */
export const FLAGS: readonly Symptom[] = [
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
