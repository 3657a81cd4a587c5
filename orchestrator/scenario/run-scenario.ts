import { failureKey } from '../model/deviation.js';
import type { DeviationKind } from '../model/deviation.js';
import type { Deviation } from '../store/records.js';
import { unfinished, deviationReason } from './outcome.js';
import type { Outcome } from './outcome.js';
import type { Foretold } from './crash-ledger.js';
import type { ModelOp, Oracle } from './oracle.js';
import type { ChangedRows } from './page-rows.js';
import type { ReadyHello, Reply } from './protocol.js';
import { lookWith } from './look.js';
import { unmetRequirement } from './requirements.js';
import { deadlineOf, destinationsOf } from './request.js';
import { actionOf } from './schema.js';
import type { Action, Case, Step } from './schema.js';
import type { GuestSession, Sent, Watch } from './session.js';
import { CaseState } from './state.js';
import { forJournal, NOTHING_FORETOLD, refusalTrouble, troubleOf } from './trouble.js';

export interface ScenarioOptions {
  readonly oracle: Oracle;
  /** Id of the known issue that covers a deviation, or undefined. */
  readonly knownIssue: (deviation: Deviation) => string | undefined;
  /** Called after each answer, for the journal. */
  readonly onStep?: (
    step: number,
    request: Readonly<Record<string, unknown>>,
    reply: Readonly<Record<string, unknown>>,
    pages: ChangedRows | undefined,
  ) => void;
  /** Who looks on while a case runs, from its first step on to what ends its mappings. */
  readonly watch?: (test: Case, hello: ReadyHello) => Watch;
  /** Why a step is not to be run for which the model foretells such ends; undefined where it is. */
  readonly leaveOut?: (foretell: () => readonly Foretold[]) => Promise<string | undefined>;
  /** Put the guest in order after a failure, where that can be done, so that others can run in it. */
  readonly mend?: boolean;
  /** Deadlines are multiplied by this; measured at boot, 1 on a machine as fast as ours. */
  readonly timeScale: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs one case in a guest whose session is open: reset, then step by step, each answer judged before the next
 * request goes out, so that a stale byte is reported before it becomes a crash. Stops at the first failing step;
 * deviations that a known issue covers do not stop it. Never throws for anything the guest does; an aborted signal
 * makes it reject with the signal's reason.
 */
export async function runScenario(
  test: Case,
  session: GuestSession,
  options: ScenarioOptions,
): Promise<Outcome> {
  const began = performance.now();
  const outcome = await runSteps(test, session, options);
  return { ...outcome, durationMs: performance.now() - began };
}

async function runSteps(test: Case, session: GuestSession, options: ScenarioOptions): Promise<Outcome> {
  const unmet = unmetRequirement(test, session.guest.hello);
  if (unmet !== undefined) return { ...unfinished(unmet), verdict: 'skip', guestUsable: true };
  if (test.steps.length === 0) return { ...unfinished('the scenario has no steps'), guestUsable: true };

  const { ready } = session;
  if (!ready) return { ...unfinished('the agent is not ready'), guestUsable: true };
  const begun = await observeAll(test, session, options);
  if (begun !== undefined) return { ...unfinished(begun), guestUsable: false };
  const state = new CaseState(session, ready, options.oracle.start(ready, session.pristine));
  const seen: Deviation[] = [];
  session.watch = options.watch?.(test, ready);
  const stop = await runAll(test, state, options, seen);
  session.watch = undefined;
  const known = [...new Set(seen.map((deviation) => deviation.known ?? ''))];
  const outcome: Outcome = stop ?? {
    verdict: seen.length > 0 ? 'known' : 'pass',
    ...(seen.length > 0 ? { reason: `known: ${known.join(', ')}` } : {}),
    deviations: seen,
    splats: [],
    evidence: [],
    durationMs: 0,
    certain: false,
    misfits: [],
    foretold: [],
    guestUsable: true,
  };
  const model = state.oracle.classify();
  const all = {
    ...outcome,
    misfits: state.oracle.misfits,
    ...(model === undefined ? {} : { model }),
    evidence: [...outcome.evidence, ...state.evidence],
  };
  if (all.guestUsable && state.remaining().length === 0) return await cleanUp(all, test, state);
  const guestUsable = options.mend === true && (await mend(all, state));
  return { ...all, guestUsable };
}

/**
 * A case on coherent pages has them observed from its beginning to the next reset; other cases need not pay for them.
 * @returns what was wrong
 */
async function observeAll(
  test: Case,
  session: GuestSession,
  { timeScale }: ScenarioOptions,
): Promise<string | undefined> {
  if (!test.requires.features.includes('coherent')) return undefined;
  const sent = await session.send({ op: 'observe', coherent: true }, 2_000 * timeScale);
  if (isWell(sent)) return undefined;
  const why = 'reply' in sent ? sent.reply.error : sent.why;
  return `the coherent pages cannot be observed: ${why ?? 'no good answer'}`;
}

/** All steps, then what the mappings still hold; the outcome of the case where one of them ends it early. */
async function runAll(
  test: Case,
  state: CaseState,
  options: ScenarioOptions,
  seen: Deviation[],
): Promise<Outcome | undefined> {
  const allowedMs = test.deadlineMs * options.timeScale;
  const deadline = performance.now() + allowedMs;
  let failed: Outcome | undefined;
  for (const [index, step] of test.steps.entries()) {
    options.signal?.throwIfAborted();
    if (performance.now() > deadline) {
      if (failed) return { ...failed, deviations: [...seen] };
      return unfinished(`the case took longer than ${allowedMs} ms, step ${index + 1} was not run`);
    }
    const stop = await runStep(index + 1, step, state, options, seen, index + 1 === test.steps.length);
    // A failure that was carried on from is not taken back by what cannot be said of a later step.
    if (stop && failed && stop.verdict !== 'fail')
      return { ...failed, deviations: [...seen], guestUsable: stop.guestUsable };
    if (stop && !(test.carryOn && stop.verdict === 'fail' && stop.guestUsable)) return stop;
    failed ??= stop;
  }
  if (failed) return { ...failed, deviations: [...seen] };
  for (const step of state.remaining()) {
    const stop = await runStep(test.steps.length + 1, step, state, options, seen, true);
    if (stop) return stop;
  }
  return undefined;
}

/**
 * Leaves pristine pages for the next case. What goes wrong here was done by this case: a splat or a hang makes it
 * fail, and a guest that cannot be made clean is not used again.
 */
async function cleanUp(outcome: Outcome, test: Case, state: CaseState): Promise<Outcome> {
  const { session } = state;
  const sent = await session.reset();
  const trouble = troubleOf(
    test.steps.length + 1,
    'reset after the case',
    sent,
    outcome.deviations,
    () => NOTHING_FORETOLD,
  );
  if (trouble)
    return outcome.verdict === 'fail' && !trouble.certain ? { ...outcome, guestUsable: false } : trouble;
  if (sent.kind !== 'reply') return { ...outcome, guestUsable: false };
  const unclean = uncleanReset(sent.reply, session);
  if (unclean === undefined) return outcome;
  const evidence = [...outcome.evidence, `${unclean}: the guest was thrown away`];
  if (outcome.verdict !== 'pass' && outcome.verdict !== 'known')
    return { ...outcome, guestUsable: false, evidence };
  return {
    ...outcome,
    verdict: 'fail',
    kind: 'leak',
    failureKey: `leak: ${unclean}`,
    reason: `reset after the case: ${unclean}`,
    evidence,
    guestUsable: false,
  };
}

/**
 * Makes a guest fit for other cases that a failure has left with mappings: a new one costs half a second, and as much again
 * until its code is translated under TCG. Whatever goes wrong here says nothing more of the case; answers whether all is
 * as in a new guest.
 */
async function mend(outcome: Outcome, state: CaseState): Promise<boolean> {
  if ((outcome.verdict !== 'fail' && outcome.verdict !== 'skip') || !outcome.guestUsable) return false;
  const { session } = state;
  if (outcome.verdict === 'fail') session.guest.noteMended();
  // The first ends processes and mappings, for which the driver is called; after the second all must be quiet.
  if (!isWell(await session.reset())) return false;
  const last = await session.reset();
  return isWell(last) && uncleanReset(last.reply, session) === undefined;
}

export function isWell(sent: Sent): sent is Extract<Sent, { kind: 'reply' }> {
  return sent.kind === 'reply' && sent.reply.ok && sent.splats.length === 0;
}

/** What the case had left that a reset could not take away; undefined where all is as in a new guest. */
function uncleanReset(reply: Reply, session: GuestSession): string | undefined {
  if (!reply.ok) return `reset was refused, ${reply.error ?? reply.errno ?? 'no reason given'}`;
  if ((reply.cb ?? []).length > 0) return 'the driver was called after the last step';
  if ((reply.refs ?? 0) !== 0) return 'references of the pgmap came or went during the reset';
  const pristine = Buffer.compare(session.pristine, session.mirror.bytes) === 0;
  return pristine ? undefined : 'reset did not give pristine pages';
}

/**
 * Runs a step; the outcome of the case where it ends it. Deviations go to `seen`, the failing ones too.
 * @param last nothing follows it but what ends the mappings
 */
async function runStep(
  number: number,
  step: Step,
  state: CaseState,
  options: ScenarioOptions,
  seen: Deviation[],
  last: boolean,
): Promise<Outcome | undefined> {
  const action = actionOf(step);
  const prepared = state.prepare(action);
  if ('error' in prepared)
    return { ...unfinished(`step ${number}: ${prepared.error}`), verdict: 'skip', guestUsable: true };
  const before = state.session.mirror.bytes;
  const inits = initsOf(action, step);
  const foretell = (): readonly Foretold[] => state.foretell(inits, before, options.oracle);
  const leftOut = inits.length > 0 ? await options.leaveOut?.(foretell) : undefined;
  if (leftOut !== undefined)
    return {
      ...unfinished(`step ${number} and what follows it ${leftOut}`),
      leftOut: true,
      verdict: 'skip',
      guestUsable: true,
    };
  const request = { ...prepared.request, ...lookWith(action) };
  const sent = await state.session.send(request, deadlineOf(action) * options.timeScale, {
    thenReset: last && state.endsWith(action),
  });
  const pages = sent.kind === 'reply' ? state.changedRows(before) : undefined;
  options.onStep?.(number, prepared.request, forJournal(sent), pages);
  const trouble = troubleOf(number, `${action.op} ${JSON.stringify(action.args)}`, sent, seen, () =>
    prepared.modelOp
      ? state.oracle.lost(number, prepared.modelOp)
      : { ...NOTHING_FORETOLD, foretold: foretell() },
  );
  if (trouble) return trouble;
  if (sent.kind !== 'reply') return undefined;

  const { reply } = sent;
  const refused = step.expect?.refused;
  if (refused !== undefined) {
    const wrong = refusalTrouble(
      refused,
      sent.reply,
      Buffer.compare(before, state.session.mirror.bytes) !== 0,
    );
    return wrong === undefined ? undefined : { ...unfinished(`step ${number}: ${wrong}`), deviations: seen };
  }
  // A signal is the kernel's answer to the access, not the agent's refusal.
  if (!reply.ok && !reply.signal) {
    const why = [reply.errno, reply.error].filter((part) => part !== undefined).join(': ');
    return { ...unfinished(`step ${number}: the agent refused ${action.op}: ${why}`), deviations: seen };
  }

  const found = await state.judge(
    number,
    action,
    step.expect,
    prepared.modelOp,
    before,
    reply,
    options.timeScale,
  );
  if ('sent' in found) {
    return (
      troubleOf(number, `look at the mapping after ${action.op}`, found.sent, seen, () => NOTHING_FORETOLD) ??
      unfinished(`step ${number}: the agent refused to say where the pages are`)
    );
  }
  return settle(found.deviations, options, seen);
}

/** The folios that a migration is sure to make, as the driver makes them: where all that it names has to move. */
function initsOf(action: Action, { expect }: Step): readonly ModelOp[] {
  if (action.op !== 'migrate' || expect?.migrated !== undefined) return [];
  return destinationsOf(action.args.to).map(({ pfn, order }) => ({
    op: 'init',
    pfn,
    order,
    unlock: 'none',
    rmappable: true,
  }));
}

/** Marks known deviations; the failing outcome where one is not known. */
function settle(
  deviations: readonly Deviation[],
  options: ScenarioOptions,
  seen: Deviation[],
): Outcome | undefined {
  let first: Deviation | undefined;
  for (const deviation of deviations) {
    const known = options.knownIssue(deviation);
    seen.push(known === undefined ? deviation : { ...deviation, known });
    if (known === undefined) first ??= deviation;
  }
  if (!first) return undefined;
  return {
    verdict: 'fail',
    kind: first.kind,
    failureKey: keyOf(first),
    reason: deviationReason(first),
    deviations: [...seen],
    splats: [],
    evidence: [],
    durationMs: 0,
    certain: false,
    misfits: [],
    foretold: [],
    guestUsable: true,
  };
}

function keyOf({ kind, field, mask, transition }: Deviation): string {
  const key = failureKey([
    {
      kind: kind as DeviationKind,
      field,
      ...(mask === undefined ? {} : { mask }),
      ...(transition === undefined ? {} : { transition }),
    },
  ]);
  return key ?? kind;
}
