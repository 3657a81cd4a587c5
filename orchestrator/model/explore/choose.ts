import type { Difference } from './difference.js';
import type { SearchStep } from './universe.js';

/** A shortest sequence after whose last step two kernels differ. */
export interface Telling {
  readonly steps: readonly SearchStep[];
  /** Orders of its steps that come to the same. */
  readonly ways: number;
  /** Other sequences that differ in the same fields of pages with the same roles. */
  readonly alike: number;
  readonly differences: readonly Difference[];
  /** What comes of it: the folios still alive are freed, and this is what differs in it so long as both come back. */
  readonly afterwards: readonly { readonly step: SearchStep; readonly differences: readonly Difference[] }[];
}

/** A telling sequence before it is known how many others are like it. */
export type Looked = Omit<Telling, 'alike'>;

const WORST_FIRST = ['crash', 'hang', 'foreign', 'warnings', 'callbacks', 'references', 'bits'] as const;

function rank({ differences, afterwards }: Looked): number {
  const worst = (list: readonly Difference[]): number =>
    Math.min(WORST_FIRST.length, ...list.map(({ kind }) => WORST_FIRST.indexOf(kind)));
  return worst(differences) * 10 + worst(afterwards.flatMap((one) => one.differences));
}

/** What kind of difference it is, without places and values. */
function signature({ differences, afterwards }: Looked): string {
  const words = (list: readonly Difference[]): string[] => [
    ...new Set(list.map(({ kind, field, transition }) => [kind, field, transition].join(' '))),
  ];
  return [
    ...words(differences).sort(),
    '|',
    ...words(afterwards.flatMap((one) => one.differences)).sort(),
  ].join('\n');
}

/** One sequence for each kind of difference, the worst first, then a second one of each, up to the limit. */
export function choose(all: readonly Looked[], limit: number): Telling[] {
  const groups = new Map<string, Looked[]>();
  for (const one of all) {
    const key = signature(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const first = (group: readonly Looked[]): Looked => group[0] as Looked;
  const sorted = [...groups.values()].sort((x, y) => rank(first(x)) - rank(first(y)));
  const rounds = Math.max(0, ...sorted.map((group) => group.length));
  const chosen: Telling[] = [];
  for (let round = 0; round < rounds && chosen.length < limit; round++)
    for (const group of sorted) {
      const one = group[round];
      if (one && chosen.length < limit) chosen.push({ ...one, alike: group.length - 1 });
    }
  return chosen;
}
