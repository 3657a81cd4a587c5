import * as step from './steps/index.js';
import type { Variant } from './variant.js';

export type { Variant } from './variant.js';

/** Base tree of every variant is Linux 7.3.4; `tests/variants/ID.patch` makes a kernel of each but b. */

const take = [step.takeRefs, step.setCount, step.lockPage];
const counts = [step.setOrder, step.prepCounts];
const compound = step.ifLarge(step.setHead, step.prepTails, ...counts);
const free = [step.uncharge, step.clearExclusive, step.freeMapping, step.callFolioFree, step.putRefs];

export const VARIANT_A: Variant = {
  id: 'a',
  summary: '6.19-rc1 to rc7: no re-initialisation',
  init: [...take, compound],
  free,
};

/** What b does to every page of the new folio. */
const resetB = [
  step.clearLowFlags,
  step.clearNrPages,
  step.clearMapping,
  step.setPgmap,
  step.clearShare,
  step.warnInUse,
];

export const VARIANT_B: Variant = {
  id: 'b',
  summary: '7.3 (v6 1/5): low flags, _nr_pages, mapping, pgmap and share of every page of the new folio',
  init: [...resetB, ...take, compound],
  free,
};

/** b with one statement of the loop replaced. */
const instead = (of: step.InitStep, ...by: readonly step.InitStep[]): readonly step.InitStep[] => [
  ...resetB.flatMap((one) => (one === of ? by : [one])),
  ...take,
  compound,
];

export const VARIANT_D1: Variant = {
  id: 'd1',
  summary: 'first sketch of the review: tails from the fourth page on, no head flag, at order 0 too',
  init: [step.prepTailsFromFourth, ...counts, step.zeroOwnNrPages, ...take],
  free,
};

export const VARIANT_D2: Variant = {
  id: 'd2',
  summary:
    'second sketch of the review: prep_compound_page() at every order, then the folio that the page names',
  init: [
    step.takeRefs,
    step.setHead,
    step.clearTailLowFlags,
    step.prepTails,
    ...counts,
    step.clearSmallHead,
    step.takeNamedFolio,
  ],
  free,
};

export const VARIANT_E1: Variant = {
  id: 'e1',
  summary: 'b with all of memcg_data cleared instead of the low half',
  init: instead(step.clearNrPages, step.clearMemcgData),
  free,
};

export const VARIANT_E2: Variant = {
  id: 'e2',
  summary: 'every page as memremap_pages() leaves it, then prep_compound_page()',
  init: [step.reinitPages, ...take, compound],
  free,
};

export const VARIANT_Z: Variant = {
  id: 'z',
  summary: 'head only: mapping, memcg_data, all page flags, pgmap',
  init: [
    step.onHead(step.clearMapping, step.clearMemcgData, step.clearCheckedFlags, step.setPgmap),
    ...take,
    compound,
  ],
  free,
};

export const VARIANT_P4: Variant = {
  id: 'p4',
  summary: 'v4: large folios are taken apart when they are freed; init as a',
  init: VARIANT_A.init,
  free: [
    step.uncharge,
    step.clearExclusive,
    step.freeMapping,
    step.atFree(
      step.resetFolioOrder,
      step.prepareHead,
      step.prepareMapping,
      step.preparePgmap,
      step.prepareShare,
      step.warnInUse,
    ),
    step.callFolioFree,
    step.putRefs,
  ],
};

export const VARIANT_W: Variant = {
  id: 'w',
  summary: 'b with the whole flags word cleared, zone and node included',
  init: instead(step.clearLowFlags, step.clearAllFlags),
  free,
};

export const VARIANT_R: Variant = {
  id: 'r',
  summary: 'b with folio_reset_order() of every page instead of the cast to the page before',
  init: [step.resetEveryOrder, ...instead(step.clearNrPages)],
  free,
};

export const VARIANT_NOMEMCG: Variant = {
  id: 'nomemcg',
  summary: 'b without the line that clears _nr_pages (negative control)',
  init: instead(step.clearNrPages),
  free,
};

/** All variants by id, in the order in which tables list them. */
export const VARIANTS: Readonly<Record<string, Variant>> = Object.fromEntries(
  [
    VARIANT_A,
    VARIANT_B,
    VARIANT_D1,
    VARIANT_D2,
    VARIANT_E1,
    VARIANT_E2,
    VARIANT_Z,
    VARIANT_P4,
    VARIANT_W,
    VARIANT_R,
    VARIANT_NOMEMCG,
  ].map((variant) => [variant.id, variant]),
);

/** All variants, likeliest first: what a kernel is compared with unless somebody names others. */
export const LIKELY_VARIANTS: readonly Variant[] = [
  VARIANT_B,
  ...Object.values(VARIANTS).filter((variant) => variant !== VARIANT_B),
];
