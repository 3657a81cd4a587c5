import type { Event, TestRecord } from '../store/records.js';

export type StepEvent = Extract<Event, { type: 'step' }>;

/** The steps in a journal, by the test that made them. */
export class StepLog {
  readonly #steps = new Map<string, StepEvent[]>();

  constructor(events: readonly Event[]) {
    for (const event of events) {
      if (event.type !== 'step') continue;
      const key = `${event.point} ${event.id}`;
      const known = this.#steps.get(key);
      if (known) known.push(event);
      else this.#steps.set(key, [event]);
    }
  }

  /** The steps of the run that the record of a test tells of: reruns begin again at step 1. */
  of(point: number, test: Pick<TestRecord, 'id' | 'reason'>): readonly StepEvent[] {
    const attempts: StepEvent[][] = [];
    let last = Infinity;
    for (const event of this.#steps.get(`${point} ${test.id}`) ?? []) {
      if (event.step <= last) attempts.push([]);
      last = event.step;
      attempts.at(-1)?.push(event);
    }
    // A rerun that crashed took the place of a first run that had not.
    const again = /, then this when it was run again/.test(test.reason ?? '');
    return (again ? attempts.at(-1) : attempts[0]) ?? [];
  }
}
