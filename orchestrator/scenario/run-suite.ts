import type { Event, TestRecord } from '../store/records.js';
import { AGAIN, CERTAIN, confirmGroup, isAgain } from './believed.js';
import type { Believed, EarlierFailure } from './believed.js';
import { Confirmer } from './confirm.js';
import type { Run } from './confirm.js';
import { hex, readField } from './chunk.js';
import { CrashLedger } from './crash-ledger.js';
import type { ModelOp } from './oracle.js';
import { toRecord, unfinished } from './outcome.js';
import type { Outcome } from './outcome.js';
import type { GuestPool } from './protocol.js';
import { CaseQueue } from './queue.js';
import type { Decided } from './reruns.js';
import { runScenario } from './run-scenario.js';
import type { ScenarioOptions } from './run-scenario.js';
import { modelOpOf } from './request.js';
import { actionOf } from './schema.js';
import type { Case } from './schema.js';
import { openSession } from './session.js';
import type { GuestSession, ParseSplats } from './session.js';
import { NOTHING_FORETOLD, troubleOf } from './trouble.js';

export interface SuiteOptions extends Omit<ScenarioOptions, 'onStep'> {
  readonly pool: GuestPool;
  /** Index of the point, for the events. */
  readonly point: number;
  readonly parseSplats: ParseSplats;
  readonly emit: (event: Event) => void;
  /** Guests that run cases at the same time. Default 2. */
  readonly lanes?: number;
  /**
   * Lanes that begin when guests are likely to be lost: one that waits for a hang or for its next guest needs no processor
   * meanwhile. Before that another guest only translates once more what the others have. Default 0.
   */
  readonly spareLanes?: number;
  /** Run what the model knows to crash as others did; see CrashLedger. */
  readonly exhaustive?: boolean;
  /**
   * Ids of cases that are likely to end their guest. They come last, each in a guest that little has run in: a guest is slow
   * until its code has been translated under TCG, and one that is lost takes with it what was translated for the others.
   */
  readonly last?: ReadonlySet<string>;
  /** Those of `last` that are likely to hang; the spare lanes begin with them. */
  readonly hangs?: ReadonlySet<string>;
  /** Told what came of each case when it has run once, before anything is decided about it. */
  readonly onRan?: (run: Run) => void;
  /**
   * The tests that failed in an earlier run of this kernel, by id. What comes again as it came then needs no
   * rerun: it has been seen twice, in guests that share nothing.
   */
  readonly earlier?: ReadonlyMap<string, EarlierFailure>;
  /** For the whole suite, before the time scale. */
  readonly deadlineMs: number;
  /**
   * Whether a failure that is certain or confirmed says enough: the cases that have not begun by then are skipped, and
   * failures that nobody runs again yet stay undecided.
   */
  readonly stopAt?: (failure: TestRecord) => boolean;
}

/** Guests that cannot be had one after another before the rest of a lane's cases are given up. */
const DEAD_GUESTS = 3;

/**
 * Runs cases over a pool of guests, each taken from `cases` when a guest has time for it, so that a generator may go by the
 * clock; records come back in the order of the cases, one for each. A lane keeps its guest
 * until something goes wrong in it. Failures that can be doubted are decided when all cases have run once, so that
 * one answer serves all cases with the same failure key. Rejects with the signal's reason when aborted; a guest that
 * cannot be had is an `error` of the cases that needed it.
 */
