import type { Suite, TestBody } from '../../harness/suite.js';

/**
 * Stands in for tests/harness/suite.ts in a copy of dist/: tests are only declared, so that a process can run those it
 * was asked for, one at a time, from several files.
 */

export interface Declared {
  readonly suite: string;
  readonly name: string;
  /** The test with what its suite wants done before and after it. */
  readonly run: () => Promise<void>;
}

export const declared: Declared[] = [];

export function suite(suiteName: string): Suite {
  const once: TestBody[] = [];
  const each: { before: TestBody[]; after: TestBody[] } = { before: [], after: [] };
  const test = (name: string, body: TestBody): void => {
    const run = async (): Promise<void> => {
      for (const hook of [...once.splice(0), ...each.before]) await hook();
      await body();
      for (const hook of each.after) await hook();
    };
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
