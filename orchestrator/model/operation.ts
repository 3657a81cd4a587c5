import type { Splat } from './traps.js';

/** unlock_page()/put_page() resolve the head as drivers do; `folio` casts the page, never page_folio(). */
export type How = 'page' | 'folio';

/** What a step asks of the kernel; `pfn` counts pages from the start of the chunk. */
export type Operation =
  | {
      readonly op: 'init';
      readonly pfn: number;
      readonly order: number;
      /** How the lock that zone_device_page_init() leaves is dropped; `none` keeps it. */
      readonly unlock: 'none' | How;
      /** zone_device_folio_init(): folio_set_large_rmappable() where order > 0. */
      readonly rmappable: boolean;
      /** Stored in zone_device_data after the init; absent: not written. */
      readonly zdd?: bigint;
    }
  | { readonly op: 'unlock'; readonly pfn: number; readonly how?: How }
  | { readonly op: 'free'; readonly pfn: number; readonly how?: How }
  /** Writes `size` (1, 2, 4, 8) bytes behind the kernel's back. */
  | {
      readonly op: 'poke';
      readonly pfn: number;
      readonly byte: number;
      readonly size: number;
      readonly value: bigint;
    }
  /** Every page as memremap_pages() leaves it. */
  | { readonly op: 'reset' };

/** A call of the driver: the folio's first page and its order, for `migrate_to_ram` the page of the fault. */
export interface Callback {
  readonly fn: 'folio_free' | 'folio_split' | 'migrate_to_ram';
  readonly pfn: number;
  readonly order: number;
  /** The new folio of a `folio_split`; absent in its last call, for the head itself. */
  readonly tail?: number;
}

/** What a step does besides changing bytes. */
export interface Effects {
  /** Calls of the driver's operations in this step. */
  readonly callbacks: readonly Callback[];
  /** pgmap references held after the step, relative to no live folio. */
  readonly refs: number;
  /** Warnings this step can print; the kernel prints `_ONCE` ones only at the first time after boot. */
  readonly warnings: readonly Splat[];
  /** The kernel dies in this step; bytes are as far as it came. */
  readonly crash?: Splat;
  /** The task never comes back from this step. */
  readonly hang?: Splat;
  /** The page leaves what the model has in this step: nothing is foretold of what follows. */
  readonly foreign?: Splat;
}
