import { NEW_ROLES, OLD_ROLES, transitionParts } from '../../model/explore/page-role.js';
import { classifyTransitions } from '../../model/explore/reachable.js';
import type { CoverageRecord, CoverageSide, Seen } from '../../store/coverage-record.js';
import type { Tally } from './tally.js';

/** The two whose coverage is measured: our suite, and upstream's. */
export type Side = 'ours' | 'upstream';
export const SIDES: readonly Side[] = ['ours', 'upstream'];

/** What one side was measured to cover. */
export interface Measured {
  readonly about: Omit<CoverageSide, 'uncertain' | 'contradictions' | 'unforeseen'>;
  readonly tally: Pick<Tally, 'get' | 'transitions' | 'uncertain' | 'contradictions'>;
}

/** Always the same, and half a second's work. */
let classified: ReturnType<typeof classifyTransitions> | undefined;

/**
 * The record of what was measured now; a side that was not keeps what `before` has of it. Pure.
 * @param before the record of an earlier measurement
 */
export function coverageRecord(
  now: Readonly<Partial<Record<Side, Measured>>>,
  before?: CoverageRecord,
): CoverageRecord {
  classified ??= classifyTransitions();
  const { reachable, unreachable } = classified;
  const can = new Set(reachable);
  const reasons = new Map<string, { from: string; to: string }[]>();
  for (const { transition, why } of unreachable)
    reasons.set(why, [...(reasons.get(why) ?? []), transitionParts(transition)]);
  const kept = new Map(before?.transitions.map((one) => [`${one.from}→${one.to}`, one]));
  return {
    schemaVersion: 1,
    from: [...OLD_ROLES],
    to: [...NEW_ROLES],
    ...sideOf('ours', now, can, before),
    ...sideOf('upstream', now, can, before),
    transitions: reachable.map((number) => {
      const { from, to } = transitionParts(number);
      const old = kept.get(`${from}→${to}`);
      const seen = (side: Side): Partial<Record<Side, Seen>> => {
        const measured = now[side];
        const one = measured ? measured.tally.get(number) : old?.[side];
        return one === undefined ? {} : { [side]: one };
      };
      return { from, to, ...seen('ours'), ...seen('upstream') };
    }),
    unreachable: [...reasons].map(([why, transitions]) => ({ why, transitions })),
  };
}

function sideOf(
  side: Side,
  now: Readonly<Partial<Record<Side, Measured>>>,
  can: ReadonlySet<number>,
  before: CoverageRecord | undefined,
): Partial<Record<Side, CoverageSide>> {
  const measured = now[side];
  if (!measured) {
    const old = before?.[side];
    return old === undefined ? {} : { [side]: old };
  }
  const { about, tally } = measured;
  const unforeseen = tally.transitions
    .filter((number) => !can.has(number))
    .toSorted((a, b) => a - b)
    .map((number) => {
      const { from, to } = transitionParts(number);
      return `${from}→${to}`;
    });
  const { uncertain, contradictions } = tally;
  return { [side]: { ...about, uncertain, contradictions, unforeseen } };
}
