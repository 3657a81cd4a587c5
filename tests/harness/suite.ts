import { inspect } from 'node:util';
import { suite as uvuSuite } from 'uvu';
import { deadlineError, timer } from '../../orchestrator/process/deadline.js';
import { register, type SuiteReport } from './registry.js';

export type TestBody = () => unknown;

export interface TestOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

export interface SuiteOptions {
  /** Default for each test and hook of the suite; 10 s. */
  readonly timeoutMs?: number;
  /** How long the whole file may take before the runner kills it; the runner's own default otherwise. */
  readonly fileTimeoutMs?: number;
}

type Hook = ((fn: TestBody) => void) & { each(fn: TestBody): void };

export interface Suite {
  (name: string, fn: TestBody, options?: TestOptions): void;
  before: Hook;
  after: Hook;
  /** A test that cannot run here; shown with its reason. */
  skip(name: string, reason: string): void;
  run(): void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Anything can be thrown; uvu wants an Error (`throw null` makes it exit 0). */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(`thrown: ${typeof thrown === 'string' ? thrown : JSON.stringify(thrown)}`, {
    cause: thrown,
  });
}

/**
 * As uvu can print it. Its printer takes `details` for text and breaks off the whole suite where it is something else,
 * as in our CiError; and it does not show causes.
 */
function printable(error: Error): Error {
  const { details } = error as { details?: unknown };
  if (
    error.name.startsWith('Assertion') &&
    (details === undefined || details === false || typeof details === 'string')
  ) {
    return error;
  }
  const shown = new Error(`${error.name}: ${error.message}`);
  const more = typeof details === 'object' && details !== null ? `\n    details: ${inspect(details)}` : '';
  const cause = error.cause === undefined ? '' : `\n    cause: ${inspect(error.cause)}`;
  shown.message += more + cause;
  shown.stack = `${shown.message.split('\n')[0]}\n${(error.stack ?? '')
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .join('\n')}`;
  return shown;
}

async function limited(fn: TestBody, what: string, ms: number): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = timer(ms, () => reject(deadlineError(what, ms)));
  });
  try {
    await Promise.race([(async () => fn())(), late]);
  } finally {
    cancel();
  }
}

/** Runs all hooks, also after one failed; gives back the first error. */
async function runHooks(hooks: readonly TestBody[], what: string, ms: number): Promise<Error | undefined> {
  let first: Error | undefined;
  for (const hook of hooks) {
    try {
      await limited(hook, what, ms);
    } catch (error) {
      first ??= asError(error);
    }
  }
  return first;
}

interface Hooks {
  readonly before: TestBody[];
  readonly after: TestBody[];
  readonly beforeEach: TestBody[];
  readonly afterEach: TestBody[];
}

function hook(all: TestBody[], each: TestBody[]): Hook {
  return Object.assign((fn: TestBody) => void all.push(fn), { each: (fn: TestBody) => void each.push(fn) });
}

async function runTest(fn: TestBody, hooks: Hooks, name: string, ms: number, hookMs: number): Promise<void> {
  let failure = await runHooks(hooks.beforeEach, `before.each of "${name}"`, hookMs);
  if (failure === undefined) {
    try {
      await limited(fn, `test "${name}" to end`, ms);
    } catch (error) {
      failure = asError(error);
    }
  }
  const late = await runHooks(hooks.afterEach, `after.each of "${name}"`, hookMs);
  failure ??= late;
  if (failure !== undefined) throw failure;
}

/**
 * uvu's `suite` with its holes closed: what fails in a hook fails the process, as do `throw null`, an empty suite, a
 * forgotten run() and a test that does not end within its time. There is no `only`, on purpose.
 */
export function suite(name: string, options: SuiteOptions = {}): Suite {
  const record: SuiteReport = {
    name,
    state: 'declared',
    declared: 0,
    passed: 0,
    failures: [],
    skipped: [],
  };
  register(record, options.fileTimeoutMs);
  const hookMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const inner = uvuSuite(name);
  const hooks: Hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
  const names = new Set<string>();
  let setUp: Error | undefined;
  const fail = (test: string, error: Error): void => {
    record.failures.push({ test, text: error.stack ?? error.message });
  };

  const declare = (testName: string, fn: TestBody, testOptions: TestOptions = {}): void => {
    if (names.has(testName)) throw new Error(`suite ${name}: two tests named "${testName}"`);
    if (record.state !== 'declared') throw new Error(`suite ${name}: test "${testName}" comes after run()`);
    names.add(testName);
    record.declared += 1;
    inner(testName, async () => {
      try {
        if (setUp !== undefined) throw new Error(`before() failed: ${setUp.message}`, { cause: setUp });
        await runTest(fn, hooks, testName, testOptions.timeoutMs ?? hookMs, hookMs);
        record.passed += 1;
      } catch (error) {
        const failure = asError(error);
        fail(testName, failure);
        throw printable(failure);
      }
    });
  };
  inner.before(async () => {
    setUp = await runHooks(hooks.before, `before() of ${name}`, hookMs);
  });
  inner.after(async () => {
    const failure = await runHooks(hooks.after, `after() of ${name}`, hookMs);
    if (failure !== undefined) {
      fail('after()', failure);
      process.stdout.write(`\n  FAIL  ${name} after(): ${failure.stack ?? failure.message}\n`);
    }
    record.state = 'finished';
  });
  return Object.assign(declare, {
    before: hook(hooks.before, hooks.beforeEach),
    after: hook(hooks.after, hooks.afterEach),
    skip: (testName: string, reason: string) => {
      record.declared += 1;
      record.skipped.push({ test: testName, reason });
      process.stdout.write(`  skip  ${name} "${testName}": ${reason}\n`);
    },
    run: () => {
      record.state = 'scheduled';
      inner.run();
    },
  });
}
