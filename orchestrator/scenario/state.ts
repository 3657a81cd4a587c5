import { withPages } from './chunk.js';
import type { Deviation } from '../store/records.js';
import type { Evictable } from './evict-checks.js';
import { checkUntouched } from './folio-checks.js';
import { processOf } from './mappings.js';
import type { Foretold } from './crash-ledger.js';
import type { ModelOp, Oracle, OracleRun } from './oracle.js';
import { chunkOnly, pagesByOwner } from './page-maps.js';
import type { ByOwner } from './page-maps.js';
import { changedRows } from './page-rows.js';
import type { ChangedRows } from './page-rows.js';
import type { ReadyHello, Reply, Request } from './protocol.js';
import { modelOpOf, requestOf, reuseOps } from './request.js';
import { DEFAULT_SEED } from './schema.js';
import type { Action, Step, StepExpectation } from './schema.js';
import type { GuestSession, Sent } from './session.js';
import { checkEarlyPuts, checkLockedFrees, checkReferences } from './user-checks.js';
import { UserState } from './user-state.js';
import type { UserJudgement } from './user-step.js';
import type { UserAction } from './unruled.js';

/** What one case has made so far: folios, mappings, and the model that runs in step with it. */
export class CaseState {
  readonly session: GuestSession;
  readonly oracle: OracleRun;
  readonly #hello: ReadyHello;
  readonly evidence: string[] = [];
  /** Folios made by init, by first page. */
  readonly #live = new Map<number, { readonly order: number; readonly locked: boolean }>();
  readonly #user: UserState;
  /** That of the step under way. */
  #request: Request = { op: '' };

  constructor(session: GuestSession, hello: ReadyHello, oracle: OracleRun) {
    this.session = session;
    this.#hello = hello;
    this.oracle = oracle;
    this.#user = new UserState(session, hello);
  }

  /** Steps that end the processes and mappings that still are. */
  remaining(): Step[] {
    return this.#user.remaining();
  }

  /** Whether a step leaves nothing of user memory behind and all that it is judged by comes in its answer. */
  endsWith(action: Action): boolean {
    return this.#user.endsWith(action);
  }

