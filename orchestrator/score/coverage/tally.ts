import type { Seen } from '../../store/coverage-record.js';

/** Which transitions were seen, on how many pages, and in which test first. */
export class Tally {
  readonly #seen = new Map<number, Seen>();
  /** Pages that made a transition of which it could not be told which it was. */
  uncertain = 0;
  /** Things seen that do not fit what was seen before them. */
  contradictions = 0;

  /** @param test the test that showed it, where that is known */
  note(transition: number, test?: string): void {
    const before = this.#seen.get(transition);
    if (before) before.pages += 1;
    else this.#seen.set(transition, { pages: 1, ...(test === undefined ? {} : { test }) });
  }

  get(transition: number): Seen | undefined {
    return this.#seen.get(transition);
  }

  /** Numbers of the transitions that were seen. */
  get transitions(): readonly number[] {
    return [...this.#seen.keys()];
  }
}
