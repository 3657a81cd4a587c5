import { placeKey } from './ground.js';
import type { Built, Lab } from './lab.js';
import type { Place } from './types.js';

/** Told of every kernel that is there, or cannot be, when that is known. */
export type OnBuilt = (at: Place, built: Built, ahead: boolean) => void;

interface Wanted {
  readonly at: Place;
  readonly give: (built: Built) => void;
  readonly fail: (error: unknown) => void;
}

interface Current {
  readonly key: string;
  readonly stop: AbortController;
  work: Promise<void>;
}

/**
 * Builds one kernel after the other: first what somebody waits for, then what is likely to be needed next. One that was begun
 * because it was likely, and no longer is, is broken off for one that somebody waits for; what it has compiled stays in the
 * folder and in ccache. What needs no building waits for none.
 */
export class Builds {
  readonly #lab: Pick<Lab, 'build' | 'cached'>;
  readonly #onBuilt: OnBuilt;
  readonly #known = new Map<string, Built>();
  readonly #end = new AbortController();
  #wanted: Wanted[] = [];
  #likely: Place[] = [];
  #current: Current | undefined;
  #lookUps: Promise<void> = Promise.resolve();

  constructor(lab: Pick<Lab, 'build' | 'cached'>, onBuilt: OnBuilt) {
    this.#lab = lab;
    this.#onBuilt = onBuilt;
  }

  /** The kernel of a place, built if need be. Rejects with what kept it from being built. */
  need(at: Place): Promise<Built> {
    if (this.#end.signal.aborted) return Promise.reject(this.#end.signal.reason);
    const known = this.#known.get(placeKey(at));
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((give, fail) => {
      this.#wanted.push({ at, give, fail });
      this.#pump();
      const key = placeKey(at);
      if (this.#current?.key !== key) this.#lookUps = this.#lookUps.then(() => this.#lookUp(at, key));
    });
  }

  /**
   * What to build while nobody waits, the likeliest first; takes the place of what was asked for before. If somebody waits, what
   * is being built gives way unless it is among it.
   */
  ahead(places: readonly Place[]): void {
    this.#likely = [...places];
    if (this.#wanted.length > 0) this.#breakOff();
    this.#pump();
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#likely = [];
    this.#end.abort(new Error('the search is over'));
    await this.#current?.work;
    await this.#lookUps;
  }

  #pump(): void {
    if (this.#current !== undefined || this.#end.signal.aborted) return;
    const waiting = this.#wanted[0];
    const at = waiting?.at ?? this.#nextLikely();
    if (at === undefined) return;
    const key = placeKey(at);
    const current: Current = { key, stop: new AbortController(), work: Promise.resolve() };
    this.#current = current;
    current.work = this.#build(at, current, waiting === undefined).finally(() => {
      this.#current = undefined;
      this.#pump();
    });
  }

  #nextLikely(): Place | undefined {
    for (let at = this.#likely.shift(); at !== undefined; at = this.#likely.shift())
      if (!this.#known.has(placeKey(at))) return at;
    return undefined;
  }

  async #build(at: Place, { key, stop }: Current, ahead: boolean): Promise<void> {
    let built: Built;
    try {
      built = await this.#lab.build(at, AbortSignal.any([this.#end.signal, stop.signal]));
      // Who has closed this is told nothing more.
      this.#end.signal.throwIfAborted();
    } catch (error) {
      if (stop.signal.aborted && !this.#end.signal.aborted) return;
      // Of a kernel that nobody waits for nobody need hear: who needs it tries again.
      for (const one of this.#take(key)) one.fail(error);
      return;
    }
    this.#learn(at, key, built, ahead);
  }

  /** Answers who waits behind the build of another kernel, if there is nothing to build. */
  async #lookUp(at: Place, key: string): Promise<void> {
    // Trouble shows again, and is told, when its turn has come.
    const built = await this.#lab.cached(at, this.#end.signal).catch(() => undefined);
    const hasBegun = this.#current?.key === key || this.#known.has(key);
    if (built !== undefined && !hasBegun && !this.#end.signal.aborted) this.#learn(at, key, built, false);
  }

  /** Ends a build that nobody waits for and that is not likely to be needed. */
  #breakOff(): void {
    const wanted = [...this.#wanted.map(({ at }) => at), ...this.#likely].map(placeKey);
    if (this.#current !== undefined && !wanted.includes(this.#current.key))
      this.#current.stop.abort(new Error('another kernel is needed'));
  }

  #learn(at: Place, key: string, built: Built, ahead: boolean): void {
    this.#known.set(key, built);
    try {
      this.#onBuilt(at, built, ahead);
    } catch (error) {
      // What is not in the journal did not happen: nothing more is built.
      this.#end.abort(error);
      for (const one of this.#wanted.splice(0)) one.fail(error);
      return;
    }
    for (const one of this.#take(key)) one.give(built);
  }

  #take(key: string): Wanted[] {
    const taken = this.#wanted.filter((one) => placeKey(one.at) === key);
    this.#wanted = this.#wanted.filter((one) => !taken.includes(one));
    return taken;
  }
}
