import { compareMemory } from '../../../orchestrator/model/compare.js';
import type { PageDiff } from '../../../orchestrator/model/compare.js';
import type { Machine } from '../../../orchestrator/model/machine.js';
import type { Effects } from '../../../orchestrator/model/operation.js';
import type { Layout } from '../../../orchestrator/model/layout.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { hex } from '../../../orchestrator/scenario/chunk.js';
import type { ModelOp } from '../../../orchestrator/scenario/oracle.js';
import type { Reply, Request } from '../../../orchestrator/scenario/protocol.js';
import { modelOpOf } from '../../../orchestrator/scenario/request.js';
import type { Action } from '../../../orchestrator/scenario/schema.js';
import type { GuestSession, Sent } from '../../../orchestrator/scenario/session.js';
import type { Counter } from './counts.js';
import { foretold, sameEnd, seenEnd } from './ends.js';
import type { Foretold } from './ends.js';
import type { Lines } from './lines.js';
import type { ObjectCode } from './object-code.js';
import type { ProofStep, Sequence } from './sequence.js';
import { seenWarnings, WarnOnce } from './warn-once.js';

/** A place where guest and model do not agree. */
export interface Difference {
  readonly sequence: string;
  /** From 1; 0 is the reset before the first step. */
  readonly step: number;
  readonly op: string;
  readonly what: string;
}

/** How a sequence went. */
export interface Played {
  readonly steps: number;
  readonly differences: readonly Difference[];
  /** The crash or hang that was foretold and came. */
  readonly end?: Foretold;
  /** Left off before the step that would have ended it, of which enough is known. */
  readonly cut: boolean;
  /** Lines of the warnings that were foretold and came. */
  readonly warnings: readonly string[];
  readonly guestUsable: boolean;
}

export interface PlayOptions {
  readonly session: GuestSession;
  readonly machine: Machine;
  readonly layout: Layout;
  readonly counter: Counter;
  readonly timeScale: number;
  readonly lines: Lines;
  readonly code: ObjectCode;
  /** Whether a foretold end has come often enough to leave this one out. */
  readonly enough: (end: Foretold) => boolean;
  /** Called after each step that came back, with what guest and model hold. */
  readonly onStep?: (step: number, op: ModelOp, reply: Reply, effects: Effects) => void;
}

/** In the guest, times the scale of the machine. */
const STEP_MS = 2_000;
const RESET_MS = 10_000;
/** For each page of a new folio where something warns: it may print the page. */
const WARN_MS = 200;
/** Characters of a splat that was not foretold. */
const TEXT_SHOWN = 2_000;
/** Fields of a difference that are written down. */
const FIELDS_SHOWN = 6;

/** Plays one sequence from pristine pages, model and guest side by side, every page compared after every step. */
export async function play(sequence: Sequence, options: PlayOptions): Promise<Played> {
  const run = new Run(sequence, options);
  return run.all();
}

class Run {
  readonly #sequence: Sequence;
  readonly #options: PlayOptions;
  readonly #differences: Difference[] = [];
  readonly #warnings = new Set<string>();
  readonly #once = new WarnOnce();
  #steps = 0;

  constructor(sequence: Sequence, options: PlayOptions) {
    this.#sequence = sequence;
    this.#options = options;
  }

  async all(): Promise<Played> {
    if (!(await this.#reset())) return this.#result({ guestUsable: false });
    for (const [index, step] of this.#sequence.steps.entries()) {
      const stop = await this.#step(index + 1, step);
      if (stop) return stop;
    }
    return this.#result({ guestUsable: true });
  }

  #result(rest: Pick<Played, 'guestUsable'> & Partial<Played>): Played {
    return {
      steps: this.#steps,
      differences: this.#differences,
      warnings: [...this.#warnings].sort(),
      cut: false,
      ...rest,
    };
  }

  #differ(step: number, op: string, what: string): void {
    this.#differences.push({ sequence: this.#sequence.id, step, op, what });
  }

  /** T0: the pages as memremap_pages() leaves them; the reset of the guest puts back what they were at load. */
  async #reset(): Promise<boolean> {
    const { session, machine, timeScale } = this.#options;
    machine.apply({ op: 'reset' });
    const sent = await session.send({ op: 'reset' }, RESET_MS * timeScale);
    if (sent.kind !== 'reply' || !sent.reply.ok || sent.splats.length > 0) {
      this.#differ(0, 'reset', `the guest is not as it was: ${describeSent(sent)}`);
      return false;
    }
    this.#compare(0, 'reset', { callbacks: [], refs: 0, warnings: [] }, sent.reply);
    return this.#differences.length === 0;
  }

