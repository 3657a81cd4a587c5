import { unchargeAddress } from '../objcg.js';
import type { Symptom } from '../symptoms.js';
import { HEADS, TAILS } from './where.js';

/** Words of a struct page that are read as pointers or data: memcg_data, mapping, index, private, zone_device_data. */
export const WORDS: readonly Symptom[] = [
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
    fields: ['index'],
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
    fields: ['zone_device_data'],
    roles: TAILS,
    otherwise: {
      effect:
        'a driver without folio_split gets it as its own data once a split makes the tail a folio, in folio_free or migrate_to_ram',
      line: 'include/linux/memremap.h:251',
    },
  },
];