export async function runSuite(cases: Iterable<Case>, options: SuiteOptions): Promise<TestRecord[]> {
  const end = performance.now() + options.deadlineMs * options.timeScale;
  const records = new Map<string, TestRecord>();
  // A suite that stops at a failure has the order that its caller chose.
  const { last, hangs, stopAt } = options;
  const queue = new CaseQueue(cases, {
    ...(last === undefined ? {} : { last }),
    ...(hangs === undefined ? {} : { hangs }),
    asGiven: stopAt !== undefined,
  });
  const publish = (run: Run, decided: Decided | undefined): void => {
    const record = recordOf(run, decided);
    records.set(run.test.id, record);
    options.emit({ t: Date.now(), type: 'test-end', point: options.point, test: record });
    stopIfEnough(record);
  };
  let enough: string | undefined;
  const stopIfEnough = (record: TestRecord): void => {
    if (enough !== undefined || record.verdict !== 'fail' || options.stopAt?.(record) !== true) return;
    enough = record.id;
    queue.stop();
  };

  const doubted = new Map<string, Run>();
  /** A case for each failure key that came as a crash or a hang which nobody doubts, or as in an earlier run. */
  const certain = new Map<string, Believed>();
  const ledger = new CrashLedger();
  const lanes = options.lanes ?? 2;
  await using confirmer = new Confirmer(
    { ...options, onAhead: ({ shown, decided }) => stopIfEnough(recordOf(shown, decided)) },
    end,
  );
  const spare = options.spareLanes ?? 0;
  let ordinary = lanes;
  const untilEmpty = async (lane: number): Promise<void> => {
    await runLane(
      () => queue.shift(lane, lane >= lanes),
      end,
      options,
      ledger,
      confirmer,
      (run) => {
        const { outcome } = run;
        if (!run.mended) ledger.note(run.test.id, outcome);
        options.onRan?.(run);
        const key = outcome.failureKey ?? '';
        const failed = outcome.verdict === 'fail';
        const doubtful = failed && (run.mended || !outcome.certain);
        const again = doubtful && isAgain(run, options.earlier?.get(run.test.id));
        if (doubtful && !again) {
          doubted.set(run.test.id, run);
          if (certain.has(key)) return;
          if (options.stopAt === undefined) confirmer.propose(run);
          else if (enough === undefined) confirmer.ahead(run);
        } else {
          doubted.delete(run.test.id);
          const decided = again ? AGAIN : undefined;
          if (failed) certain.set(key, { id: run.test.id, decided: decided ?? CERTAIN });
          publish(run, decided);
        }
      },
    );
  };
  await inLanes(lanes + spare, async (lane) => {
    if (lane >= lanes) await queue.late;
    try {
      await untilEmpty(lane);
    } finally {
      // A spare lane must not wait for those that were aborted.
      if (lane < lanes && --ordinary === 0) queue.stop();
    }
  });

  // What a generator had still to draw has no name.
  const all = Array.isArray(cases) ? (cases as readonly Case[]) : queue.taken;
  const order = new Map(all.map((test, index) => [test.id, index]));
  const sorted = [...doubted.values()].sort(
    (a, b) => (order.get(a.test.id) ?? 0) - (order.get(b.test.id) ?? 0),
  );
  const groups = [...groupBy(sorted, (run) => run.outcome.failureKey ?? '').values()];
  await inLanes(lanes + spare, async () => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      if (enough === undefined || group.some((run) => confirmer.has(run)))
        await confirmGroup(group, certain, confirmer, options.signal, publish);
    }
  });
  return all.map((test) => records.get(test.id) ?? notRun(test, enough));
}

function recordOf({ test, outcome }: Run, decided: Decided | undefined): TestRecord {
  const failed = outcome.verdict === 'fail';
  return toRecord(test, outcome, decided ?? { verdict: outcome.verdict, runs: 1, matches: failed ? 1 : 0 });
}

/** @param enough id of the failure at which the suite stopped */
function notRun(test: Case, enough: string | undefined): TestRecord {
  return enough === undefined
    ? toRecord(test, unfinished(), { verdict: 'error', runs: 0, matches: 0 })
    : toRecord(
        test,
        { ...unfinished(`the suite stopped at its first failure, ${enough}`), verdict: 'skip' },
        { verdict: 'skip', runs: 0, matches: 0 },
      );
}

/**
 * Runs cases until there is none left to take. A lane that needs another guest first runs a failure again in it, which has
 * to be done in a fresh one: what a new guest costs, half a second of translation under TCG, is then paid once for both.
 */
