import type { PointRecord, RunRecord, TestRecord } from '../store/records.js';
import { failureInWords, pointName, testsOf } from './words.js';

/** A test as formats know it that have no word for `known` and `flaky`. */
export interface PointTest {
  readonly test: TestRecord;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  /** One line, where it did not simply pass. */
  readonly message?: string;
}

/**
 * The tests of a point for such formats. `known` passes: its deviations are listed and excused. `flaky` fails only where
 * it is held against the point, else it is a skip that says so: neither a pass nor a red light. A point that has no
 * tests has one, which says why.
 */
export function pointTests(run: RunRecord, point: PointRecord): readonly PointTest[] {
  const tests = testsOf(run, point);
  if (tests.length === 0) return [untested(point)];
  const introduced = new Set(
    run.summary.introduced.filter((entry) => entry.point === point.index).map((entry) => entry.test),
  );
  const held = point.verdict === 'skip' || point.verdict === 'infra' ? [untested(point)] : [];
  return [...tests.map((test) => outcomeOf(test, introduced)), ...held];
}

function outcomeOf(test: TestRecord, introduced: ReadonlySet<string>): PointTest {
  const [first = test.failureKey ?? test.verdict] = failureInWords(test);
  if (test.triaged !== undefined)
    return { test, outcome: 'skipped', message: `triaged as ${test.triaged.as}: ${first}` };
  switch (test.verdict) {
    case 'pass':
      return { test, outcome: 'passed' };
    case 'known':
      return { test, outcome: 'passed', ...(test.reason === undefined ? {} : { message: test.reason }) };
    case 'skip':
      return { test, outcome: 'skipped', message: test.reason ?? 'no reason given' };
    case 'error':
      return { test, outcome: 'error', message: test.reason ?? 'error' };
    case 'flaky': {
      const message = `flaky, failed in ${test.matches} of ${test.runs} runs: ${first}`;
      return { test, outcome: introduced.has(test.id) ? 'failure' : 'skipped', message };
    }
    case 'fail':
      return { test, outcome: 'failure', message: first };
  }
}

/** What stands for the tests that a point does not have, or does not have all of. */
function untested({ build, verdict, reason }: PointRecord): PointTest {
  const id = build.status === 'built' || build.status === 'cached' ? 'point' : 'build';
  const test: TestRecord = {
    id,
    suite: id,
    verdict: verdict === 'infra' ? 'error' : 'skip',
    runs: 0,
    matches: 0,
    reason,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: build.durationMs,
    reused: false,
  };
  return { test, outcome: verdict === 'infra' ? 'error' : 'skipped', message: reason };
}

/** A point's name where a number alone says too little: `base`, `patch-2`, `tree`. */
export function pointLabel(run: RunRecord, index: number): string {
  const name = pointName(index, run.series !== undefined);
  return /^\d/.test(name) ? `patch-${name}` : name;
}
