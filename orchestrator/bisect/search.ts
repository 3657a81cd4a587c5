import { CiError } from '../process/errors.js';
import type { TestRecord } from '../store/records.js';
import { isBoot } from '../verdict/point-tests.js';
import { likelyNext } from './ahead.js';
import { Builds } from './builds.js';
import { decide } from './decide.js';
import type { BisectEvent, Failed } from './events.js';
import type { Built, Lab } from './lab.js';
import { after } from './known.js';
import type { Known } from './known.js';
import { keysOfSameRace, type EndRuns } from './same-race.js';
import { newEnd, samePlace } from './state.js';
import { isTarget, keyMatches, keysOf, resultOf } from './target.js';
import type { Answer, Decision, Place } from './types.js';

/** Who is told how the search goes on. */
export interface Talk {
  /** Before runs are made. */
  begin(decision: Extract<Decision, { kind: 'run' }>, known: Known): void;
  built(at: Place, built: Built, ahead: boolean): void;
  /** Other names of the failure that is looked for, from now on; `keys` is all of them that were not there from the start. */
  renamed(keys: readonly string[]): void;
  /** After the runs of a decision. */
  end(decision: Extract<Decision, { kind: 'run' }>, known: Known): void;
}

export interface SearchOptions {
  readonly lab: Lab;
  /** Writes a line of the journal before it returns. */
  readonly append: (event: BisectEvent) => void;
  readonly talk: Talk;
  readonly signal: AbortSignal;
  /** Pattern of a failure key; a failure with another one is not what is looked for. */
  readonly wanted?: string;
}

export interface Searched {
  readonly answer: Answer;
  readonly known: Known;
}

/**
 * Carries a search out to its answer: runs what `decide` asks for, and builds meanwhile what it is likely to ask for next.
 * Every run is in the journal before the next decision, so that who goes on from the journal repeats none.
 * The first failure that is seen is the one that is looked for, where nobody has said which.
 */
export async function search(from: Known, options: SearchOptions): Promise<Searched> {
  const ledger = new Ledger(from, options.append, options.wanted);
  const builds = new Builds(options.lab, (at, built, ahead) => {
    ledger.built(at, built, ahead);
    options.talk.built(at, built, ahead);
  });
  try {
    for (;;) {
      options.signal.throwIfAborted();
      const decision = decide(ledger.known.state);
      if (decision.kind === 'answer') return { answer: decision.answer, known: ledger.known };
      await step(decision, ledger, builds, options);
    }
  } finally {
    await builds.close();
  }
}

type RunDecision = Extract<Decision, { kind: 'run' }>;

async function step(
  decision: RunDecision,
  ledger: Ledger,
  builds: Builds,
  { lab, talk }: SearchOptions,
): Promise<void> {
  const { at, runs, purpose } = decision;
  const began = Date.now();
  const lines = ledger.lines;
  const needed = builds.need(at);
  // Before it is waited for: what the step before held likely is not to begin meanwhile.
  builds.ahead(likelyNext(ledger.known.state, decision));
  const built = await needed;
  const waitedMs = Date.now() - began;
  // What is known of its kernel may have changed what is to be run: it may be that of another commit.
  if (ledger.lines > lines || 'untestable' in built) {
    ledger.append({ t: Date.now(), type: 'batch', waitedMs, testMs: 0 });
    return;
  }
  talk.begin(decision, ledger.known);
  const test = ledger.known.target?.test;
  let ended = 0;
  await lab.run(at, runs, test, (records, ms) => {
    ended += 1;
    ledger.ran(at, purpose, records, ms);
  });
  if (ended === 0) throw new CiError('infra', 'runs were asked for, and none came to an end');
  ledger.append({ t: Date.now(), type: 'batch', waitedMs, testMs: Date.now() - began - waitedMs });
  const renamed = ledger.nameRace();
  if (renamed !== undefined) talk.renamed(renamed);
  talk.end(decision, ledger.known);
}

