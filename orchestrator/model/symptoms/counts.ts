import type { Symptom } from '../symptoms.js';
import { HEADS, TAILS } from './where.js';

/** Counts that are not what they should be: references, mapcounts, mm ids, and what the driver and its pgmap are told. */
export const COUNTS: readonly Symptom[] = [
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
];
