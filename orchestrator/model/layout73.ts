import { parseLayout } from './layout.js';
import type { Layout } from './layout.js';

/** The agent's `layout` object for Linux 7.3.4 on x86-64 with MEMCG (KERNEL-FACTS §1), as JSON would give it. */
export function layout73Json(): Record<string, Record<string, unknown>> {
  return {
    sizeof: { page: 64, folio: 256 },
    fields: {
      'page.flags': [0, 8],
      'page.compound_info': [8, 8],
      'page.pgmap': [8, 8],
      'page.zone_device_data': [16, 8],
      'page.mapping': [24, 8],
      'page.index': [32, 8],
      'page.share': [32, 8],
      'page.private': [40, 8],
      'page._mapcount': [48, 4],
      'page._refcount': [52, 4],
      'page.memcg_data': [56, 8],
      'folio._flags_1': [64, 8],
      'folio._head_1': [72, 8],
      'folio._large_mapcount': [80, 4],
      'folio._nr_pages_mapped': [84, 4],
      'folio._entire_mapcount': [88, 4],
      'folio._pincount': [92, 4],
      'folio._mm_id_mapcount': [96, 8],
      'folio._mm_ids': [104, 8],
      'folio._mapcount_1': [112, 4],
      'folio._refcount_1': [116, 4],
      'folio._nr_pages': [120, 4],
      'folio._deferred_list': [144, 16],
    },
    flags: {
      PG_locked: 0,
      PG_writeback: 1,
      PG_referenced: 2,
      PG_uptodate: 3,
      PG_dirty: 4,
      PG_lru: 5,
      PG_head: 6,
      PG_waiters: 7,
      PG_active: 8,
      PG_workingset: 9,
      PG_owner_priv_1: 10,
      PG_owner_2: 11,
      PG_arch_1: 12,
      PG_reserved: 13,
      PG_private: 14,
      PG_private_2: 15,
      PG_reclaim: 16,
      PG_swapbacked: 17,
      PG_unevictable: 18,
      PG_dropbehind: 19,
      PG_mlocked: 20,
    },
    consts: {
      TAIL_MAPPING: '0xdead000000000400',
      page_flags_check_at_prep: '0x1fffff',
      compound_info_has_mask: 1,
      zones_shift: 62,
      zones_width: 2,
      zone_device: 3,
    },
    config: { MEMCG: 1, DEBUG_VM: 1, DEBUG_VM_PGFLAGS: 1, PAGE_MAPCOUNT: 1, MM_ID: 1 },
  };
}

/** What the fields and flags of 7.3.4 are under other options (mm_types.h:187, 315; page-flags.h:MEMORY_FAILURE). */
function underOptions(
  json: ReturnType<typeof layout73Json>,
  config: Readonly<Record<string, boolean>>,
): void {
  if (config['MEMCG'] === false) {
    delete json['fields']?.['page.memcg_data'];
    if (config['SLAB_OBJ_EXT'] !== true) delete json['fields']?.['folio._nr_pages'];
  }
  if (config['MEMORY_FAILURE'] === true)
    json['flags'] = { ...json['flags'], PG_hwpoison: 21, PG_has_hwpoisoned: 8 };
}

/** The layout of Linux 7.3.4; `config` overrides single options, and what hangs on them. */
export function layout73(
  tailEncoding: Layout['tailEncoding'] = 'mask',
  config: Readonly<Record<string, boolean>> = {},
): Layout {
  const json = layout73Json();
  json['consts'] = { ...json['consts'], compound_info_has_mask: tailEncoding === 'mask' ? 1 : 0 };
  json['config'] = { ...json['config'], ...config };
  underOptions(json, config);
  return parseLayout(json);
}
