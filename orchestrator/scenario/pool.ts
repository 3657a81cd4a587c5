import { CiError } from '../process/errors.js';
import type { GuestPool, LeasedGuest, Request } from './protocol.js';

/** A restored guest with its agent connected. */
export type RestoredGuest = Omit<
  LeasedGuest,
  'fresh' | 'history' | 'mended' | 'noteMended' | 'discard' | 'release'
> & {
  close(): Promise<void>;
};

export interface PoolOptions {
  /** A guest in the saved state, reseeded. */
  readonly restore: (signal: AbortSignal) => Promise<RestoredGuest>;
  /** Guests kept ready once a guest has been thrown away; before that, restoring ahead only costs. Default 1. */
  readonly standby?: number;
}

/**
 * Released guests that are kept for the next who asks; each holds the 100 MiB or so that it touched. Failures are run again in
 * fresh guests early in a suite, and lanes that lose theirs later go on in those: a restore costs half a second of processor time.
 */
const MOST_IDLE = 6;

interface Slot {
  readonly guest: RestoredGuest;
  readonly history: Request[];
  used: boolean;
  mended: boolean;
}

/** Lends guests restored from one saved state and replaces those that something went wrong in. */
export class RestoringPool implements GuestPool, AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #idle: Slot[] = [];
  readonly #standby: Promise<Slot>[] = [];
  readonly #living = new Set<RestoredGuest>();
  readonly #closing = new Set<Promise<void>>();
  readonly #end = new AbortController();
  #discards = 0;
  #restored = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Guests restored so far, for the report of where time went. */
  get restored(): number {
    return this.#restored;
  }

  async acquire(
    options: { readonly fresh?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<LeasedGuest> {
    options.signal?.throwIfAborted();
    if (this.#end.signal.aborted)
      throw new CiError('infra', 'a guest was asked for after the end of its pool');
    const idle = options.fresh ? this.#idle.findIndex((slot) => !slot.used) : this.#idle.length - 1;
    const ready = idle >= 0 ? this.#idle.splice(idle, 1)[0] : undefined;
    const slot = ready ?? (await (this.#standby.shift() ?? this.#restore()));
    if (!ready) this.#fillStandby();
    return this.#lease(slot);
  }

  /** Closes every guest, also those still lent. */
  async close(): Promise<void> {
    this.#end.abort(new CiError('infra', 'the pool of guests was closed'));
    await Promise.allSettled([...this.#standby, ...this.#closing]);
    await Promise.allSettled([...this.#living].map((guest) => guest.close()));
    this.#living.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fillStandby(): void {
    const wanted = this.#discards > 0 && !this.#end.signal.aborted ? (this.#options.standby ?? 1) : 0;
    while (this.#standby.length < wanted) {
      const next = this.#restore();
      // A failure belongs to the one who takes this guest; until then it must not end the process.
      next.catch(() => undefined);
      this.#standby.push(next);
    }
  }

  async #restore(): Promise<Slot> {
    let guest: RestoredGuest;
    try {
      guest = await this.#options.restore(this.#end.signal);
    } catch (error) {
      if (this.#end.signal.aborted) throw error;
      guest = await this.#options.restore(this.#end.signal);
    }
    if (this.#end.signal.aborted) {
      await guest.close();
      throw new CiError('infra', 'the pool of guests was closed');
    }
    this.#living.add(guest);
    this.#restored += 1;
    return { guest, history: [], used: false, mended: false };
  }

  async #close(guest: RestoredGuest): Promise<void> {
    this.#living.delete(guest);
    await guest.close();
  }

  #lease(slot: Slot): LeasedGuest {
    const { guest } = slot;
    let lent = true;
    return {
      hello: guest.hello,
      fresh: !slot.used,
      history: slot.history,
      get mended() {
        return slot.mended;
      },
      noteMended: () => {
        slot.mended = true;
      },
      lost: guest.lost,
      consoleText: () => guest.consoleText(),
      request: (request, deadlineMs) => {
        slot.used = true;
        return guest.request(request, deadlineMs);
      },
      exec: (argv, options) => {
        slot.used = true;
        return guest.exec(argv, options);
      },
      discard: async () => {
        if (!lent) return;
        lent = false;
        this.#discards += 1;
        this.#fillStandby();
        await this.#close(guest);
      },
      release: () => {
        if (!lent) return;
        lent = false;
        if (this.#idle.length < MOST_IDLE) this.#idle.push(slot);
        else {
          // Nobody waits for it here; the end of the pool does.
          const end = this.#close(guest).catch(() => undefined);
          this.#closing.add(end);
          void end.then(() => this.#closing.delete(end));
        }
      },
    };
  }
}
