import type { PointRecord, RunRecord } from '../../store/records.js';
import { duration, pointName } from '../words.js';

/** `717 tests, 328 failed`: what ran at a point. */
export function countedIn(run: RunRecord, index: number): string {
  const tests = run.points.find((point) => point.index === index)?.tests ?? [];
  const failed = tests.filter(({ verdict }) => verdict === 'fail').length;
  return `${tests.length === 1 ? '1 test' : `${tests.length} tests`}${failed === 0 ? '' : `, ${failed} failed`}`;
}

/** Why little or nothing was done for a point. */
export function reasonFor({ build, inheritedFrom, tests }: PointRecord, run: RunRecord): string | undefined {
  if (build.status === 'failed') return 'does not compile';
  if (inheritedFrom !== undefined) {
    const name = pointName(inheritedFrom, run.series !== undefined);
    return `same kernel as ${name === 'base' ? 'the base' : `patch ${name}`}: not booted again`;
  }
  if (tests.length > 0 && tests.every(({ reused }) => reused)) return 'results of an earlier run';
  return undefined;
}

/** `0`, `10 s`, `1 min`, `1 min 30 s`, `500 ms`. */
export function tickInWords(ms: number): string {
  if (ms === 0) return '0';
  if (ms % 60_000 === 0 && ms < 3_600_000) return `${ms / 60_000} min`;
  return duration(ms).replace(/\.0 s$/, ' s');
}
