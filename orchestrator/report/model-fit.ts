import type { ModelFit, TestRecord } from '../store/records.js';

/** How many tests each variant of the model explains, of those that the model could judge. */
export interface FitCount {
  readonly variant: string;
  readonly cases: number;
}

/** Tests that each variant explains at every step, most first; variants of equal count in the order of the records. */
export function fitCounts(tests: readonly TestRecord[]): readonly FitCount[] {
  const counts = new Map<string, number>();
  for (const { model } of tests)
    for (const variant of model?.fits ?? []) counts.set(variant, (counts.get(variant) ?? 0) + 1);
  return [...counts]
    .map(([variant, cases]) => ({ variant, cases }))
    .toSorted((one, other) => other.cases - one.cases);
}

/**
 * `fits variant b in all 446 cases`, `fits variant b in 490 of 500 cases (3 fit no variant)`; undefined where the
 * model could judge nothing.
 */
export function fitInWords(tests: readonly TestRecord[]): string | undefined {
  const judged = tests.filter(({ model }) => model !== undefined);
  if (judged.length === 0) return undefined;
  const counts = fitCounts(judged);
  const most = counts[0]?.cases ?? 0;
  const none = judged.filter(({ model }) => model?.fits.length === 0);
  if (most === 0) return `fits no variant of the model in ${casesInWords(judged.length)}${nearest(none)}`;
  const best = counts.filter(({ cases }) => cases === most).map(({ variant }) => variant);
  const names = `${best.length === 1 ? 'variant' : 'variants'} ${best.join(', ')}`;
  if (most === judged.length) return `fits ${names} in ${most === 1 ? 'its one case' : `all ${most} cases`}`;
  const rest = none.length === 0 ? '' : ` (${none.length} fit no variant)`;
  return `fits ${names} in ${most} of ${casesInWords(judged.length)}${rest}`;
}

function casesInWords(n: number): string {
  return n === 1 ? '1 case' : `${n} cases`;
}

/** The variant that is nearest in most of the cases that none fits. */
function nearest(tests: readonly TestRecord[]): string {
  const counts = new Map<string, number>();
  for (const { model } of tests)
    if (model?.best) counts.set(model.best.variant, (counts.get(model.best.variant) ?? 0) + 1);
  const [best] = [...counts].toSorted(([, one], [, other]) => other - one);
  return best === undefined ? '' : `; nearest is ${best[0]}`;
}

/** What the model's variants say of one test, in lines. */
export function testFitInWords({ steps, fits, best, unfit }: ModelFit): string[] {
  const all = steps === 1 ? 'the one step' : `all ${steps} steps`;
  if (fits.length > 0)
    return [`${fits.length === 1 ? 'variant' : 'variants'} ${fits.join(', ')}: foretold ${all}`];
  const lines = ['no variant foretold every step'];
  if (best) lines.push(`nearest: variant ${best.variant}, ${best.steps} of ${steps} steps`);
  for (const { step, page, fields } of unfit)
    lines.push(`fits none: step ${step}, page ${page}: ${fields.join(', ')}`);
  return lines;
}
