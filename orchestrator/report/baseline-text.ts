import type { RunRecord } from '../store/records.js';
import { compareWithBaseline } from '../verdict/baseline.js';
import type { Baseline, BaselineDifference } from '../verdict/baseline.js';
import { byScenario } from './entries.js';
import { testsOf } from './words.js';

/** Differences of one kind that are told with both sides. */
const TOLD = 3;

/**
 * The base of a run, or the tree that was tested, beside a baseline, one sentence each; the first says how they stand. None
 * where the run has no results of it.
 */
export function besideBaseline(run: RunRecord, baseline: Baseline): readonly string[] {
  const point = run.points.find(({ index }) => index === 0);
  const tests = point === undefined ? [] : testsOf(run, point);
  if (tests.length === 0) return [];
  const { worse, better, other, equal, absent, added } = compareWithBaseline(baseline, tests);
  const what = run.series === undefined ? 'the tree' : 'the base';
  const counts = [
    `${equal} as in baseline ${baseline.name} (${baseline.base}, ${baseline.savedAt})`,
    ...(worse.length > 0 ? [`${worse.length} worse`] : []),
    ...(better.length > 0 ? [`${better.length} better`] : []),
    ...(other.length > 0 ? [`${other.length} otherwise`] : []),
    // A run of part of the tests lacks the others; that the suite has grown is worth a word.
    ...(added.length > 0 ? [`${added.length} new since then`] : []),
    ...(absent.length > 0 && run.askedFor?.test === undefined ? [`${absent.length} not run`] : []),
  ];
  return [
    `${what}: ${counts.join(', ')}`,
    ...differences('worse', worse),
    ...differences('better', better),
    ...differences('otherwise', other),
  ];
}

function differences(title: string, all: readonly BaselineDifference[]): string[] {
  const told = all.slice(0, TOLD).map(({ test, before, now }) => `${title}: ${test}: ${before}, now ${now}`);
  const left = all.slice(TOLD);
  return left.length === 0 ? told : [...told, `${title} too: ${byScenario(left.map(({ test }) => test))}`];
}
