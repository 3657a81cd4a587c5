import { high32, low32 } from '../kernel.js';
import { LayoutError, PAGE_WORDS } from '../layout.js';
import { WARNINGS } from '../traps.js';
import type { WriterName } from '../writers.js';
import type { InitStep } from './step.js';

/** Statements about single pages, each done for every page of the folio. */

/** `flags.f &= ~0xff` */
export const clearLowFlags: InitStep = (k, page, order) =>
  k.mem.fill8(page, 1 << order, k.layout.at.flags, 0, k.by('initFlags'));

/** `flags.f = 0`: zone and node go too. */
export const clearAllFlags: InitStep = (k, page, order) =>
  k.mem.fill64(page, 1 << order, k.layout.at.flags, 0, 0, k.by('initFlags'));

/** `flags.f &= ~PAGE_FLAGS_CHECK_AT_PREP`: every page flag but PG_hwpoison, and the bits of LRU_GEN (page-flags.h:1186). */
export const clearCheckedFlags: InitStep = (k, page, order) => {
  const { checkAtPrep } = k.layout;
  if (checkAtPrep === undefined) throw new LayoutError('consts.page_flags_check_at_prep', 'missing');
  const stamp = k.by('initFlags');
  for (let p = page; p < page + (1 << order); p++)
    k.mem.clearBits(p, low32(checkAtPrep), high32(checkAtPrep), stamp);
};

/** `((struct folio *)(new_page - 1))->_nr_pages = 0`: four bytes of new_page itself. */
export const clearNrPages: InitStep = (k, page, order) => {
  const { nrPages } = k.layout.at;
  if (nrPages !== undefined) k.mem.fill32(page, 1 << order, nrPages, 0, k.by('initNrPages'));
};

/** `page->memcg_data = 0`: all eight bytes. Nothing without MEMCG. */
export const clearMemcgData: InitStep = (k, page, order) => {
  const { memcgData } = k.layout.at;
  if (memcgData !== undefined) k.mem.fill64(page, 1 << order, memcgData, 0, 0, k.by('initMemcg'));
};

const mappingBy =
  (by: WriterName): InitStep =>
  (k, page, order) =>
    k.mem.fill64(page, 1 << order, k.layout.at.mapping, 0, 0, k.by(by));

const pgmapBy =
  (by: WriterName): InitStep =>
  (k, page, order) => {
    const { lo, hi } = k.pgmapOf(page);
    k.mem.fill64(page, 1 << order, k.layout.at.info, lo, hi, k.by(by));
  };

const shareBy =
  (by: WriterName): InitStep =>
  (k, page, order) =>
    k.mem.fill64(page, 1 << order, k.layout.at.index, 0, 0, k.by(by));

/** `new_folio->mapping = NULL` */
export const clearMapping = mappingBy('initMapping');
/** `new_folio->pgmap = pgmap`: clears the tail bit with it. */
export const setPgmap = pgmapBy('initPgmap');
/** `new_folio->share = 0`: the word of index. */
export const clearShare = shareBy('initShare');

/** The same statements in free_zone_device_folio_prepare() of v4. */
export const prepareMapping = mappingBy('prepareMapping');
export const preparePgmap = pgmapBy('preparePgmap');
export const prepareShare = shareBy('prepareShare');

/** `ClearPageHead(page)` of every page of the folio. */
export const prepareHead: InitStep = (k, page, order) => {
  const bit = k.layout.flags['PG_head'] as number;
  const stamp = k.by('prepareHead');
  for (let p = page; p < page + (1 << order); p++) k.mem.putBit(p, bit, false, stamp);
};

/** The two VM_WARN_ON_FOLIO of the loop (mm/memremap.c:514-515). */
export const warnInUse: InitStep = (k, page, order) => {
  if (!k.enabled('DEBUG_VM')) return;
  const { words } = k.mem;
  const flags = k.layout.at.flags >> 2;
  const count = k.layout.at.refcount >> 2;
  const [zoneLow, zoneHigh] = k.zone;
  const [freshLow, freshHigh] = k.fresh;
  let live = 0;
  let lost = 0;
  const end = (page + (1 << order)) * PAGE_WORDS;
  for (let i = page * PAGE_WORDS; i < end; i += PAGE_WORDS) {
    live |= words[i + count] as number;
    lost |= ((words[i + flags] as number) ^ freshLow) & zoneLow;
    lost |= ((words[i + flags + 1] as number) ^ freshHigh) & zoneHigh;
  }
  k.warnOn(live !== 0, WARNINGS.live);
  k.warnOn(lost !== 0, WARNINGS.notZoneDevice);
};
