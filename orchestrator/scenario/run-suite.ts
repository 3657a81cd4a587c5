import type { Event, TestRecord } from '../store/records.js';
import { CrashLedger } from './crash-ledger.js';
import type { ModelOp } from './oracle.js';
import { toRecord, unfinished } from './outcome.js';
import type { Outcome } from './outcome.js';
import type { GuestPool, Request } from './protocol.js';
import { inherit, nextAttempt, RERUN_CASES_PER_KEY } from './reruns.js';
import type { Attempt, Decided } from './reruns.js';
import { runScenario } from './run-scenario.js';
import type { ScenarioOptions } from './run-scenario.js';
import { modelOpOf } from './request.js';
import { actionOf } from './schema.js';
import type { Case } from './schema.js';
import { GuestSession } from './session.js';
import type { ParseSplats } from './session.js';
import { NOTHING_FORETOLD, troubleOf } from './trouble.js';

export interface SuiteOptions extends Omit<ScenarioOptions, 'onStep'> {
  readonly pool: GuestPool;
  /** Index of the point, for the events. */
  readonly point: number;
  readonly parseSplats: ParseSplats;
  readonly emit: (event: Event) => void;
  /** Guests that run cases at the same time. Default 2. */
  readonly lanes?: number;
  /** Run generated cases too that the model knows to crash as others did; see CrashLedger. */
  readonly exhaustive?: boolean;
  /** For the whole suite, before the time scale. */
  readonly deadlineMs: number;
}

/** Guests that cannot be had one after another before the rest of a lane's cases are given up. */
const DEAD_GUESTS = 3;

interface Run {
  readonly test: Case;
  readonly outcome: Outcome;
  /** Requests that the guest had answered before the case began. */
  readonly prefix: readonly Request[];
}

/**
 * Runs cases over a pool of guests; records come back in the order of the cases, one for each. A lane keeps its guest
 * until something goes wrong in it. Failures that can be doubted are run again when all cases have run once, so that
 * one answer serves all cases with the same failure key. Rejects with the signal's reason when aborted; a guest that
 * cannot be had is an `error` of the cases that needed it.
 */
export async function runSuite(cases: readonly Case[], options: SuiteOptions): Promise<TestRecord[]> {
  const end = performance.now() + options.deadlineMs * options.timeScale;
  const runs = new Map<string, Run>();
  const records = new Map<string, TestRecord>();
  const publish = (run: Run, decided: Decided | undefined): void => {
    const { outcome, test } = run;
    const failed = outcome.verdict === 'fail';
    const record = toRecord(
      test,
      outcome,
      decided ?? { verdict: outcome.verdict, runs: 1, matches: failed ? 1 : 0 },
    );
    records.set(test.id, record);
    options.emit({ t: Date.now(), type: 'test-end', point: options.point, test: record });
  };

  const queue = [...cases];
  const doubted = new Map<string, Run>();
  const ledger = new CrashLedger();
  await inLanes(options.lanes ?? 2, async () => {
    await runLane(queue, end, options, ledger, (run) => {
      ledger.note(run.test.id, run.outcome);
      runs.set(run.test.id, run);
      if (run.outcome.verdict === 'fail' && !run.outcome.certain) doubted.set(run.test.id, run);
      else {
        doubted.delete(run.test.id);
        publish(run, undefined);
      }
    });
  });

  const order = new Map(cases.map((test, index) => [test.id, index]));
  const sorted = [...doubted.values()].sort(
    (a, b) => (order.get(a.test.id) ?? 0) - (order.get(b.test.id) ?? 0),
  );
  const groups = [...groupBy(sorted, (run) => run.outcome.failureKey ?? '').values()];
  await inLanes(options.lanes ?? 2, async () => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      await confirmGroup(group, end, options, publish);
    }
  });
  return cases.map(
    (test) => records.get(test.id) ?? toRecord(test, unfinished(), { verdict: 'error', runs: 0, matches: 0 }),
  );
}

/** Runs cases from the queue until it is empty. */
async function runLane(
  queue: Case[],
  end: number,
  options: SuiteOptions,
  ledger: CrashLedger,
  done: (run: Run) => void,
): Promise<void> {
  let session: GuestSession | undefined;
  let last: Run | undefined;
  let dead = 0;
  try {
    for (let test = queue.shift(); test; test = queue.shift()) {
      options.signal?.throwIfAborted();
      options.emit({
        t: Date.now(),
        type: 'test-start',
        point: options.point,
        id: test.id,
        suite: test.suite,
      });
      if (performance.now() > end) {
        done({ test, outcome: unfinished('not run: the suite had used up its time'), prefix: [] });
        continue;
      }
      if (dead >= DEAD_GUESTS) {
        done({ test, outcome: unfinished(`not run: ${dead} guests in a row could not be used`), prefix: [] });
        continue;
      }
      try {
        session ??= await openSession(options, false);
        dead = 0;
      } catch (error) {
        options.signal?.throwIfAborted();
        dead += 1;
        done({ test, outcome: unfinished(`no guest: ${messageOf(error)}`), prefix: [] });
        continue;
      }
      const leaveOut = options.exhaustive === true ? undefined : leftOut(test, session, options, ledger);
      if (leaveOut !== undefined) {
        done({ test, outcome: { ...unfinished(leaveOut), verdict: 'skip', guestUsable: true }, prefix: [] });
        continue;
      }
      const prefix = session.history.slice();
      const outcome = await runOne(test, session, options);
      if (!outcome.guestUsable) {
        await session.guest.discard();
        session = undefined;
      }
      last = { test, outcome, prefix };
      done(last);
    }
    // What the kernel said after its last answer has no later step to be seen in.
    const late = session && last && (await lateTrouble(session, last, options));
    if (late) {
      done(late);
      await session?.guest.discard();
      session = undefined;
    }
  } catch (error) {
    await session?.guest.discard();
    throw error;
  }
  session?.guest.release();
}

