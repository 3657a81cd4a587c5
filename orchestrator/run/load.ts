import os from 'node:os';
import type { Event } from '../store/records.js';

/** Processor times since boot, in milliseconds, over all processors. */
export interface Ticks {
  readonly cores: number;
  readonly idle: number;
  readonly total: number;
}

/** How many processors were busy between two readings; undefined where no time has passed. */
export function busyCores(before: Ticks, after: Ticks): number | undefined {
  const total = after.total - before.total;
  if (total <= 0) return undefined;
  const share = 1 - (after.idle - before.idle) / total;
  return Math.round(Math.min(1, Math.max(0, share)) * after.cores * 100) / 100;
}

function readTicks(): Ticks {
  const all = os.cpus().map(({ times }) => times);
  const total = all.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { cores: all.length, idle: all.reduce((sum, { idle }) => sum + idle, 0), total };
}

const FIRST_MS = 1000;
/** Samples after which the next ones come half as often, so that the journal of a long run stays small. */
const SAMPLES = 300;

/** Milliseconds to the sample after `taken` ones: a second for the first 300, then two, four and so on. */
export function intervalMs(taken: number): number {
  return FIRST_MS * 2 ** Math.floor(taken / SAMPLES);
}

/** Tells the journal how busy the machine is, until it is stopped. */
export class LoadSampler {
  readonly #emit: (event: Event) => void;
  #before = readTicks();
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: (event: Event) => void) {
    this.#emit = emit;
    this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.sample();
      this.#wait();
    }, intervalMs(this.#taken)).unref();
  }

  /** One sample now. */
  sample(): void {
    const now = readTicks();
    const busy = busyCores(this.#before, now);
    if (busy === undefined) return;
    this.#before = now;
    this.#taken++;
    this.#emit({ t: Date.now(), type: 'load', cores: now.cores, busy });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
