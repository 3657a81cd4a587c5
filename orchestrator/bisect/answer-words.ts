import type { BisectRecord } from './record.js';
import { percent } from './percent.js';

type Said = Pick<
  BisectRecord,
  'verdict' | 'change' | 'culprits' | 'points' | 'posterior' | 'endRate' | 'rate' | 'target'
>;

/** What was found out, in one sentence. */
export function verdictInWords(record: Said): string {
  const { verdict, change, culprits, points, posterior } = record;
  const did = change === 'introduced' ? 'brought' : 'ended';
  const label = (number: number | undefined): string => points[number ?? -1]?.label ?? '?';
  const among = culprits.map(label).join(', ');
  switch (verdict) {
    case 'culprit':
      return `${label(culprits[0])} ${did} it, with ${percent(posterior)}`;
    case 'range':
      return `one of ${among} ${did} it, with ${percent(posterior)}: no test can tell them apart`;
    case 'undecided':
      return `undecided: the runs are used up; one of ${among} ${did} it, with ${percent(posterior)}`;
    case 'at both ends':
      return change === 'introduced'
        ? `pre-existing: it comes at both ends alike, with ${percent(posterior)}`
        : `not fixed: it comes at both ends alike, with ${percent(posterior)}`;
    case 'not reproduced':
      return `not reproduced at the ${change === 'introduced' ? 'new' : 'old'} end`;
    case 'no difference':
      return 'both ends are the same kernel';
    case 'untestable':
      return 'an end cannot be tested';
    case 'infra':
      return 'the search could not go on';
  }
}

/** `fails in 9 of 31 runs where the change is: 29.0 %, between 14.2 % and 48.0 %`. */
export function rateInWords({ rate }: Pick<BisectRecord, 'rate'>): string {
  const { matches, runs, estimate, low, high } = rate;
  if (runs === 0) return 'it was not run where it should fail';
  return `comes in ${matches} of ${runs} runs where it should: ${percent(estimate)}, with 95 % between ${percent(low)} and ${percent(high)}`;
}