/** The lane's last case as a failure where its guest has complained or hung since; it cannot say more of which case did it. */
async function lateTrouble(
  session: GuestSession,
  last: Run,
  options: SuiteOptions,
): Promise<Run | undefined> {
  const sent = await session.send({ op: 'reset' }, 10_000 * options.timeScale);
  const what = 'reset after the last case';
  const steps = last.test.steps.length + 1;
  const trouble = troubleOf(steps, what, sent, last.outcome.deviations, () => NOTHING_FORETOLD);
  if (!trouble?.certain) return undefined;
  return { ...last, outcome: { ...last.outcome, ...trouble, durationMs: last.outcome.durationMs } };
}

/** Why a generated case is left out; undefined where it has to be run. */
function leftOut(
  test: Case,
  session: GuestSession,
  options: SuiteOptions,
  ledger: CrashLedger,
): string | undefined {
  const { ready, pristine } = session;
  if (!test.generated || !ready || !ledger.speaks) return undefined;
  const ops: ModelOp[] = [];
  for (const step of test.steps) {
    const op = modelOpOf(actionOf(step), ready, pristine);
    if (op === undefined || 'error' in op || step.expect) return undefined;
    ops.push(op);
  }
  return ledger.reasonToLeaveOut(options.oracle.foretell(ready, pristine, ops));
}

async function openSession(options: SuiteOptions, fresh: boolean): Promise<GuestSession> {
  const guest = await options.pool.acquire({ fresh, ...(options.signal ? { signal: options.signal } : {}) });
  const session = new GuestSession(guest, options.parseSplats);
  try {
    await session.open(options.timeScale);
    return session;
  } catch (error) {
    await guest.discard();
    throw error;
  }
}

function runOne(test: Case, session: GuestSession, options: SuiteOptions): Promise<Outcome> {
  return runScenario(test, session, {
    ...options,
    onStep: (step, op, reply) => {
      options.emit({
        t: Date.now(),
        type: 'step',
        point: options.point,
        id: test.id,
        step,
        op: { ...op },
        reply: { ...reply },
      });
    },
  });
}

/** Runs the first cases of a failure again, the others inherit what came of it. */
async function confirmGroup(
  group: readonly Run[],
  end: number,
  options: SuiteOptions,
  publish: (run: Run, decided: Decided) => void,
): Promise<void> {
  const confirmed: { id: string; decided: Decided }[] = [];
  for (const run of group) {
    options.signal?.throwIfAborted();
    const believed = confirmed.some((other) => other.decided.verdict === 'fail');
    if (believed || confirmed.length >= RERUN_CASES_PER_KEY) {
      publish(run, inherit(confirmed));
      continue;
    }
    const { shown, decided } = await confirm(run, end, options);
    confirmed.push({ id: run.test.id, decided });
    publish(shown, decided);
  }
}

async function confirm(
  run: Run,
  end: number,
  options: SuiteOptions,
): Promise<{ shown: Run; decided: Decided }> {
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
    if (outcome.certain) {
      const note = `first ${run.outcome.failureKey ?? 'another failure'}, then this when it was run again`;
      const decided: Decided = { verdict: 'fail', runs: attempts.length + 2, matches: 1, note };
      return { shown: { ...run, outcome }, decided };
    }
    // A failure that shows another field first is a failure all the same.
    attempts.push({ manner: next, matched: outcome.verdict === 'fail' });
  }
}

/** One more run in a fresh guest; a text where it could not be had. */
async function again(run: Run, withPrefix: boolean, options: SuiteOptions): Promise<Outcome | string> {
  let session: GuestSession;
  try {
    session = await openSession(options, true);
  } catch (error) {
    options.signal?.throwIfAborted();
    return `no guest: ${messageOf(error)}`;
  }
  try {
    for (const request of withPrefix ? run.prefix : []) {
      options.signal?.throwIfAborted();
      const sent = await session.send(request, 10_000 * options.timeScale);
      const trouble = troubleOf(0, `${request.op}, replayed`, sent, [], () => NOTHING_FORETOLD);
      if (trouble?.certain) return trouble;
      if (trouble) return `the replay of what ran before it stopped: ${trouble.reason ?? sent.kind}`;
    }
    return await runScenario(run.test, session, options);
  } finally {
    await session.guest.discard();
  }
}

/** Runs the same body in n lanes; the first error stops nobody but is thrown when all have ended. */
async function inLanes(count: number, body: () => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, body));
  for (const lane of ends) if (lane.status === 'rejected') throw lane.reason;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
