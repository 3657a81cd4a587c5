import { withDeadline } from './deadline.js';

interface Step {
  readonly name: string;
  readonly fn: () => Promise<void> | void;
}

/** What has to be undone at the end, however the end comes. The last thing added is undone first, everything once. */
export class Teardown implements AsyncDisposable {
  readonly #deadlineMs: number;
  readonly #steps: Step[] = [];
  #running: Promise<void> | undefined;

  /** `deadlineMs` is for each step. */
  constructor(deadlineMs = 10_000) {
    this.#deadlineMs = deadlineMs;
  }

  /** Adds a step; the returned function takes it back (the thing was undone in time). */
  add(name: string, fn: () => Promise<void> | void): () => void {
    const step: Step = { name, fn };
    this.#steps.push(step);
    return () => {
      const at = this.#steps.indexOf(step);
      if (at >= 0) this.#steps.splice(at, 1);
    };
  }

  /** Runs all steps even if some fail or hang; then rejects with an AggregateError of what went wrong. */
  async run(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const errors: Error[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { fn, name } = step;
      try {
        await withDeadline((async () => fn())(), this.#deadlineMs, name);
      } catch (error) {
        errors.push(
          new Error(`teardown of ${name}: ${error instanceof Error ? error.message : String(error)}`),
        );
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.run();
  }
}
