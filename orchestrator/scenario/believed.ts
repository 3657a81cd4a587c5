import type { TestRecord } from '../store/records.js';
import type { Confirmer, Run } from './confirm.js';
import { inherit, RERUN_CASES_PER_KEY } from './reruns.js';
import type { Decided } from './reruns.js';

/** A case that failed in an earlier run of the same kernel. */
export interface EarlierFailure {
  readonly failureKey: string;
  /** It came more than once, so that it was seen in a fresh guest too. */
  readonly confirmed: boolean;
}

/** What a run of the same kernel says of its failures, by id. */
export function failuresOf(tests: readonly TestRecord[]): ReadonlyMap<string, EarlierFailure> {
  return new Map(
    tests.flatMap(({ id, verdict, failureKey, matches }) =>
      verdict === 'fail' && failureKey !== undefined
        ? [[id, { failureKey, confirmed: matches > 1 }] as const]
        : [],
    ),
  );
}

/** A failure that others with its failure key are judged by. */
export interface Believed {
  readonly id: string;
  readonly decided: Decided;
}

/** Of a crash or a hang with its stack in a guest that nothing had broken before. */
export const CERTAIN: Decided = { verdict: 'fail', runs: 1, matches: 1, note: '' };
/** Of what an earlier run has seen; the run that it was seen in is counted. */
export const AGAIN: Decided = {
  verdict: 'fail',
  runs: 2,
  matches: 2,
  note: 'came 2 of 2 times, once in an earlier run of this kernel',
};

/** A guest that a case before it had broken proves nothing of a case, which then must have failed in a fresh one. */
export function isAgain({ outcome, mended }: Run, earlier: EarlierFailure | undefined): boolean {
  return earlier !== undefined && earlier.failureKey === outcome.failureKey && (earlier.confirmed || !mended);
}

/** Runs the first cases of a failure again, the others inherit what came of it. */
export async function confirmGroup(
  group: readonly Run[],
  certain: ReadonlyMap<string, Believed>,
  confirmer: Confirmer,
  signal: AbortSignal | undefined,
  publish: (run: Run, decided: Decided) => void,
): Promise<void> {
  const confirmed: Believed[] = [];
  const sure = certain.get(group[0]?.outcome.failureKey ?? '');
  if (sure !== undefined) confirmed.push(sure);
  const begun = group.filter((run) => confirmer.has(run));
  for (const run of [...begun, ...group.filter((one) => !begun.includes(one))]) {
    signal?.throwIfAborted();
    const believed = confirmed.some((other) => other.decided.verdict === 'fail');
    if (believed || (confirmed.length >= RERUN_CASES_PER_KEY && !run.mended)) {
      publish(run, inherit(confirmed));
      continue;
    }
    const { shown, decided } = await confirmer.of(run);
    // What was withdrawn says nothing of the others.
    if (decided.verdict === 'fail' || decided.verdict === 'flaky')
      confirmed.push({ id: run.test.id, decided });
    publish(shown, decided);
  }
}
