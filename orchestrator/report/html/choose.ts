import type { PointRecord, RunRecord, TestRecord } from '../../store/records.js';
import { isShrunk, scenarioOf, testsOf } from '../words.js';

/** A test at a point of which a story is told. */
export interface Told {
  readonly point: PointRecord;
  readonly test: TestRecord;
}

/** Failures that look alike, with the one that tells it best first. */
export interface Group {
  readonly key: string;
  readonly members: readonly Told[];
}

/** What became of failures at a point, in the words of the summary. */
export type List = 'introduced' | 'stillFailing' | 'flaky' | 'triaged';

const LISTS: readonly List[] = ['introduced', 'stillFailing', 'flaky', 'triaged'];

export interface Chapter {
  readonly list: List;
  readonly point: PointRecord;
  readonly groups: readonly Group[];
}

/**
 * Failures in the order in which they are told: what was introduced before what was there, and in each as the tests come: suites
 * go from simple to involved. A failure that a later point only still has is told once.
 */
export function chaptersOf(run: RunRecord): readonly Chapter[] {
  const told = new Set<string>();
  return LISTS.flatMap((list) =>
    run.points.flatMap((point) => {
      const tests = new Map(testsOf(run, point).map((test) => [test.id, test]));
      const groups = new Map<string, Told[]>();
      for (const entry of (run.summary[list] ?? []).filter((one) => one.point === point.index)) {
        const test = tests.get(entry.test);
        const name = `${entry.test} ${entry.failureKey}`;
        if (test === undefined || told.has(name)) continue;
        told.add(name);
        groups.set(entry.failureKey, [...(groups.get(entry.failureKey) ?? []), { point, test }]);
      }
      if (groups.size === 0) return [];
      return [
        {
          list,
          point,
          groups: [...groups].map(([key, members]) => ({ key, members: members.toSorted(bestFirst) })),
        },
      ];
    }),
  );
}

/** Shrunk scenarios, then those that need the fewest words. */
function bestFirst({ test: one }: Told, { test: other }: Told): number {
  return (
    Number(isShrunk(other)) - Number(isShrunk(one)) ||
    (one.model?.steps ?? 99) - (other.model?.steps ?? 99) ||
    one.id.length - other.id.length
  );
}

/** One test of each scenario that nothing is wrong with, at the last point that was tested: what was looked at. */
export function quietOnes(run: RunRecord, told: ReadonlySet<string>): readonly Told[] {
  const point = run.points.findLast((one) => testsOf(run, one).length > 0);
  if (point === undefined) return [];
  const scenarios = new Map<string, Told>();
  const tests = testsOf(run, point).filter(({ verdict }) => verdict === 'known' || verdict === 'pass');
  // What holds a known deviation tells more than what passes.
  for (const test of tests.toSorted((a, b) => (a.verdict < b.verdict ? -1 : 1))) {
    const scenario = scenarioOf(test.id);
    if (!told.has(scenario) && !scenarios.has(scenario)) scenarios.set(scenario, { point, test });
  }
  return [...scenarios.values()];
}

/** Id of a story in the page: letters and digits only. */
export function storyId({ point, test }: Told, numbers: Map<string, number>): string {
  const name = `${point.index} ${test.id}`;
  const number = numbers.get(name) ?? numbers.size + 1;
  numbers.set(name, number);
  return `s${number}`;
}
