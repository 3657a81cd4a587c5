import type { Effects } from '../operation.js';

/** The process that makes the mappings; others come from `fork`. */
export const MAIN_PROCESS = 'main';

/**
 * What the driver's folio_split operation does for each new folio of a split. `absent`: the driver has none and the core
 * sets pgmap and mapping itself (include/linux/memremap.h:zone_device_private_split_cb); `pgmap`: the driver sets
 * the same two words; `zdd`: it also gives the new folio the head's zone_device_data.
 */
export type SplitDriver = 'absent' | 'pgmap' | 'zdd';

/** One destination of a migration; `page` counts pages of the mapping, `pfn` pages of the chunk. */
export interface MigrateEntry {
  readonly page: number;
  readonly pfn: number;
  /** 0, or that of a PMD. */
  readonly order: number;
}

/** What a step asks of user memory; every page number counts from the start of the mapping. */
export type UserOperation =
  /** Anonymous private memory, aligned to a PMD; `thp` is MADV_HUGEPAGE, else MADV_NOHUGEPAGE. */
  | {
      readonly op: 'mmap';
      readonly name: string;
      readonly pages: number;
      readonly thp: boolean;
      /** Address of the first page; absent: the model chooses one (page indexes in bytes are then its own). */
      readonly address?: bigint;
    }
  /** One CPU access to each page of [page, page + count) that is still mapped, in order. */
  | {
      readonly op: 'access';
      readonly name: string;
      readonly page: number;
      readonly count: number;
      readonly write: boolean;
      /** The write makes the page other than all zeroes; default: a write does. */
      readonly data?: boolean;
      readonly process?: string;
    }
  /** migrate_vma_setup/pages/finalize to chosen device pages, as the guest's module drives it. */
  | {
      readonly op: 'migrate';
      readonly name: string;
      readonly to: readonly MigrateEntry[];
      /** MIGRATE_VMA_SELECT_COMPOUND; default true. */
      readonly compound?: boolean;
      /** Destinations are initialised and put back, as a driver does whose copy failed. */
      readonly abort?: boolean;
      readonly process?: string;
    }
  | {
      readonly op: 'munmap';
      readonly name: string;
      /** Absent: the whole mapping. */
      readonly page?: number;
      readonly count?: number;
      readonly process?: string;
    }
  | {
      readonly op: 'mprotect';
      readonly name: string;
      readonly page: number;
      readonly count: number;
      readonly access: 'none' | 'read' | 'write';
      readonly process?: string;
    }
  /** madvise(MADV_DONTNEED) */
  | {
      readonly op: 'dontneed';
      readonly name: string;
      readonly page: number;
      readonly count: number;
      readonly process?: string;
    }
  | { readonly op: 'fork'; readonly child: string; readonly parent?: string }
  | { readonly op: 'exit'; readonly process: string }
  /** migrate_device_range() over [pfn, pfn + count), or migrate_device_pfns() over a list; live pages go to system memory. */
  | { readonly op: 'evict'; readonly pfn: number; readonly count: number }
  | { readonly op: 'evict'; readonly pfns: readonly number[] }
  /** Allocations of a large system folio that fail next, and what the driver does at a split. */
  | { readonly op: 'knobs'; readonly failLarge?: number; readonly split?: SplitDriver }
  /**
   * Metadata only: the live folio headed at `pfn`, of order above 0 and not mapped, becomes 2^order order-0 folios, each
   * with one reference and unlocked (T8 without the mappings).
   */
  | { readonly op: 'split'; readonly pfn: number; readonly driver?: SplitDriver };

/** What the module answers to a migration, for each entry of `to`. */
export interface MigrateAnswer {
  /** Sum of migrate_vma.cpages over the windows that were touched. */
  readonly cpages: number;
  /** Pages of `to` that are on the device now. */
  readonly migrated: number;
  /** Per entry: 1 collected, 2 PMD-mapped source, 4 writable, 8 hole, 16 destination initialised, 32 mapped now. */
  readonly src: readonly number[];
}

/** One entry, not 0, of the array that migrate_device_range() or migrate_device_pfns() leaves. */
export interface ScanEntry {
  readonly index: number;
  /** Device page that was locked and unmapped; absent: the entry names none. */
  readonly pfn?: number;
  /** MIGRATE_PFN_MIGRATE */
  readonly collected: boolean;
  readonly compound: boolean;
}

export interface UserEffects extends Effects {
  readonly migrate?: MigrateAnswer;
  /** What an eviction found. */
  readonly scan?: readonly ScanEntry[];
  /** An access that ended in a signal, and the page that it was for. */
  readonly signal?: { readonly name: 'SIGSEGV'; readonly page: number };
}
