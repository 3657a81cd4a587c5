import type { MthpStat } from '../stats.js';

/** What can be asked of the modelled user memory; nothing here changes anything. */

/** Where a page of a mapping is. `zero`: the shared zero page, which is no page of the process's own. */
export type PageKind = 'none' | 'zero' | 'ram' | 'device' | 'unmapped';

export interface MappedPage {
  readonly kind: PageKind;
  /** Device page, for `device`. */
  readonly pfn?: number;
  /** Order of the folio that the page belongs to; 0 for `none`. */
  readonly order: number;
  /** The level at which it is mapped. */
  readonly level: 'pte' | 'pmd';
  /** The entry allows a write. */
  readonly write: boolean;
  /** PageAnonExclusive() of the page (at PMD level: of the head). */
  readonly exclusive: boolean;
}

/** The counts of a device folio, as its bytes have them. */
export interface FolioCounts {
  readonly order: number;
  readonly refcount: number;
  /** folio_mapcount(): mappings of the folio or of any page of it, in all processes. */
  readonly mapcount: number;
  /** folio_entire_mapcount(); 0 for order 0. */
  readonly entire: number;
}

export interface UserState {
  /** Names of living processes, the first is `main`. */
  readonly processes: readonly string[];
  /** Mappings of a process, in order of address. */
  mappings(process?: string): readonly string[];
  /** One entry for each page that the mapping was made with. */
  pages(name: string, process?: string): readonly MappedPage[];
  /** MM_ANONPAGES that the test's mappings stand for, in pages. */
  rss(process?: string): number;
  /** Counts of the device folio that holds a page. */
  folio(pfn: number): FolioCounts;
  /** Pages charged to the memory cgroup for the test's mappings, in RAM and on the device. */
  readonly charged: number;
  /** Pages of RAM and of the device that at least one page table maps (NR_ANON_MAPPED), the zero page apart. */
  readonly mapped: number;
  /** A counter of an order in hugepages-*kB/stats; events count from the start of the case. */
  mthp(stat: MthpStat, order: number): number;
  /** MTHP_STAT_NR_ANON of an order (2 and above), system and device folios together. */
  nrAnon(order: number): number;
}
