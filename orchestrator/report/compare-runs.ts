import type { PointRecord, RunRecord, TestRecord } from '../store/records.js';
import { keyOf } from '../verdict/compare.js';
import { fisherExact, SIGNIFICANCE } from '../verdict/statistics.js';
import { testsOf } from './words.js';

/** One test in two runs. */
export interface TestPair {
  readonly test: string;
  readonly before: TestRecord;
  readonly now: TestRecord;
}

/** What the second of two runs says beside the first, each at its last point that was tested. */
export interface RunComparison {
  readonly points: { readonly before: PointRecord; readonly now: PointRecord } | undefined;
  /** Fails now and passed before. */
  readonly fails: readonly TestPair[];
  readonly fixed: readonly TestPair[];
  readonly stillFailing: readonly TestPair[];
  /** Failing in both, with another failure key. */
  readonly otherwise: readonly TestPair[];
  /** Rates of intermittent failures that are no accident (Fisher, p < 0.01). */
  readonly rates: readonly TestPair[];
  readonly onlyBefore: readonly string[];
  readonly onlyNow: readonly string[];
  readonly alike: number;
}

/** Compares two runs: two versions of a series, or one series on two bases. Skips and errors say nothing. */
export function compareRuns(before: RunRecord, now: RunRecord): RunComparison {
  const [a, b] = [lastTested(before), lastTested(now)];
  const result = {
    fails: [] as TestPair[],
    fixed: [] as TestPair[],
    stillFailing: [] as TestPair[],
    otherwise: [] as TestPair[],
    rates: [] as TestPair[],
  };
  const old = new Map((a === undefined ? [] : results(before, a)).map((test) => [test.id, test]));
  const fresh = new Map((b === undefined ? [] : results(now, b)).map((test) => [test.id, test]));
  let alike = 0;
  for (const [id, test] of fresh) {
    const was = old.get(id);
    if (was === undefined) continue;
    const list = listOf(was, test);
    if (list === undefined) alike += 1;
    else result[list].push({ test: id, before: was, now: test });
  }
  return {
    ...result,
    points: a === undefined || b === undefined ? undefined : { before: a, now: b },
    onlyBefore: [...old.keys()].filter((id) => !fresh.has(id)),
    onlyNow: [...fresh.keys()].filter((id) => !old.has(id)),
    alike,
  };
}

function listOf(
  before: TestRecord,
  now: TestRecord,
): 'fails' | 'fixed' | 'stillFailing' | 'otherwise' | 'rates' | undefined {
  if (before.verdict === 'flaky' || now.verdict === 'flaky')
    return Math.min(fisherExact(now, before), fisherExact(before, now)) < SIGNIFICANCE ? 'rates' : undefined;
  const [failed, fails] = [before.verdict === 'fail', now.verdict === 'fail'];
  if (failed && fails) return keyOf(before) === keyOf(now) ? 'stillFailing' : 'otherwise';
  if (fails) return 'fails';
  return failed ? 'fixed' : undefined;
}

function lastTested(run: RunRecord): PointRecord | undefined {
  return run.points.findLast((point) => results(run, point).length > 0);
}

function results(run: RunRecord, point: PointRecord): readonly TestRecord[] {
  return testsOf(run, point).filter(({ verdict }) => verdict !== 'skip' && verdict !== 'error');
}
