import { CiError } from '../process/errors.js';
import { sleep, withDeadline } from '../process/deadline.js';
import type { Splat } from '../store/records.js';
import { ChunkMirror } from './chunk.js';
import { chunkOnly } from './page-maps.js';
import type { GuestPool, LeasedGuest, Loss, ReadyHello, Reply, Request } from './protocol.js';

export type ParseSplats = (console: string) => readonly Splat[];

/** What came of one request. `broken` is our own fault, never the kernel's. */
export type Sent =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly splats: readonly Splat[] }
  | { readonly kind: 'hang'; readonly reply: Reply; readonly splats: readonly Splat[] }
  | {
      readonly kind: 'lost';
      readonly why: string;
      readonly splats: readonly Splat[];
      readonly console: string;
    }
  | { readonly kind: 'broken'; readonly why: string };

/** Is shown every answer of a guest, with all struct pages of the chunk as they are after it. */
export type Watch = (request: Request, reply: Reply, bytes: Uint8Array) => void;

/** How long the console may lag behind an answer that came over the network. */
const CONSOLE_LAG_MS = 500;
/** How long a guest may take to be gone after its connection broke. */
const LOSS_LAG_MS = 3_000;
/** Added to a step's own deadline for the way there and back. */
const WAY_MS = 10_000;

/**
 * A step that sleeps in D so long without a break, on a machine of scale 1, waits for what nobody will do: no step waits for
 * another, and work that a step leaves to kernel threads (lru_add_drain_all) is done in milliseconds.
 */
const ASLEEP_MS = 700;

/** Threads of a race do wait for each other, for a folio or a lock that somebody holds who waits for a processor. */
function asleepOf({ op }: Request, deadlineMs: number, usualMs: number): number {
  return op === 'race' ? deadlineMs / 2 : Math.min(deadlineMs / 3, usualMs);
}

/** What follows every case that leaves its guest usable. */
const RESET: Request = { op: 'reset' };
const RESET_MS = 10_000;

export interface SendOptions {
  /** Leave the mirror alone: for the first requests and for replays. */
  readonly blind?: boolean;
  /** A reset() comes next whatever comes of this: it goes along now, which saves the guest a wake-up and the way there. */
  readonly thenReset?: boolean;
}

/** A leased guest with the host's mirror of its struct pages and the log of what was asked of it. */
export class GuestSession {
  readonly guest: LeasedGuest;
  readonly mirror: ChunkMirror;
  /** Every request that the guest was sent since it was restored; replayed to find out what a failure needs. */
  readonly history: Request[];
  /** Struct pages as `reset` leaves them. */
  pristine: Uint8Array = new Uint8Array();
  /** Who looks on; nobody by default, and never at what is sent blind. */
  watch: Watch | undefined;
  /** What the agent said of itself, where this kernel has what it needs. */
  readonly ready: ReadyHello | undefined;
  readonly #parse: ParseSplats;
  #consoleRead: number;
  #timeScale = 1;
  /** The answer to a reset that went along with the last request. */
  #resetting: Promise<Reply> | undefined;

  constructor(guest: LeasedGuest, parse: ParseSplats) {
    this.guest = guest;
    this.history = guest.history;
    this.ready = guest.hello.feature ? guest.hello : undefined;
    this.mirror = new ChunkMirror(this.ready?.chunk.pages ?? 0);
    this.#parse = parse;
    // A guest that nothing ran in yet has shown what came since it was restored.
    this.#consoleRead = guest.fresh ? 0 : guest.consoleText().length;
  }

  /**
   * Makes the pages pristine and reads them all; nothing on a kernel without the feature. Throws CiError('guest-lost' | 'infra')
   * if that fails.
   * @param known the pristine pages of another guest out of the same saved state: where the checksum says that these are
   * the same, they need not come over the wire again
   */
  async open(timeScale: number, known?: Uint8Array): Promise<void> {
    this.#timeScale = timeScale;
    if (!this.ready) return;
    const reset = await this.#must(RESET, timeScale);
    if (known && reset.changed) {
      this.mirror.assume(known);
      this.pristine = known;
      if (this.mirror.apply(reset.changed) === undefined && Buffer.compare(this.mirror.bytes, known) === 0)
        return;
    }
    const reply = await this.#must({ op: 'dump' }, timeScale);
    const { pages } = reply;
    if (!pages || !('words' in pages)) throw new CiError('infra', 'the agent answered a dump without pages');
    const wrong = this.mirror.apply(pages);
    if (wrong) throw new CiError('infra', `first dump of the struct pages: ${wrong}`);
    this.pristine = this.mirror.bytes;
  }