/** The journal, and what it says so far. */
class Ledger {
  known: Known;
  /** Lines that say something of a kernel. */
  lines = 0;
  readonly #append: (event: BisectEvent) => void;
  readonly #wanted: string | undefined;
  #failed: { readonly error: unknown } | undefined;

  constructor(known: Known, append: (event: BisectEvent) => void, wanted: string | undefined) {
    this.known = known;
    this.#append = append;
    this.#wanted = wanted;
  }

  /** What could not be kept is the end: a line after one that is torn would make the journal useless. */
  append(event: BisectEvent): void {
    if (this.#failed !== undefined) throw this.#failed.error;
    try {
      this.#append(event);
    } catch (error) {
      this.#failed = { error };
      throw error;
    }
    this.known = after(this.known, event);
  }

  built(at: Place, built: Built, ahead: boolean): void {
    this.lines += 1;
    const t = Date.now();
    const { ms } = built;
    if ('untestable' in built) this.append({ t, type: 'untestable', at, why: built.untestable, ms });
    else this.append({ t, type: 'built', at, status: built.status, signature: built.signature, ms, ahead });
  }

  ran(at: Place, purpose: string, records: readonly TestRecord[], ms: number): void {
    const result = resultOf(records);
    this.#aim(result.failed, records);
    for (const record of records)
      if (this.#isNew(record)) this.append({ t: Date.now(), type: 'seen', at, record });
    this.append({ t: Date.now(), type: 'run', at, purpose, ...result, failed: [...result.failed], ms });
  }

  /**
   * Takes other keys of the same test for the failure that is looked for, or no longer, by what both ends show; not where the
   * user has named the key. Gives the other keys where they changed.
   */
  nameRace(): readonly string[] | undefined {
    const { target, foundBy = '', heard, state } = this.known;
    if (target === undefined || this.#wanted !== undefined) return undefined;
    const first = target.first ?? target.keys;
    const runsAt = (commit: number): EndRuns =>
      heard.filter((one) => one.type === 'run').filter(({ at }) => samePlace(at, { kind: 'commit', commit }));
    const ends = [runsAt(newEnd(state.history)), runsAt(0)] as const;
    const [failing, clean] = state.options.change === 'introduced' ? ends : [ends[1], ends[0]];
    const more = keysOfSameRace({ test: target.test, keys: first }, failing, clean);
    const keys = [...first, ...more];
    if (keys.join('\n') === target.keys.join('\n')) return undefined;
    const renamed = { test: target.test, keys, ...(more.length === 0 ? {} : { first }) };
    this.append({ t: Date.now(), type: 'target', target: renamed, foundBy });
    return more;
  }

  /** Without a target, the first failure that could be one. Booting cannot: a place that does not boot cannot be tested. */
  #aim(failed: readonly Failed[], records: readonly TestRecord[]): void {
    if (this.known.target !== undefined) return;
    const wanted = this.#wanted;
    const first = failed.find(
      ({ test, keys }) =>
        !isBoot(test) && (wanted === undefined || keys.some((key) => keyMatches(wanted, key))),
    );
    if (first === undefined) return;
    const record = records.find(({ id }) => id === first.test);
    this.append({
      t: Date.now(),
      type: 'target',
      target: { test: first.test, keys: wanted === undefined ? [...first.keys] : [wanted] },
      foundBy: wanted === undefined ? 'the first failure that came' : '--failure',
      ...(record === undefined ? {} : { record }),
    });
  }

  /** A failure with a key that no other had, and that is not looked for or was not seen yet. */
  #isNew(record: TestRecord): boolean {
    if (record.verdict !== 'fail' && record.verdict !== 'flaky') return false;
    const { target, record: wanted, others } = this.known;
    const failed = { test: record.id, keys: keysOf(record) };
    if (wanted !== undefined && target !== undefined && isTarget(failed, target)) return false;
    const key = failed.keys[0];
    return !others.some((other) => other.id === record.id && keysOf(other)[0] === key);
  }
}
