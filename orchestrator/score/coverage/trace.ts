import { MAX_ORDER } from '../../model/explore/page-role.js';
import type { FolioChange } from '../../model/explore/role-history.js';

/**
 * Probes on what the core and upstream's driver do with device folios, as kprobe_events takes them; arguments are in the
 * registers of the x86-64 calling convention. Each is hit when the function is entered: an init before it changes a page, a
 * free before the driver may use the pages again, so that events stand in the order of what they tell.
 */
export const PROBES = [
  // void zone_device_page_init(struct page *page, struct dev_pagemap *pgmap, unsigned int order), mm/memremap.c:481
  'p:ci/init zone_device_page_init page=%di:x64 order=%dx:u32',
  // void free_zone_device_folio(struct folio *folio), mm/memremap.c:416
  'p:ci/free free_zone_device_folio folio=%di:x64',
  // static void dmirror_devmem_folio_split(struct folio *head, struct folio *tail), lib/test_hmm.c:1830; tail is NULL in the
  // last call, for the head itself. The core calls it from an inline function, which cannot be probed.
  'p:ci/split test_hmm:dmirror_devmem_folio_split head=%di:x64 tail=%si:x64',
] as const;

/** sizeof(struct page). */
const PAGE_BYTES = 64;
const NULL = /^0x0+$/;

/**
 * Page number of a struct page, counted from an address that is a multiple of far more than an order-9 folio: the low 48
 * bits of the address say where in the memory map it lies.
 */
function pageOf(address: string): number {
  return Number.parseInt(address.slice(-12), 16) / PAGE_BYTES;
}

/**
 * What the lines of a trace tell, in order; lines that are no event of ours tell nothing.
 * @throws Error for an event whose arguments are not those of the probes: the kernel has another zone_device_page_init()
 */
export function* changesInTrace(lines: Iterable<string>): Generator<FolioChange> {
  for (const line of lines) {
    const [, event, rest] = /^\s*(init|free|split): \([^)]*\)(.*)$/.exec(line) ?? [];
    if (event === undefined || rest === undefined) continue;
    const args = new Map(rest.split(' ').map((word) => word.split('=', 2) as [string, string]));
    const page = (name: string): string => {
      const value = args.get(name);
      if (value === undefined || !/^0x[0-9a-f]+$/.test(value)) throw unfit(line);
      return value;
    };
    if (event === 'init') {
      const order = Number(args.get('order'));
      if (!Number.isInteger(order) || order > MAX_ORDER) throw unfit(line);
      yield { kind: 'born', pfn: pageOf(page('page')), order };
    } else if (event === 'free') yield { kind: 'died', pfn: pageOf(page('folio')) };
    else yield { kind: 'split', pfn: pageOf(NULL.test(page('tail')) ? page('head') : page('tail')) };
  }
}

function unfit(line: string): Error {
  return new Error(`the trace does not fit the probes (another zone_device_page_init()?): ${line.trim()}`);
}
