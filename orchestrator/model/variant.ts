import type { FreeStep, InitStep } from './steps/step.js';

/** One way to write zone_device_page_init() and the free path (KERNEL-FACTS §3): lists of named steps, no code. */
export interface Variant {
  readonly id: string;
  readonly summary: string;
  /** Statements of zone_device_page_init(), prep_compound_page() included, in order. */
  readonly init: readonly InitStep[];
  /** Statements of free_zone_device_folio(), in order. */
  readonly free: readonly FreeStep[];
}
