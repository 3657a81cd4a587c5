import type { Outcome } from './outcome.js';
import type { Request } from './protocol.js';
import { nextAttempt } from './reruns.js';
import type { Attempt, Decided } from './reruns.js';
import { isWell, runScenario } from './run-scenario.js';
import type { ScenarioOptions } from './run-scenario.js';
import type { Case } from './schema.js';
import { openSession } from './session.js';
import type { GuestSession, SessionOptions } from './session.js';
import { NOTHING_FORETOLD, troubleOf } from './trouble.js';

/** For a request that is replayed. */
const REPLAY_MS = 10_000;

/** A case that ran, in a guest that others may have run in before it. */
export interface Run {
  readonly test: Case;
  readonly outcome: Outcome;
  /** Requests that the guest had answered before the case began. */
  readonly prefix: readonly Request[];
  /** A case before it had broken the guest. */
  readonly mended: boolean;
}

/** What came of running a failure again. */
export interface Confirmed {
  readonly shown: Run;
  readonly decided: Decided;
}

export type ConfirmOptions = SessionOptions &
  Omit<ScenarioOptions, 'onStep'> & {
    /** Told of each failure that was begun ahead, when it has been decided. */
    readonly onAhead?: (confirmed: Confirmed) => void;
  };

/**
 * Runs failures that can be doubted again, the first of each failure key while the lanes still run. Disposing waits for
 * what was begun.
 */
export class Confirmer implements AsyncDisposable {
  readonly #options: ConfirmOptions;
  readonly #end: number;
  readonly #keys = new Set<string>();
  readonly #queue: Run[] = [];
  readonly #begun = new Map<string, Promise<Confirmed>>();
  #busy = false;

  /** @param end of the suite's time, on the clock of performance.now() */
  constructor(options: ConfirmOptions, end: number) {
    this.#options = options;
    this.#end = end;
  }

  /** Is to be run again when a lane has room for it, unless a case with its failure key is or was. */
  propose(run: Run): void {
    const key = run.outcome.failureKey ?? '';
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#queue.push(run);
  }

  /** Proposes it and begins with what was proposed at once, one at a time. */
  ahead(run: Run): void {
    this.propose(run);
    if (this.#busy) return;
    this.#busy = true;
    void this.#all();
  }

  async #all(): Promise<void> {
    while (this.#queue.length > 0) await this.next();
    this.#busy = false;
  }

  /** Runs the next again that was proposed, if there is one. Never rejects: a failure belongs to the one who asks of(). */
  async next(): Promise<void> {
    const run = this.#queue.shift();
    if (run === undefined) return;
    const confirmed = await this.#begin(run).catch(() => undefined);
    if (confirmed !== undefined) this.#options.onAhead?.(confirmed);
  }

  #begin(run: Run): Promise<Confirmed> {
    const begun = confirm(run, this.#end, this.#options);
    this.#begun.set(run.test.id, begun);
    return begun;
  }

  /** It is being run again, or has been, or will be next. */
  has(run: Run): boolean {
    return this.#begun.has(run.test.id) || this.#queue.includes(run);
  }

  /** What comes of running it again, which is begun now if it has not been yet. Rejects with the signal's reason. */
  of(run: Run): Promise<Confirmed> {
    const queued = this.#queue.indexOf(run);
    if (queued >= 0) this.#queue.splice(queued, 1);
    return this.#begun.get(run.test.id) ?? this.#begin(run);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue.length = 0;
    await Promise.allSettled(this.#begun.values());
  }
}

async function confirm(run: Run, end: number, options: ConfirmOptions): Promise<Confirmed> {
  const attempts: Attempt[] = [];
  // The session's own reset and dump are in every prefix and prove nothing.
  const hasPrefix = run.prefix.some((request) => request.op !== 'reset' && request.op !== 'dump');
  for (;;) {
    const next = nextAttempt(attempts, hasPrefix);
    if (typeof next !== 'string') return { shown: run, decided: next };
    const late = performance.now() > end;
    const outcome = late ? 'the suite had used up its time' : await again(run, next === 'prefix', options);
    if (typeof outcome === 'string' || outcome.verdict === 'error' || outcome.verdict === 'skip') {
      // It was seen once and could not be tried again: believed, and said.
      const matches = 1 + attempts.filter((attempt) => attempt.matched).length;
      const decided: Decided = {
        verdict: 'fail',
        runs: 1 + attempts.length,
        matches,
        note: `not run again: ${typeof outcome === 'string' ? outcome : (outcome.reason ?? outcome.verdict)}`,
      };
      return { shown: run, decided };
    }
    if (outcome.certain) return { shown: { ...run, outcome }, decided: certainly(run, outcome, attempts) };
    if (run.mended && outcome.verdict !== 'fail')
      return { shown: { ...run, outcome }, decided: withdrawn(outcome) };
    // A failure that shows another field first is a failure all the same.
    attempts.push({ manner: next, matched: outcome.verdict === 'fail' });
  }
}

/** A crash or a hang came of it in a fresh guest. */
function certainly(run: Run, { failureKey }: Outcome, attempts: readonly Attempt[]): Decided {
  const runs = attempts.length + 2;
  const matches = failureKey === run.outcome.failureKey ? runs : 1;
  const note =
    matches > 1
      ? `came ${matches} of ${runs} times`
      : `first ${run.outcome.failureKey ?? 'another failure'}, then this when it was run again`;
  return { verdict: 'fail', runs, matches, note };
}

/** What fails after a case that broke its guest, and not in a fresh one, has not failed. */
function withdrawn({ verdict }: Outcome): Decided {
  const note = 'failed once in a guest that a case before it had broken; this is how it went in a fresh one';
  return { verdict: verdict === 'known' ? 'known' : 'pass', runs: 1, matches: 0, note };
}

/** One more run in a fresh guest; a text where it could not be had. */
async function again(run: Run, withPrefix: boolean, options: ConfirmOptions): Promise<Outcome | string> {
  let session: GuestSession;
  try {
    session = await openSession(options, true);
  } catch (error) {
    options.signal?.throwIfAborted();
    return `no guest: ${messageOf(error)}`;
  }
  let healthy = false;
  try {
    for (const request of withPrefix ? run.prefix : []) {
      options.signal?.throwIfAborted();
      const sent = await session.send(request, REPLAY_MS * options.timeScale);
      const trouble = troubleOf(0, `${request.op}, replayed`, sent, [], () => NOTHING_FORETOLD);
      if (trouble?.certain) return trouble;
      if (trouble) return `the replay of what ran before it stopped: ${trouble.reason ?? sent.kind}`;
    }
    const outcome = await runScenario(run.test, session, { ...options, mend: true });
    // What the kernel says after the last answer is asked for, so that the lanes can go on in this guest.
    healthy = outcome.guestUsable && isWell(await session.reset());
    return outcome;
  } finally {
    if (healthy) session.guest.release();
    else await session.guest.discard();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
