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

/** Place of the worst in WORST_FIRST; behind all of them where nothing differs. */
function worst(list: readonly Difference[]): number {
  return Math.min(WORST_FIRST.length, ...list.map(({ kind }) => WORST_FIRST.indexOf(kind)));
}

const later = ({ afterwards }: Looked): Difference[] => afterwards.flatMap(({ differences }) => differences);

/** The worse first; what comes afterwards decides between equals. */
function byWorst(x: Looked, y: Looked): number {
  return worst(x.differences) - worst(y.differences) || worst(later(x)) - worst(later(y));
}

/** What kind of difference it is, without places and values. */
function signature(one: Looked): string {
  const words = (list: readonly Difference[]): string[] => [
    ...new Set(list.map(({ kind, field, transition }) => [kind, field, transition].join(' '))),
  ];
  return [...words(one.differences).sort(), '|', ...words(later(one)).sort()].join('\n');
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
  const sorted = [...groups.values()].sort((x, y) => byWorst(first(x), first(y)));
  const chosen: Telling[] = [];
  const wanted = Math.min(limit, all.length);
  for (let round = 0; chosen.length < wanted; round++)
    for (const group of sorted) {
      const one = group[round];
      if (one) chosen.push({ ...one, alike: group.length - 1 });
    }
  return chosen.slice(0, wanted);
}
