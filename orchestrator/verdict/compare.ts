import type { SummaryEntry, TestRecord } from '../store/records.js';
import { isBoot } from './point-tests.js';
import { fisherExact, isNewFlake, SIGNIFICANCE } from './statistics.js';

/** The last result of each test that decides something, before the point in question. */
export type History = ReadonlyMap<string, { readonly point: number; readonly test: TestRecord }>;

/** What the tests of one point say beside those before it. */
export interface Comparison {
  readonly introduced: readonly SummaryEntry[];
  readonly fixed: readonly SummaryEntry[];
  readonly stillFailing: readonly SummaryEntry[];
  readonly flaky: readonly SummaryEntry[];
  readonly known: readonly SummaryEntry[];
  /** Failures that somebody looked at and excused. */
  readonly triaged: readonly SummaryEntry[];
  /** Failures of tests that no point before had a result of. */
  readonly unprecedented: readonly SummaryEntry[];
  /** Still failing, but with another failure key than before. */
  readonly changed: readonly SummaryEntry[];
  /** Flaky, new, and neither shown nor excluded to be this point's doing. */
  readonly undecided: readonly SummaryEntry[];
  readonly errors: readonly TestRecord[];
}

/**
 * Compares the tests of one point with the history. `pass` and `known` are passes; `skip` and `error` say nothing
 * about the kernel, so that the comparison reaches back to the last point that did have a result.
 *
 * A test that failed before and fails now with another failure key is still failing, not introduced: a series must
 * not be blamed for the second symptom of a failure that was there before it. It is listed in `changed`, for the
 * reader. Splats that no test owns are tests of their own by title, so a new title is always introduced.
 */
export function compareTests(point: number, tests: readonly TestRecord[], history: History): Comparison {
  const result = {
    introduced: [] as SummaryEntry[],
    fixed: [] as SummaryEntry[],
    stillFailing: [] as SummaryEntry[],
    flaky: [] as SummaryEntry[],
    known: [] as SummaryEntry[],
    triaged: [] as SummaryEntry[],
    unprecedented: [] as SummaryEntry[],
    changed: [] as SummaryEntry[],
    undecided: [] as SummaryEntry[],
    errors: [] as TestRecord[],
  };
  for (const test of tests) {
    const before = history.get(test.id)?.test;
    const entry = { test: test.id, point, failureKey: keyOf(test) };
    if (test.triaged !== undefined) {
      result.triaged.push(entry);
      continue;
    }
    switch (test.verdict) {
      case 'skip':
        break;
      case 'error':
        result.errors.push(test);
        break;
      case 'pass':
      case 'known':
        if (test.verdict === 'known') result.known.push(entry);
        if (before !== undefined && isFixed(test, before)) {
          result.fixed.push({ ...entry, failureKey: keyOf(before) });
        }
        break;
      case 'flaky':
        result.flaky.push(entry);
        if (before !== undefined && passed(before) && isNewFlake(test, before)) result.introduced.push(entry);
        else if (before === undefined || passed(before)) result.undecided.push(entry);
        break;
      case 'fail':
        if (before === undefined) result.unprecedented.push(entry);
        else if (passed(before)) result.introduced.push(entry);
        else {
          result.stillFailing.push(entry);
          if (keyOf(before) !== entry.failureKey) result.changed.push(entry);
        }
        break;
    }
  }
  return result;
}

/** The history with the results of one more point; a point that did not boot only adds that. */
export function withPoint(history: History, point: number, tests: readonly TestRecord[]): History {
  const next = new Map(history);
  for (const test of tests) {
    if (test.verdict === 'skip' || test.verdict === 'error') continue;
    // What is excused must not hide the next failure of the same test: that one is compared with what was before.
    if (test.triaged !== undefined) continue;
    // One failed attempt is no result: it takes two to say that a kernel does not boot.
    if (isBoot(test.id) && test.verdict === 'fail' && test.runs < 2) continue;
    // A flake that could not be decided is no result either: what fails for certain later did pass before.
    const before = history.get(test.id)?.test;
    if (test.verdict === 'flaky' && before !== undefined && passed(before) && !isNewFlake(test, before))
      continue;
    next.set(test.id, { point, test });
  }
  return next;
}

function passed(test: TestRecord): boolean {
  return test.verdict === 'pass' || test.verdict === 'known';
}

function isFixed(now: TestRecord, before: TestRecord): boolean {
  if (before.verdict === 'fail') return true;
  // An intermittent failure that did not show once is not gone.
  return before.verdict === 'flaky' && fisherExact(before, { matches: 0, runs: now.runs }) < SIGNIFICANCE;
}

/** What a summary calls the failure: its key, the known issues that cover it, or at least its kind. */
export function keyOf(test: TestRecord): string {
  if (test.verdict === 'known') {
    const ids = new Set(test.deviations.flatMap(({ known }) => (known === undefined ? [] : [known])));
    if (ids.size > 0) return [...ids].toSorted().join(', ');
  }
  return test.failureKey ?? test.kind ?? test.verdict;
}