  async #step(number: number, step: ProofStep): Promise<Played | undefined> {
    const { session, machine, timeScale, enough, lines, code, onStep } = this.#options;
    const op = resolve(step, session);
    const words = describeOp(op);
    const effects = machine.apply(op);
    const end = foretold(effects);
    if (end && enough(end)) return this.#result({ cut: true, guestUsable: true });
    const slow = effects.warnings.length > 0 && op.op === 'init' ? WARN_MS * 2 ** op.order : 0;
    const sent = await session.send(requestOf(op), (STEP_MS + slow) * timeScale);
    if (sent.kind === 'broken')
      throw new CiError('infra', `${this.#sequence.id} step ${number}: ${sent.why}`);
    this.#steps += 1;
    const seen = seenEnd(sent, lines.nameOf);
    if (end?.kind === 'foreign') return this.#result({ end, guestUsable: false });
    this.#compareWarnings(number, words, effects, sent);
    if (seen || end) {
      if (!seen || !end || !(await sameEnd(end, seen, lines.functionOf, code))) {
        const said = end
          ? `a ${end.kind} at ${end.splat.line} (${end.splat.why})`
          : 'that the step comes back';
        const came = seen ? `a ${seen.kind} at ${seen.where}` : 'it came back';
        this.#differ(
          number,
          words,
          `foretold was ${said}; ${came}${seen ? `\n${seen.text.slice(0, TEXT_SHOWN)}` : ''}`,
        );
        return this.#result({ guestUsable: false });
      }
      if (sent.kind === 'hang') this.#compareHung(number, words, sent.reply);
      return this.#result({ end, guestUsable: false });
    }
    if (sent.kind !== 'reply') throw new CiError('guest-lost', describeSent(sent));
    if (!sent.reply.ok) {
      const why = sent.reply.error ?? sent.reply.errno ?? '';
      throw new CiError('infra', `${this.#sequence.id} step ${number}: the agent refused ${words}: ${why}`);
    }
    this.#compare(number, words, effects, sent.reply);
    // Later differences would only follow from the first.
    if (this.#differences.length > 0) return this.#result({ guestUsable: true });
    onStep?.(number, op, sent.reply, effects);
    return undefined;
  }

  #compareWarnings(number: number, words: string, effects: Effects, sent: Sent): void {
    for (const { line } of effects.warnings) this.#warnings.add(line);
    const wrong = this.#once.check(effects.warnings, seenWarnings(sent, this.#options.lines.nameOf));
    if (wrong !== undefined) this.#differ(number, words, wrong);
  }

  /** The pages as the task that hangs has left them; the session leaves them to whoever wants them. */
  #compareHung(number: number, words: string, reply: Reply): void {
    const { session } = this.#options;
    const wrong = reply.changed && session.mirror.apply(reply.changed);
    if (wrong !== undefined) throw new CiError('infra', `${this.#sequence.id} step ${number}: ${wrong}`);
    if (reply.changed) this.#comparePages(number, words);
  }

  #compare(number: number, words: string, effects: Effects, reply: Reply): void {
    this.#comparePages(number, words);
    if (reply.refs !== effects.refs)
      this.#differ(number, words, `references: model ${effects.refs}, guest ${reply.refs ?? 'none'}`);
    const model = JSON.stringify(effects.callbacks.map(({ fn, pfn, order }) => ({ fn, pfn, order })));
    const guest = JSON.stringify((reply.cb ?? []).map(({ fn, pfn, order }) => ({ fn, pfn, order })));
    if (model !== guest) this.#differ(number, words, `callbacks: model ${model}, guest ${guest}`);
  }

  #comparePages(number: number, words: string): void {
    const { session, machine, layout, counter } = this.#options;
    counter.step(machine.roles);
    const found = differingPages(session, machine, layout);
    if (found.length > 0) this.#differ(number, words, describePages(found));
  }
}

/** Pages in which a compared bit differs, at most 8. The copy of the guest's pages is checked by checksum at every reply. */
export function differingPages(session: GuestSession, machine: Machine, layout: Layout): PageDiff[] {
  return compareMemory(layout, machine.bytes, session.mirror.bytes, (page) => machine.roles.role(page), 8);
}

function resolve(step: ProofStep, session: GuestSession): ModelOp {
  if (!('args' in step)) return step;
  if (session.ready === undefined) throw new CiError('infra', 'the agent is not ready');
  const op = modelOpOf(step satisfies Action, session.ready, session.mirror.bytes);
  if (op === undefined || 'error' in op)
    throw new CiError('usage', op === undefined ? `${step.op} is no step for the model` : op.error);
  return op;
}

/**
 * An operation of the model in the words of the agent: numbers that can pass 2^53 are hex. The module's own book is not
 * asked: on a broken kernel a callback names folios that nobody freed, and the book forgets them.
 */
export function requestOf(op: ModelOp): Request {
  if (op.op === 'poke') return { ...op, value: hex(op.value) };
  if (op.op !== 'init') return { ...op, unsafe: true };
  const { zdd, ...rest } = op;
  return { ...rest, ...(zdd === undefined ? {} : { zdd: hex(zdd) }), unsafe: true };
}

/** `init 9@0`, for a reader; the replay is by the sequence's id. */
export function describeOp(op: ModelOp): string {
  switch (op.op) {
    case 'init':
      return `init ${op.order}@${op.pfn}${op.unlock === 'none' ? ' locked' : op.unlock === 'folio' ? ' (folio_unlock)' : ''}${op.rmappable ? '' : ' not rmappable'}`;
    case 'poke':
      return `poke page ${op.pfn} byte ${op.byte} = 0x${op.value.toString(16)}`;
    default:
      return `${op.op} ${op.pfn}${op.how === 'folio' ? ' (folio)' : ''}`;
  }
}

export function describePages(pages: readonly PageDiff[]): string {
  const fields = pages.flatMap(({ page, fields: diffs }) =>
    diffs.map(
      ({ byte, field, want, have }) =>
        `page ${page} byte ${byte} ${field}: model 0x${want.toString(16)}, guest 0x${have.toString(16)}`,
    ),
  );
  return fields.slice(0, FIELDS_SHOWN).join('; ') + (fields.length > FIELDS_SHOWN ? '; …' : '');
}

function describeSent(sent: Sent): string {
  if (sent.kind === 'broken' || sent.kind === 'lost') return sent.why;
  const splat = sent.splats[0]?.title;
  return splat ?? sent.reply.error ?? sent.reply.errno ?? sent.kind;
}
