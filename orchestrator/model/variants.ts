import * as init from './steps.js';
import * as free from './free.js';
import type { InitStep } from './steps.js';
import type { FreeStep } from './free.js';

/** One way to write zone_device_page_init() and the free path (KERNEL-FACTS §3): lists of named steps, no code. */
export interface Variant {
  readonly id: string;
  readonly summary: string;
  /** Before prep_compound_page(). */
  readonly init: readonly InitStep[];
  /** prep_compound_page(), for orders above 0. */
  readonly prep: readonly InitStep[];
  readonly free: readonly FreeStep[];
}

const take = [init.takeRefs, init.setCount, init.lockPage];
const prep = [init.setHead, init.prepTails, init.setOrder, init.prepCounts];
const release = [free.uncharge, free.clearExclusive, free.freeMapping, free.callFolioFree, free.putRefs];

export const VARIANT_A: Variant = {
  id: 'a',
  summary: '6.19-rc1 to rc7: no re-initialisation',
  init: take,
  prep,
  free: release,
};

export const VARIANT_B: Variant = {
  id: 'b',
  summary: '7.3 (v6 1/5): low flags, _nr_pages, mapping, pgmap and share of every page of the new folio',
  init: [
    init.clearLowFlags,
    init.clearNrPages,
    init.clearMapping,
    init.setPgmap,
    init.clearShare,
    init.warnInUse,
    ...take,
  ],
  prep,
  free: release,
};

export const VARIANT_NOMEMCG: Variant = {
  ...VARIANT_B,
  id: 'nomemcg',
  summary: 'b without the line that clears _nr_pages (negative control)',
  init: VARIANT_B.init.filter((step) => step !== init.clearNrPages),
};

export const VARIANTS: Readonly<Record<string, Variant>> = {
  a: VARIANT_A,
  b: VARIANT_B,
  nomemcg: VARIANT_NOMEMCG,
};