  async #must(request: Request, timeScale: number): Promise<Reply> {
    const sent = await this.send(request, 10_000 * timeScale, { blind: true });
    if (sent.kind === 'reply' && sent.reply.ok) return sent.reply;
    const why =
      sent.kind === 'reply'
        ? (sent.reply.error ?? sent.reply.errno ?? 'refused')
        : sent.kind === 'hang'
          ? 'hangs'
          : sent.why;
    throw new CiError('guest-lost', `${request.op} in a guest just restored: ${why}`);
  }

  /** One request and its answer, the mirror brought up to date, and what the kernel said meanwhile. */
  async send(
    request: Request,
    deadlineMs: number,
    { blind = false, thenReset = false }: SendOptions = {},
  ): Promise<Sent> {
    if (this.#resetting !== undefined)
      throw new RangeError(`${request.op} is sent while the answer to a reset is still to be taken`);
    const answer = this.#ask(request, deadlineMs);
    if (thenReset) {
      this.#resetting = this.#ask(RESET, RESET_MS * this.#timeScale, deadlineMs);
      // Where the request before it went wrong, nobody asks for it.
      this.#resetting.catch(() => undefined);
    }
    return this.#answered(request, answer, blind);
  }

  /** Makes the pages pristine and ends what processes and mappings there are; one that is under way already is not sent again. */
  async reset(): Promise<Sent> {
    const answer = this.#resetting ?? this.#ask(RESET, RESET_MS * this.#timeScale);
    this.#resetting = undefined;
    return this.#answered(RESET, answer, false);
  }

  async #answered(request: Request, answer: Promise<Reply>, blind: boolean): Promise<Sent> {
    let reply: Reply;
    try {
      reply = await answer;
    } catch (error) {
      return this.#lost(error);
    }
    if (reply.hang) return { kind: 'hang', reply, splats: this.#newSplats() };
    // What comes while a guest is made ready is left for the first step: somebody has to be told.
    const splats = blind ? [] : await this.#splatsOf(reply);
    if (!blind && this.ready) {
      const why = this.#take(reply);
      if (why === undefined) this.watch?.(request, reply, chunkOnly(this.ready, this.mirror.bytes));
      // A kernel that has just splatted may have died half way through the dump: the splat is the news.
      if (why && splats.length === 0) return { kind: 'broken', why };
    }
    return { kind: 'reply', reply, splats };
  }

  /** @param beforeMs what the requests before it may still take */
  #ask(request: Request, deadlineMs: number, beforeMs = 0): Promise<Reply> {
    this.history.push(request);
    const wholeMs = beforeMs + deadlineMs;
    const answer = this.guest.request(
      {
        ...request,
        deadline_ms: Math.round(deadlineMs),
        asleep_ms: Math.round(asleepOf(request, deadlineMs, ASLEEP_MS * this.#timeScale)),
      },
      wholeMs + WAY_MS,
    );
    // The connection has its own deadline; this one is for a connection that lost its clock.
    return withDeadline(answer, wholeMs + 2 * WAY_MS, `the answer to ${request.op}`);
  }

  /** Brings the mirror up to date. An answer that says nothing of the pages is none: silence is not "unchanged". */
  #take(reply: Reply): string | undefined {
    if (!reply.changed || !reply.cb || reply.refs === undefined)
      return 'the agent could not read the struct pages or the counters';
    // Judged without them, the kernel would be blamed for calls that it made.
    if (reply.cb_dropped !== undefined) return `the module lost ${reply.cb_dropped} calls of the driver`;
    return this.mirror.apply(reply.changed);
  }

  /** Splats that the console has shown since the last look. */
  #newSplats(): readonly Splat[] {
    const text = this.guest.consoleText();
    const splats = this.#parse(text.slice(this.#consoleRead));
    this.#consoleRead = text.length;
    return splats;
  }

  /** The console has the whole text of a splat, but later than the answer; the log lines in the answer say when to wait. */
  async #splatsOf(reply: Reply): Promise<readonly Splat[]> {
    const logged = reply.log && reply.log.length > 0 ? this.#parse(reply.log.join('\n')) : [];
    // What the console shows beyond that may be about what is under way behind it, whose answer comes next.
    if (logged.length === 0) return this.#resetting === undefined ? this.#newSplats() : [];
    const end = Date.now() + CONSOLE_LAG_MS;
    for (;;) {
      const shown = this.#parse(this.guest.consoleText().slice(this.#consoleRead));
      if (shown.some((splat) => !splat.corrupted)) return this.#newSplats();
      if (Date.now() >= end) return logged;
      await sleep(20);
    }
  }

  async #lost(error: unknown): Promise<Sent> {
    const loss = await withDeadline(this.guest.lost, LOSS_LAG_MS, 'the end of the guest').catch(
      (): Loss | undefined => undefined,
    );
    const text = loss?.console ?? this.guest.consoleText();
    const fresh = text.slice(Math.min(this.#consoleRead, text.length));
    const message = error instanceof Error ? error.message : String(error);
    return {
      kind: 'lost',
      why: loss ? `guest lost (${loss.reason}): ${message}` : message,
      splats: this.#parse(fresh),
      console: fresh.slice(-4_000),
    };
  }
}

export interface SessionOptions {
  readonly pool: GuestPool;
  readonly parseSplats: ParseSplats;
  readonly timeScale: number;
  readonly signal?: AbortSignal;
}

/** What `reset` leaves, of each pool: its guests come out of one saved state. */
const pristineOf = new WeakMap<GuestPool, Uint8Array>();

/** A guest out of the pool with its pages pristine and read. Throws what the pool and GuestSession.open() throw. */
export async function openSession(options: SessionOptions, fresh: boolean): Promise<GuestSession> {
  const guest = await options.pool.acquire({ fresh, ...(options.signal ? { signal: options.signal } : {}) });
  const session = new GuestSession(guest, options.parseSplats);
  try {
    await session.open(options.timeScale, pristineOf.get(options.pool));
    if (session.ready) pristineOf.set(options.pool, session.pristine);
    return session;
  } catch (error) {
    await guest.discard();
    throw error;
  }
}
