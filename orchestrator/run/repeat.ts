import type { TestRecord } from '../store/records.js';

/**
 * The records of `--repeat N` as one record a test, in the order of the first round. A test that failed in some rounds
 * only is flaky; splats and hangs are never withdrawn, so that one of them makes the test fail.
 */
export function mergeRepeats(rounds: readonly (readonly TestRecord[])[]): TestRecord[] {
  const [first = []] = rounds;
  if (rounds.length <= 1) return [...first];
  return first.map((test) =>
    mergeOne(rounds.flatMap((round) => round.filter((other) => other.id === test.id))),
  );
}

function mergeOne(all: readonly TestRecord[]): TestRecord {
  const worst =
    all.find((one) => one.kind === 'splat' || one.kind === 'hang') ??
    all.find((one) => one.verdict === 'fail') ??
    all.find((one) => one.verdict === 'flaky') ??
    all.find((one) => one.verdict === 'error') ??
    all[0];
  if (worst === undefined) throw new Error('a test without any record cannot be merged');
  const same = all.filter((one) => one.failureKey === worst.failureKey);
  const runs = all.reduce((sum, one) => sum + one.runs, 0);
  const matches = worst.failureKey === undefined ? 0 : same.reduce((sum, one) => sum + one.matches, 0);
  const certain = worst.kind === 'splat' || worst.kind === 'hang' || matches === runs;
  const verdict = worst.verdict === 'fail' && !certain ? 'flaky' : worst.verdict;
  return { ...worst, verdict, runs, matches, durationMs: all.reduce((sum, one) => sum + one.durationMs, 0) };
}
