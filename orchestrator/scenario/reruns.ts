import type { TestVerdict } from '../store/records.js';

/**
 * When a deviation is believed (DESIGN: The guest). A splat or a hang with its stack is never doubted and never run
 * again. Pure decisions; running is somebody else's.
 */

/** `alone`: in a fresh guest. `prefix`: in a fresh guest after the exact requests that the failing one had seen. */
export type Manner = 'alone' | 'prefix';

export interface Attempt {
  readonly manner: Manner;
  /** It failed too, whatever it showed first. */
  readonly matched: boolean;
}

export interface Decided {
  /** A pass (or `known`) only for what failed in a mended guest alone. */
  readonly verdict: Exclude<TestVerdict, 'error' | 'skip'>;
  /** The first run included. */
  readonly runs: number;
  readonly matches: number;
  readonly note: string;
}

/**
 * What to do next about a failure that came once. Alone goes first: where that fails too, which is nearly always,
 * what ran before in the guest does not matter and its replay, hundreds of cases long, is saved. Where it
 * passes, the exact prefix is replayed, and once more if that brings the failure back: twice with the prefix and never
 * without is a failure that needs the prefix, anything else is flaky.
 * @param hasPrefix something ran in the guest before the case
 */
export function nextAttempt(attempts: readonly Attempt[], hasPrefix: boolean): Manner | Decided {
  const matches = 1 + attempts.filter((attempt) => attempt.matched).length;
  const runs = 1 + attempts.length;
  const [first, second, third] = attempts;
  const other: Manner = hasPrefix ? 'prefix' : 'alone';
  if (!first) return 'alone';
  if (first.matched) return { verdict: 'fail', runs, matches, note: `came ${matches} of ${runs} times` };
  if (!second) return other;
  if (!second.matched) return { verdict: 'flaky', runs, matches, note: `came ${matches} of ${runs} times` };
  if (!third) return other;
  return third.matched && other === 'prefix'
    ? {
        verdict: 'fail',
        runs,
        matches,
        note: 'comes only after what ran before it in the same guest, not alone',
      }
    : { verdict: 'flaky', runs, matches, note: `came ${matches} of ${runs} times` };
}

/** Failures with the same key that are run again at most; the rest are believed or doubted as these were. */
export const RERUN_CASES_PER_KEY = 2;

/** Verdict on a case that was not run again itself because others with the same failure key were. */
export function inherit(others: readonly { readonly id: string; readonly decided: Decided }[]): Decided {
  const failed = others.find((other) => other.decided.verdict === 'fail');
  const source = failed ?? others[0];
  if (!source) throw new RangeError('no other case to inherit from');
  const { verdict, runs, matches } = source.decided;
  return {
    verdict,
    runs: 1,
    matches: 1,
    note: `not run again: the same failure in ${source.id} came ${matches} of ${runs} times`,
  };
}