  /** The crash or hang that each variant of the model foretells for operations on these struct pages. */
  foretell(ops: readonly ModelOp[], bytes: Uint8Array, oracle: Oracle): readonly Foretold[] {
    const { pages } = this.#hello.chunk;
    const known = ops.filter((op) => op.pfn < pages);
    if (known.length === 0) return [];
    return oracle.foretell(this.#hello, this.session.pristine, known, chunkOnly(this.#hello, bytes));
  }

  /** The request for a step, or why it cannot be made on this kernel. */
  prepare(
    action: Action,
  ): { readonly request: Request; readonly modelOp?: ModelOp } | { readonly error: string } {
    const op = modelOpOf(action, this.#hello, this.session.mirror.bytes);
    if (op !== undefined && 'error' in op) return op;
    const error = this.#user.problem(action);
    if (error !== undefined) return { error };
    const name = 'name' in action.args ? action.args.name : '';
    const request = requestOf(action, op, this.#user.seedOf(processOf(action), name) ?? DEFAULT_SEED);
    this.#request = request;
    return op === undefined ? { request } : { request, modelOp: op };
  }

  /** What changed in the chunk since then, for the journal: of coherent pages it says nothing. */
  changedRows(before: Uint8Array): ChangedRows {
    return changedRows(chunkOnly(this.#hello, before), chunkOnly(this.#hello, this.session.mirror.bytes));
  }

  /** Judges an answer. `sent` comes back where the look at the mapping itself went wrong. */
  async judge(
    step: number,
    action: Action,
    expect: StepExpectation | undefined,
    op: ModelOp | undefined,
    before: Uint8Array,
    reply: Reply,
    timeScale: number,
  ): Promise<{ readonly deviations: readonly Deviation[] } | { readonly sent: Sent }> {
    const judged = await this.#judge(step, action, expect, op, before, reply, timeScale);
    // In a race the sum of the per-CPU counts is read while they change.
    if ('sent' in judged || action.op === 'race') return judged;
    return {
      deviations: [...judged.deviations, ...checkEarlyPuts(step, reply), ...checkLockedFrees(step, reply)],
    };
  }

  async #judge(
    step: number,
    action: Action,
    expect: StepExpectation | undefined,
    op: ModelOp | undefined,
    before: Uint8Array,
    reply: Reply,
    timeScale: number,
  ): Promise<{ readonly deviations: readonly Deviation[] } | { readonly sent: Sent }> {
    if (op) return { deviations: this.#judgeModelled(step, op, before, this.session.mirror.bytes, reply) };
    if (action.op === 'reuse') return { deviations: this.#judgeReuse(step, action.args, before, reply) };
    if (action.op === 'knobs') {
      this.#user.knobs(action.args);
      const pages = { bytes: this.session.mirror.bytes, hello: this.#hello };
      const untouched = checkUntouched(step, before, new Set(), pages);
      this.#follow(step, reply, {
        refs: reply.refs ?? this.#owed(),
        callbacks: reply.cb ?? [],
        events: [],
        maps: [],
      });
      const references = checkReferences(step, this.#owedByOwner(), reply.refs, reply.refs_of);
      return { deviations: [...untouched, ...references] };
    }
    const others = [...this.#live].map(([pfn, { order, locked }]): Evictable => ({
      pfn,
      order,
      free: !locked,
      mapped: false,
    }));
    const user = action as UserAction;
    const judged = await this.#user.judge({ step, action: user, expect, before, reply, others, timeScale });
    if ('sent' in judged) return judged;
    this.#follow(step, reply, judged);
    return { deviations: judged.deviations };
  }

  /** Lets the model foretell a step on user memory; where it was wrong is evidence. */
  #follow(
    step: number,
    reply: Reply,
    seen: Pick<UserJudgement, 'refs' | 'callbacks' | 'events' | 'maps'>,
  ): void {
    const { refs, callbacks, events, maps } = seen;
    const { pages } = this.#hello.chunk;
    const told = this.oracle.follow(step, {
      request: this.#request,
      reply,
      after: chunkOnly(this.#hello, this.session.mirror.bytes),
      refs,
      callbacks,
      folios: events.filter(({ pfn }) => pfn < pages),
      maps,
    });
    this.evidence.push(...told);
  }

  /**
   * A free, by what its callback found, and an init, by what came of it: whatever the core still writes to the pages after the
   * callback is seen in the new folio. References are those at the end: were they given back by the size of the new folio, it
   * is the free that did so.
   */
  #judgeReuse(
    step: number,
    args: Extract<Action, { op: 'reuse' }>['args'],
    before: Uint8Array,
    reply: Reply,
  ): readonly Deviation[] {
    const [free, init] = reuseOps(args);
    const { freed, ...end } = reply;
    // Without a callback nothing was made of the pages, and the free is what is wrong.
    if (!freed) return this.#judgeModelled(step, free, before, this.session.mirror.bytes, end);
    const between = withPages(before, freed);
    const refs = reply.refs === undefined ? {} : { refs: reply.refs - 2 ** args.order };
    return [
      ...this.#judgeModelled(step, free, before, between, { ...end, ...refs }),
      ...this.#judgeModelled(step, init, between, this.session.mirror.bytes, { ...end, cb: [] }),
    ];
  }

  #judgeModelled(
    step: number,
    op: ModelOp,
    before: Uint8Array,
    after: Uint8Array,
    reply: Reply,
  ): readonly Deviation[] {
    if (op.op === 'init') this.#live.set(op.pfn, { order: op.order, locked: op.unlock === 'none' });
    const folio = this.#live.get(op.pfn);
    if (op.op === 'unlock' && folio) this.#live.set(op.pfn, { ...folio, locked: false });
    if (op.op === 'free') this.#live.delete(op.pfn);
    const judged = this.oracle.judge(step, op, {
      before: chunkOnly(this.#hello, before),
      after: chunkOnly(this.#hello, after),
      // Where the agent says nothing of references they count as they should be.
      refs: reply.refs ?? this.#owed(),
      callbacks: reply.cb ?? [],
    });
    this.evidence.push(...judged.evidence);
    const owed = this.#owedByOwner();
    // A wrong sum is in the model's judgement.
    const each = reply.refs === this.#owed() ? checkReferences(step, owed, reply.refs, reply.refs_of) : [];
    return [...judged.deviations, ...each];
  }

  /** References that the page maps owe to living folios. */
  #owedByOwner(): ByOwner {
    const live = [...this.#live].map(([pfn, { order }]) => ({ pfn, order }));
    return pagesByOwner(this.#hello, [...live, ...this.#user.folios]);
  }

  #owed(): number {
    return this.#owedByOwner().reduce((sum, refs) => sum + refs, 0);
  }
}
