import type { Leg } from './leg.js';

/** Wall time of the stations of one run, in milliseconds. */
export class Stopwatch {
  readonly #began = Date.now();
  readonly #spent = new Map<string, number>();

  async time<T>(station: string, body: () => Promise<T>): Promise<T> {
    const began = Date.now();
    try {
      return await body();
    } finally {
      this.#spent.set(station, (this.#spent.get(station) ?? 0) + Date.now() - began);
    }
  }

  /**
   * Everything measured so far; `build` and `test` are sums over the points and overlap each other, `hmm-tests` is the part
   * of `build` that went into upstream's test program.
   */
  timings(legs: readonly Leg[]): Record<string, number> {
    return {
      ...Object.fromEntries(this.#spent),
      build: Math.round(legs.reduce((sum, leg) => sum + leg.build.durationMs, 0)),
      ...hmmTests(legs),
      test: legs.reduce((sum, { testMs = 0 }) => sum + testMs, 0),
      total: Date.now() - this.#began,
    };
  }
}

function hmmTests(legs: readonly Leg[]): Record<string, number> {
  const ms = legs.reduce((sum, { artifact }) => sum + (artifact?.hmmTestsMs ?? 0), 0);
  return ms > 0 ? { 'hmm-tests': Math.round(ms) } : {};
}
