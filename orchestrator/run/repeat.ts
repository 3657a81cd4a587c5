import type { TestRecord } from '../store/records.js';

/**
 * The records of `--repeat N` as one record a test, in the order of their first appearance: a test that only a later
 * round has (a program that crashed there) counts too. A test that failed in some rounds only is flaky; splats and hangs
 * are never withdrawn, so that one of them makes the test fail.
 */
export function mergeRepeats(rounds: readonly (readonly TestRecord[])[]): TestRecord[] {
  const [first = []] = rounds;
  if (rounds.length <= 1) return [...first];
  const byId = new Map<string, TestRecord[]>();
  for (const test of rounds.flat()) byId.set(test.id, [...(byId.get(test.id) ?? []), test]);
  return [...byId.values()].map(mergeOne);
}

/** The records of one test in several rounds as one. Throws where there is none. */
export function mergeOne(all: readonly TestRecord[]): TestRecord {
  const worst =
    all.find((one) => one.kind === 'splat' || one.kind === 'hang') ??
    all.find((one) => one.verdict === 'fail') ??
    all.find((one) => one.verdict === 'flaky') ??
    all.find((one) => one.verdict === 'error') ??
    all.find((one) => one.verdict === 'known') ??
    all.find((one) => one.verdict === 'pass') ??
    all[0];
  if (worst === undefined) throw new Error('a test without any record cannot be merged');
  const same = all.filter((one) => one.failureKey === worst.failureKey);
  const runs = all.reduce((sum, one) => sum + one.runs, 0);
  const matches = same.reduce((sum, one) => sum + one.matches, 0);
  // Failing every time in ever other ways is failing every time.
  const always = all.every((one) => one.verdict === 'fail');
  const certain = worst.kind === 'splat' || worst.kind === 'hang' || always;
  const verdict = worst.verdict === 'fail' && !certain ? 'flaky' : worst.verdict;
  return { ...worst, verdict, runs, matches, durationMs: all.reduce((sum, one) => sum + one.durationMs, 0) };
}
