import type { Suite, TestBody } from '../../harness/suite.js';

/**
 * Stands in for tests/harness/suite.ts: tests are only declared, so that a process can run those it was asked for, one at a
 * time, from several files.
 */

export interface Declared {
  readonly suite: string;
  readonly name: string;
  /** The test with what its suite wants done before and after it. */
  readonly run: () => unknown;
}

export const declared: Declared[] = [];

export function suite(suiteName: string): Suite {
  const once: TestBody[] = [];
  const each: { before: TestBody[]; after: TestBody[] } = { before: [], after: [] };
  const test = (name: string, body: TestBody): void => {
    const hooked = async (): Promise<void> => {
      for (const hook of [...once.splice(0), ...each.before]) await hook();
      await body();
      for (const hook of each.after) await hook();
    };
    // A test without hooks runs at once, not after a turn of the event loop, where no time limit could end it.
    const run = (): unknown =>
      once.length + each.before.length + each.after.length === 0 ? body() : hooked();
    declared.push({ suite: suiteName, name, run });
  };
  return Object.assign(test, {
    before: Object.assign((hook: TestBody) => void once.push(hook), {
      each: (hook: TestBody) => void each.before.push(hook),
    }),
    after: Object.assign(() => {}, { each: (hook: TestBody) => void each.after.push(hook) }),
    skip: () => {},
    run: () => {},
  });
}
