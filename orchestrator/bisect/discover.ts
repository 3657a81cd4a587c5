import type { TestRecord } from '../store/records.js';
import { isBoot } from '../verdict/point-tests.js';
import type { Target } from './events.js';
import { isTarget, keyMatches, keysOf } from './target.js';

/** The failure to look for, with the record that showed it. */
export interface Found {
  readonly target: Target;
  readonly record: TestRecord;
}

/**
 * Which failure to look for among all that the end that fails showed: one that the other end does not show, and that came
 * every time; a deviation that the model decodes; then the quickest. A kernel that does not boot shows nothing else.
 * @param wanted pattern of `--failure`; then nothing else counts
 */
export function chooseFailure(
  failing: readonly TestRecord[],
  clean: readonly TestRecord[],
  wanted?: string,
): Found | undefined {
  const failed = failing
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'flaky')
    .map((record) => ({ record, target: targetOf(record, wanted) }))
    .filter(({ record }) => wanted === undefined || keysOf(record).some((key) => keyMatches(wanted, key)));
  const rank = ({ record, target }: Found): readonly number[] => [
    Number(!isBoot(record.id)),
    Number(
      clean.some((other) => hasFailed(other) && isTarget({ test: other.id, keys: keysOf(other) }, target)),
    ),
    Number(record.verdict !== 'fail'),
    Number(record.deviations.length === 0),
    record.durationMs,
  ];
  return failed.toSorted((a, b) => compare(rank(a), rank(b)))[0];
}

function hasFailed({ verdict }: TestRecord): boolean {
  return verdict === 'fail' || verdict === 'flaky';
}

function targetOf(record: TestRecord, wanted: string | undefined): Target {
  return { test: record.id, keys: wanted === undefined ? keysOf(record) : [wanted] };
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
