import type { Event } from '../store/records.js';

interface Times {
  began: number;
  ours?: number;
  upstream?: number;
}

/** Reads from the events of a run when our suites and upstream's came to their word on each point. */
export class Watch {
  readonly #points = new Map<number, Times>();
  readonly #upstream: ReadonlySet<string>;

  /** @param upstream names of upstream's suites */
  constructor(upstream: Iterable<string>) {
    this.#upstream = new Set(upstream);
  }

  note(event: Event): void {
    if (event.type === 'station' && event.name === 'test' && event.point !== undefined) {
      if (event.phase === 'start') this.#points.set(event.point, { began: event.t });
      return;
    }
    if (event.type !== 'test-end' || event.test.reused) return;
    const times = this.#points.get(event.point);
    if (times === undefined) return;
    const ms = event.t - times.began;
    if (this.#upstream.has(event.test.suite)) times.upstream = ms;
    else if (event.test.verdict !== 'skip' || times.ours === undefined) times.ours = ms;
  }

  /** Milliseconds from the start of the tests of a point to the last word of our suites. */
  oursMs(point: number): number | undefined {
    return this.#points.get(point)?.ours;
  }

  upstreamMs(point: number): number | undefined {
    return this.#points.get(point)?.upstream;
  }
}