async function runLane(
  take: () => Case | undefined,
  end: number,
  options: SuiteOptions,
  ledger: CrashLedger,
  confirmer: Confirmer,
  done: (run: Run) => void,
): Promise<void> {
  let session: GuestSession | undefined;
  let last: Run | undefined;
  let dead = 0;
  try {
    for (let test = take(); test; test = take()) {
      options.signal?.throwIfAborted();
      options.emit({
        t: Date.now(),
        type: 'test-start',
        point: options.point,
        id: test.id,
        suite: test.suite,
      });
      if (performance.now() > end) {
        done({
          test,
          outcome: unfinished('not run: the suite had used up its time'),
          prefix: [],
          mended: false,
        });
        continue;
      }
      if (dead >= DEAD_GUESTS) {
        done({
          test,
          outcome: unfinished(`not run: ${dead} guests in a row could not be used`),
          prefix: [],
          mended: false,
        });
        continue;
      }
      try {
        if (session === undefined) {
          if (last !== undefined) await confirmer.next();
          session = await openSession(options, false);
          tellGuest(session, options);
        }
        dead = 0;
      } catch (error) {
        options.signal?.throwIfAborted();
        dead += 1;
        done({ test, outcome: unfinished(`no guest: ${messageOf(error)}`), prefix: [], mended: false });
        continue;
      }
      const leaveOut = await leftOut(test, session, options, ledger);
      if (leaveOut !== undefined) {
        done({
          test,
          outcome: { ...unfinished(leaveOut), leftOut: true, verdict: 'skip', guestUsable: true },
          prefix: [],
          mended: false,
        });
        continue;
      }
      const { mended } = session.guest;
      // The replay would begin with what broke the guest.
      const prefix = mended ? [] : session.history.slice();
      try {
        last = { test, outcome: await runOne(test, session, options, ledger), prefix, mended };
        done(last);
      } finally {
        ledger.over(test.id);
      }
      if (!last.outcome.guestUsable) {
        await session.guest.discard();
        session = undefined;
      }
    }
    // What the kernel said after its last answer has no later step to be seen in.
    const late = session && last && (await lateTrouble(session, last));
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

/** How to read the struct pages of the steps that follow; who writes the journal keeps the first of each kernel. */
function tellGuest({ ready, pristine }: GuestSession, { emit, point }: SuiteOptions): void {
  if (ready === undefined) return;
  const freshFlags = readField(pristine, ready, 0, 'page.flags');
  if (freshFlags === undefined) return;
  const { kernel, chunk, layout } = ready;
  const guest = { kernel, chunk, layout: { ...layout }, freshFlags: hex(freshFlags) };
  emit({ t: Date.now(), type: 'guest', point, guest });
}

/** The lane's last case as a failure where its guest has complained or hung since; it cannot say more of which case did it. */
async function lateTrouble(session: GuestSession, last: Run): Promise<Run | undefined> {
  const sent = await session.reset();
  const what = 'reset after the last case';
  const steps = last.test.steps.length + 1;
  const trouble = troubleOf(steps, what, sent, last.outcome.deviations, () => NOTHING_FORETOLD);
  if (!trouble?.certain) return undefined;
  return { ...last, outcome: { ...last.outcome, ...trouble, durationMs: last.outcome.durationMs } };
}

/** Whether it is worth while to foretell how a case ends. */
function asks(test: Case, { exhaustive, last }: SuiteOptions, ledger: CrashLedger): boolean {
  return exhaustive !== true && (ledger.speaks || last?.has(test.id) === true);
}

/** Why a generated case is left out; undefined where it has to be run. */
async function leftOut(
  test: Case,
  session: GuestSession,
  options: SuiteOptions,
  ledger: CrashLedger,
): Promise<string | undefined> {
  const { ready, pristine } = session;
  if (!test.generated || !ready || !asks(test, options, ledger)) return undefined;
  const ops: ModelOp[] = [];
  for (const step of test.steps) {
    const op = modelOpOf(actionOf(step), ready, pristine);
    if (op === undefined || 'error' in op || step.expect) return undefined;
    ops.push(op);
  }
  return ledger.ask(test.id, options.oracle.foretell(ready, pristine, ops));
}

function runOne(
  test: Case,
  session: GuestSession,
  options: SuiteOptions,
  ledger: CrashLedger,
): Promise<Outcome> {
  return runScenario(test, session, {
    ...options,
    mend: true,
    leaveOut: async (foretell) => (asks(test, options, ledger) ? ledger.ask(test.id, foretell()) : undefined),
    onStep: (step, op, reply, pages) => {
      options.emit({
        t: Date.now(),
        type: 'step',
        point: options.point,
        id: test.id,
        step,
        op: { ...op },
        reply: { ...reply },
        ...(pages === undefined ? {} : { pages: [...pages.rows] }),
        ...(pages === undefined || pages.leftOut === 0 ? {} : { pagesLeftOut: pages.leftOut }),
      });
    },
  });
}

/** Runs the same body in n lanes; the first error stops nobody but is thrown when all have ended. */
async function inLanes(count: number, body: (lane: number) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, (_, lane) => body(lane)));
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
