import type { CoverageRecord, CoverageTransition } from '../../store/coverage-record.js';
import { EXIT } from '../../process/errors.js';
import type { ExitCode } from '../../process/errors.js';
import type { Ratio } from '../standing.js';
import type { Side } from './record.js';

/** Classes of a page before and after a transition: by the order of its folio, and what has none. */
export const FROM_CLASSES = ['fresh', '0', '1', '2', '3..8', '9', 'piece'] as const;
export const TO_CLASSES = ['0', '1', '2', '3..8', '9', 'piece'] as const;
export type RoleClass = (typeof FROM_CLASSES)[number];

/** Class of a role: `tail1/3..8 (head alive)` is of class 3..8. */
export function classOf(role: string): RoleClass {
  const order = /^[a-z0-9]+\/(\S+)/.exec(role)?.[1] ?? role.replace('order', '').split(' ')[0];
  const found = FROM_CLASSES.find((one) => one === order);
  if (found === undefined) throw new RangeError(`no class for role ${role}`);
  return found;
}

/** How many of the transitions that can be made a side was seen to make; by class, or all. */
export function covered(
  { transitions }: Pick<CoverageRecord, 'transitions'>,
  side: Side,
  is: (one: CoverageTransition) => boolean = () => true,
): Ratio {
  const all = transitions.filter(is);
  return { k: all.filter((one) => one[side] !== undefined).length, n: all.length };
}

export const between =
  (from: RoleClass, to: RoleClass) =>
  (one: CoverageTransition): boolean =>
    classOf(one.from) === from && classOf(one.to) === to;

/** Transitions that can be made and that a side was not seen to make. */
export function missing({ transitions }: CoverageRecord, side: Side): CoverageTransition[] {
  return transitions.filter((one) => one[side] === undefined);
}

/** 1 where our suite leaves one out, or something was seen that the model rules out; 125 where our suite was not measured. */
export function exitCodeOfCoverage(record: CoverageRecord): ExitCode {
  const wrong = (side: Side): boolean => (record[side]?.unforeseen.length ?? 0) > 0;
  if (wrong('ours') || wrong('upstream')) return EXIT.bad;
  if (record.ours === undefined) return EXIT.cannotTell;
  return missing(record, 'ours').length > 0 ? EXIT.bad : EXIT.good;
}
