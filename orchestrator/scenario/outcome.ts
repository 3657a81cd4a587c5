import type { Deviation, FailureKind, ModelFit, Splat, TestRecord, TestVerdict } from '../store/records.js';
import type { Foretold } from './crash-ledger.js';
import type { Case } from './schema.js';

/** What one run of one case came to. */
export interface Outcome {
  readonly verdict: Exclude<TestVerdict, 'flaky'>;
  readonly kind?: FailureKind;
  readonly failureKey?: string;
  readonly reason?: string;
  readonly deviations: readonly Deviation[];
  readonly splats: readonly Splat[];
  readonly evidence: readonly string[];
  readonly durationMs: number;
  /** A splat or a hang with its stack: never withdrawn, so never run again to make sure. */
  readonly certain: boolean;
  /** Variants of the model that were wrong about a step of this case, or of one before it. */
  readonly misfits: readonly string[];
  /** How the model's variants explain the case; absent where it could judge no step. */
  readonly model?: ModelFit;
  /** For a crash or hang: what the variants foretold for its step. */
  readonly foretold: readonly Foretold[];
  /** The guest can be used on. */
  readonly guestUsable: boolean;
  /** It was not run, or not to its end, since it would have crashed as others did. */
  readonly leftOut?: true;
}

/** Before a result arrives a test has this one. */
export function unfinished(reason = 'did not finish'): Outcome {
  return {
    verdict: 'error',
    reason,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 0,
    certain: false,
    misfits: [],
    foretold: [],
    guestUsable: false,
  };
}

/** Splats that one record keeps: a test can repeat one warning hundreds of times. */
const SPLATS_KEPT = 8;

/** The first splat of each title, and a line about each that came more than once. */
export function distinctSplats(splats: readonly Splat[]): {
  readonly splats: Splat[];
  readonly notes: string[];
} {
  const counts = new Map<string, number>();
  for (const { title } of splats) counts.set(title, (counts.get(title) ?? 0) + 1);
  const first = splats.filter(
    (splat, index) => splats.findIndex(({ title }) => title === splat.title) === index,
  );
  const notes = [...counts]
    .filter(([, count]) => count > 1)
    .map(([title, count]) => `${count} times: ${title}`);
  return { splats: first.slice(0, SPLATS_KEPT), notes };
}

/** Failure key of a splat: its title, which says the same bug at other points and in other runs. */
export function splatKey(splat: Splat): string {
  return `splat: ${splat.title}`;
}

/** Failure key of a hang by the functions it waits in, innermost first; offsets and addresses do not count. */
export function hangKey(stack: readonly string[]): string {
  const names = stack.map(functionName).filter((name) => name !== '');
  const own = names.filter((name) => !/^(__)?(switch_to|schedule|io_schedule|preempt_schedule)/.test(name));
  return `hang: ${(own.length > 0 ? own : names).slice(0, 3).join(' < ') || 'no stack'}`;
}

function functionName(frame: string): string {
  return (
    /^\s*(?:\[<[^>]*>\]\s*)?([\w.]+)/.exec(frame)?.[1]?.replace(/\.(?:isra|constprop|part|cold)\b.*$/, '') ??
    ''
  );
}

/** One line for a table: where the first deviation that is not known is, what was expected and found. */
export function deviationReason(deviation: Deviation): string {
  const place = deviation.page === undefined ? '' : ` page ${deviation.page}`;
  const byte = deviation.byte === undefined ? '' : ` byte ${deviation.byte}`;
  return `step ${deviation.step}:${place}${byte} ${deviation.field}: expected ${deviation.expected}, found ${deviation.found}`;
}

/** The record of a test; `runs` and `matches` count this outcome's key. */
export function toRecord(
  test: Pick<Case, 'id' | 'suite'>,
  outcome: Outcome,
  runs: {
    readonly verdict: TestVerdict;
    readonly runs: number;
    readonly matches: number;
    readonly note?: string;
  },
): TestRecord {
  const { splats, notes } = distinctSplats(outcome.splats);
  const reason = [outcome.reason, runs.note].filter((part) => part !== undefined).join('; ');
  return {
    id: test.id,
    suite: test.suite,
    verdict: runs.verdict,
    ...(outcome.kind === undefined ? {} : { kind: outcome.kind }),
    ...(outcome.failureKey === undefined ? {} : { failureKey: outcome.failureKey }),
    runs: runs.runs,
    matches: runs.matches,
    ...(reason === '' ? {} : { reason }),
    deviations: [...outcome.deviations],
    splats,
    ...(outcome.model === undefined ? {} : { model: outcome.model }),
    evidence: [...outcome.evidence, ...notes],
    durationMs: Math.round(outcome.durationMs),
    reused: false,
  };
}
