import type { Symptom } from '../symptoms.js';
import { SMALL, TAILS } from './where.js';

/** What makes pages a folio, gone wrong: zone, pgmap, the link of a tail, order and size, the deferred list. */
export const LINKS: readonly Symptom[] = [
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
    fields: ['_deferred_list.next', '_deferred_list.prev'],
    roles: ['tail2'],
    otherwise: {
      effect: 'folio_unqueue_deferred_split() takes the folio for queued and unlinks it from a foreign list',
      line: 'mm/internal.h:758',
    },
  },
];
