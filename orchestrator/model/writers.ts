/**
 * Who can write a byte: a kernel function and the field as that function means it. A stamp names one of these;
 * the order is not stored anywhere, so entries may be added anywhere but before the first, which is the writer of all
 * bytes of a new memory.
 */
export interface Writer {
  readonly fn: string;
  readonly field: string;
}

const writer = (fn: string, field: string): Writer => ({ fn, field });

export const WRITERS = {
  /** `field` empty: whatever the byte is in a page of no folio. */
  fresh: writer('__init_zone_device_page', ''),
  unknown: writer('unknown', ''),
  poke: writer('poke', 'poke'),
  resync: writer('code outside the model', ''),
  zdd: writer('the driver', 'zone_device_data'),
  initFlags: writer('zone_device_page_init', 'flags'),
  reinit: writer('zone_device_page_init', ''),
  initMemcg: writer('zone_device_page_init', 'memcg_data'),
  initNrPages: writer('zone_device_page_init', '_nr_pages'),
  initMapping: writer('zone_device_page_init', 'mapping'),
  initPgmap: writer('zone_device_page_init', 'pgmap'),
  initShare: writer('zone_device_page_init', 'share'),
  initCount: writer('zone_device_page_init', '_refcount'),
  lock: writer('lock_page', 'PG_locked'),
  waiters: writer('folio_wait_bit_common', 'PG_waiters'),
  unlock: writer('folio_unlock', 'PG_locked'),
  head: writer('prep_compound_page', 'PG_head'),
  tailMapping: writer('prep_compound_tail', 'mapping'),
  tailInfo: writer('prep_compound_tail', 'compound_info'),
  tailFlags: writer('prep_compound_tail', 'flags'),
  resetOrder: writer('folio_reset_order', 'order'),
  resetNrPages: writer('folio_reset_order', '_nr_pages'),
  order: writer('prep_compound_head', 'order'),
  nrPages: writer('prep_compound_head', '_nr_pages'),
  largeMapcount: writer('prep_compound_head', '_large_mapcount'),
  nrPagesMapped: writer('prep_compound_head', '_nr_pages_mapped'),
  mmIds: writer('prep_compound_head', '_mm_ids'),
  mmIdMapcount: writer('prep_compound_head', '_mm_id_mapcount'),
  pincount: writer('prep_compound_head', '_pincount'),
  entireMapcount: writer('prep_compound_head', '_entire_mapcount'),
  deferredList: writer('prep_compound_head', '_deferred_list'),
  rmappable: writer('folio_set_large_rmappable', 'PG_large_rmappable'),
  put: writer('put_page_testzero', '_refcount'),
  freeAnon: writer('free_zone_device_folio', 'PG_anon_exclusive'),
  freeMapping: writer('free_zone_device_folio', 'mapping'),
  splitFlags: writer('__split_folio_to_order', 'flags'),
  splitMapping: writer('__split_folio_to_order', 'mapping'),
  splitIndex: writer('__split_folio_to_order', 'index'),
  splitCharge: writer('__split_folio_to_order', 'memcg_data'),
  splitHead: writer('ClearPageCompound', 'PG_head'),
  splitPgmap: writer('zone_device_private_split_cb', 'pgmap'),
  splitCount: writer('folio_ref_unfreeze', '_refcount'),
  get: writer('folio_get', '_refcount'),
  charge: writer('commit_charge', 'memcg_data'),
  freeCharge: writer('uncharge_folio', 'memcg_data'),
  insertFlags: writer('__folio_mark_uptodate', 'PG_uptodate'),
  migrateMapping: writer('__folio_migrate_mapping', 'mapping'),
  migrateIndex: writer('__folio_migrate_mapping', 'index'),
  migrateFlags: writer('folio_migrate_flags', 'flags'),
  migratePrivate: writer('folio_migrate_flags', 'private'),
  migrateCharge: writer('mem_cgroup_migrate', 'memcg_data'),
  rmapExclusive: writer('SetPageAnonExclusive', 'PG_anon_exclusive'),
  rmapPage: writer('__folio_add_rmap', '_mapcount'),
  rmapEntire: writer('__folio_add_rmap', '_entire_mapcount'),
  rmapPages: writer('__folio_add_rmap', '_nr_pages_mapped'),
  rmapLarge: writer('folio_add_return_large_mapcount', '_large_mapcount'),
  rmapIds: writer('folio_add_return_large_mapcount', '_mm_ids'),
  rmapNew: writer('folio_add_new_anon_rmap', 'mapping'),
  rmapIndex: writer('folio_add_new_anon_rmap', 'index'),
  prepareHead: writer('free_zone_device_folio_prepare', 'PG_head'),
  prepareMapping: writer('free_zone_device_folio_prepare', 'mapping'),
  preparePgmap: writer('free_zone_device_folio_prepare', 'pgmap'),
  prepareShare: writer('free_zone_device_folio_prepare', 'share'),
} as const satisfies Record<string, Writer>;

export type WriterName = keyof typeof WRITERS;

const names = Object.keys(WRITERS) as WriterName[];
const numbers = new Map(names.map((name, i) => [name, i]));

export function writerNumber(name: WriterName): number {
  return numbers.get(name) as number;
}

export function writerOf(number: number): Writer {
  return WRITERS[names[number] ?? 'unknown'];
}
