import { ancestryOf, type Ancestry } from './ancestry.js';
import type { History } from './types.js';

/**
 * The commits that no test can tell apart: those with the same testable commits at or after them. On a line these are a
 * testable commit and the untestable ones just before it.
 * @param testable for each commit
 * @returns for each commit the smallest number of its class
 */
export function classesOf(history: History, testable: readonly boolean[]): readonly number[] {
  const classes = history.commits.map((_, commit) => commit);
  const ancestry = ancestryOf(history);
  const byTests = new Map<string, number[]>();
  for (let commit = 1; commit < classes.length; commit++) {
    if (testable[commit]) continue;
    const tests = testsOf(ancestry, testable, commit);
    // The same tests as a testable commit has: then that is the first of them, and they all descend from it.
    const [entrance] = tests;
    const joins =
      entrance !== undefined &&
      tests.length === testsOf(ancestry, testable, entrance).length &&
      ancestry.descends(entrance, commit);
    const key = joins ? `at ${entrance}` : tests.join();
    byTests.set(key, [...(byTests.get(key) ?? (joins ? [entrance] : [])), commit]);
  }
  for (const group of byTests.values()) {
    const smallest = Math.min(...group);
    for (const commit of group) classes[commit] = smallest;
  }
  return classes;
}

/** The testable commits that have the change of this one, ascending. */
function testsOf(ancestry: Ancestry, testable: readonly boolean[], commit: number): number[] {
  const tests: number[] = [];
  for (let other = commit; other < ancestry.size; other++) {
    if (testable[other] && ancestry.descends(other, commit)) tests.push(other);
  }
  return tests;
}

/** A class and what it has of the posterior; excluded commits (posterior 0) are left out. */
export interface Candidate {
  readonly commits: readonly number[];
  readonly posterior: number;
}

/** All classes, the most probable first. */
export function candidates(classes: readonly number[], of: readonly number[]): Candidate[] {
  const found = new Map<number, { commits: number[]; posterior: number }>();
  for (let commit = 1; commit < classes.length; commit++) {
    const share = of[commit] ?? 0;
    if (share <= 0) continue;
    const name = classes[commit] ?? commit;
    const one = found.get(name);
    if (one === undefined) found.set(name, { commits: [commit], posterior: share });
    else {
      one.commits.push(commit);
      one.posterior += share;
    }
  }
  return [...found.values()].toSorted((a, b) => b.posterior - a.posterior);
}
