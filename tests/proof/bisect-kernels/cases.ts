import {
  BREAKS_BUILD,
  CHECKS_ORDER,
  HARMLESS,
  KEEPS_ORDER,
  MENDS_BUILD,
  STILL_BROKEN,
  WAITS_WITH_REFERENCE,
} from './edits.js';
import type { Edit } from './edits.js';

/** A bisect on real kernels whose answer is known. */
export interface ProofCase {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly test: string;
  /** The search is between two configurations of the last patch, the good one first. */
  readonly configs?: readonly [good: string, bad: string];
  readonly verdict: 'culprit' | 'range';
  /** Numbers of the patches, or of the options, that are to be named. */
  readonly culprits: readonly number[];
  /** Share of runs that fail where the change is, at least and at most. */
  readonly rate: readonly [least: number, most: number];
}

/** Numbers of the culprit in the five series of eight; `random.sample(range(1, 9), 5)` of Python 3.11 with the seed 2026. */
export const PLACES = [2, 3, 5, 6, 1] as const;

function at(place: number): readonly Edit[] {
  return [...HARMLESS.slice(0, place - 1), KEEPS_ORDER, ...HARMLESS.slice(place - 1)];
}

const [first, second, third, fourth, fifth] = HARMLESS as readonly [Edit, Edit, Edit, Edit, Edit];

export const PROOF_CASES: readonly ProofCase[] = [
  ...PLACES.map((place, index): ProofCase => ({
    name: `a${index + 1}`,
    edits: at(place),
    test: 'mixed-order/S1',
    verdict: 'culprit',
    culprits: [place],
    rate: [1, 1],
  })),
  {
    name: 'b',
    edits: [first, fourth, second, WAITS_WITH_REFERENCE, third, fifth],
    test: 'mixed-order/F1/some-time-apart',
    verdict: 'culprit',
    culprits: [4],
    rate: [0.2, 0.5],
  },
  {
    name: 'c',
    edits: [first, second, fourth, BREAKS_BUILD, KEEPS_ORDER, STILL_BROKEN, MENDS_BUILD, fifth],
    test: 'mixed-order/S1',
    verdict: 'range',
    culprits: [4, 5, 6, 7],
    rate: [1, 1],
  },
  {
    name: 'd',
    edits: [CHECKS_ORDER],
    test: 'mixed-order/S1',
    configs: ['nodebug', 'default'],
    verdict: 'culprit',
    // DEBUG_VM comes first: DEBUG_VM_PGFLAGS depends on it.
    culprits: [1],
    rate: [1, 1],
  },
];
