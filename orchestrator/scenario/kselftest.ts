import { isFailure, parseKtap } from '../ktap/parse.js';
import { sleep } from '../process/deadline.js';
import type { Event, Splat, TestRecord } from '../store/records.js';
import { assign, recordOf } from './kselftest-records.js';
import type { Mark } from './kselftest-records.js';
import { distinctSplats } from './outcome.js';
import type { GuestPool, LeasedGuest } from './protocol.js';
import type { ParseSplats } from './session.js';
import type { KselftestSuite } from './suite-file.js';

export interface KselftestOptions {
  readonly pool: GuestPool;
  readonly point: number;
  readonly parseSplats: ParseSplats;
  readonly emit: (event: Event) => void;
  readonly timeScale: number;
  readonly signal?: AbortSignal;
  /** Parameters that tell a module of the memory which the machine reserves for it; default none. */
  readonly memoryParameters?: (module: string) => readonly string[];
  /** Begins to watch a guest in which the program is about to run, and hands back what ends that when it has come to its end. */
  readonly trace?: (guest: Pick<LeasedGuest, 'exec'>) => Promise<() => Promise<void>>;
  /** Why the program or its driver could not be built from this tree: the suite is skipped with it. */
  readonly buildError?: string;
  /** How long the console may lag behind the program's output. Default CONSOLE_LAG_MS. */
  readonly consoleLagMs?: number;
}

const CONSOLE_LAG_MS = 300;
/** Output that a report keeps where nothing could be parsed. */
const TAIL = 2_000;
const PREPARE_MS = 20_000;

/**
 * Runs an upstream test program in a fresh guest and makes a record of each of its tests. A splat fails the test it
 * came in, whatever the program says. Where tests failed without one, the program runs once more in another guest:
 * what fails in one of two runs is flaky. No result at all is an error, never a pass.
 */
export async function runKselftest(suite: KselftestSuite, options: KselftestOptions): Promise<TestRecord[]> {
  const emitAll = (records: readonly TestRecord[]): TestRecord[] => {
    for (const test of records) options.emit({ t: Date.now(), type: 'test-end', point: options.point, test });
    return [...records];
  };
  if (options.buildError !== undefined) {
    return emitAll([whole(suite, 'skip', `could not be built from this tree: ${options.buildError}`)]);
  }
  options.emit({ t: Date.now(), type: 'test-start', point: options.point, id: suite.id, suite: suite.id });
  const first = await runOnce(suite, options);
  const doubted = first.filter((test) => test.verdict === 'fail' && test.splats.length === 0);
  if (doubted.length === 0) return emitAll([...first, ...excluded(suite)]);
  const second = new Map((await runOnce(suite, options)).map((test) => [test.id, test]));
  const decided = first.map((test) => {
    const other = second.get(test.id);
    second.delete(test.id);
    return doubted.includes(test) || (test.splats.length === 0 && other && other.splats.length > 0)
      ? combine(test, other)
      : test;
  });
  // The second run had to answer for the failures of the first; a splat of its own is believed all the same.
  const more = [...second.values()].filter((test) => test.splats.length > 0);
  return emitAll([...decided, ...more, ...excluded(suite)]);
}

/** One failing test after its second run. */
function combine(first: TestRecord, second: TestRecord | undefined): TestRecord {
  // Where it did not come to run again nothing was learnt.
  if (!second || second.verdict === 'error' || second.verdict === 'skip') return first;
  if (second.splats.length > 0) return { ...second, runs: 2, matches: 1 };
  const again = second.verdict === 'fail';
  const matches = again ? 2 : 1;
  const reason = [first.reason, `came ${matches} of 2 times`].filter((part) => part !== undefined).join('; ');
  return { ...first, verdict: again ? 'fail' : 'flaky', runs: 2, matches, reason };
}

function whole(suite: KselftestSuite, verdict: 'skip' | 'error' | 'fail', reason: string): TestRecord {
  const base = { suite: suite.id, deviations: [], splats: [], evidence: [], durationMs: 0, reused: false };
  return {
    ...base,
    id: `${suite.id}/run`,
    verdict,
    runs: verdict === 'skip' ? 0 : 1,
    matches: verdict === 'fail' ? 1 : 0,
    reason,
  };
}

/** Runs the program once in a fresh guest, without an event; nothing is run again to make sure. */
export async function runOnce(suite: KselftestSuite, options: KselftestOptions): Promise<TestRecord[]> {
  const began = performance.now();
  let guest;
  try {
    guest = await options.pool.acquire({
      fresh: true,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    return [whole(suite, 'error', `no guest: ${messageOf(error)}`)];
  }
  const marks: Mark[] = [];
  let stdout = '';
  let code: number | null | undefined;
  let loss: string | undefined;
  try {
    for (const argv of suite.prepare.map((words) => withMemory(words, options.memoryParameters))) {
      const what = argv.join(' ');
      const done = await guest.exec(argv, { what, deadlineMs: PREPARE_MS * options.timeScale });
      if (done.code !== 0) {
        const words = done.stderr.trim() || done.stdout.trim();
        return [whole(suite, 'error', `${what} in the guest: exit ${done.code ?? 'by signal'}: ${words}`)];
      }
    }
    const untrace = await options.trace?.(guest);
    const lent = guest;
    const done = await guest.exec(withoutExcluded(suite), {
      what: suite.id,
      deadlineMs: suite.deadlineMs * options.timeScale,
      onStdout: (chunk) => {
        stdout += chunk;
        marks.push({ lines: stdout.split('\n').length - 1, console: lent.consoleText().length });
      },
    });
    code = done.code;
    // Chunks are for the marks; the whole is what counts.
    stdout = done.stdout === '' ? stdout : done.stdout;
    await untrace?.();
  } catch (error) {
    options.signal?.throwIfAborted();
    loss = messageOf(error);
  } finally {
    await sleep(options.consoleLagMs ?? CONSOLE_LAG_MS);
    await guest.discard();
  }
  const text = guest.consoleText();
  return records(suite, stdout, text, marks, options.parseSplats(text), {
    code,
    loss,
    ms: performance.now() - began,
  });
}

/** `$memory:<module>` as a word of a command stands for that module's memory parameters, which the machine knows. */
function withMemory(words: readonly string[], parameters: KselftestOptions['memoryParameters']): string[] {
  const mark = '$memory:';
  return words.flatMap((word) =>
    word.startsWith(mark) ? [...(parameters?.(word.slice(mark.length)) ?? [])] : [word],
  );
}

/** The program's words with `$exclude` as the harness takes it: the first filter that matches a test decides. */
function withoutExcluded(suite: KselftestSuite): string[] {
  const names = suite.exclude.flatMap(({ test }) => ['-T', test.slice(test.lastIndexOf('.') + 1)]);
  return suite.run.flatMap((word) => (word === '$exclude' ? names : [word]));
}

function excluded(suite: KselftestSuite): TestRecord[] {
  return suite.exclude.map(({ test, reason }) => ({
    ...whole(suite, 'skip', reason),
    id: `${suite.id}/${test}`,
  }));
}

function records(
  suite: KselftestSuite,
  stdout: string,
  text: string,
  marks: readonly Mark[],
  splats: readonly Splat[],
  end: { readonly code: number | null | undefined; readonly loss: string | undefined; readonly ms: number },
): TestRecord[] {
  const report = parseKtap(stdout);
  const trouble = end.loss ?? (end.code === 0 ? undefined : `ended with status ${end.code ?? 'by a signal'}`);
  if (report.skippedAll !== undefined && splats.length === 0) {
    return [whole(suite, 'skip', report.skippedAll || 'the program skipped itself')];
  }
  if (report.results.length === 0) {
    const [splat] = splats;
    const none = whole(
      suite,
      splat ? 'fail' : 'error',
      splat?.title ?? `no test result; ${trouble ?? 'it ended with status 0'}`,
    );
    const distinct = distinctSplats(splats);
    const seen = {
      ...none,
      splats: distinct.splats,
      evidence: [stdout.slice(-TAIL), ...distinct.notes],
      durationMs: Math.round(end.ms),
    };
    return [splat ? { ...seen, kind: 'splat', failureKey: `splat: ${splat.title}` } : seen];
  }
  const owners = assign(splats, text, marks, report.results);
  const each = Math.round(end.ms / report.results.length);
  const made = report.results.map((result, index) =>
    recordOf(suite.id, result, owners.get(index) ?? [], each),
  );
  // A test that fails explains a bad status, but not that the program or its guest did not come to the end.
  const ended = end.loss === undefined && end.code !== null;
  const explained =
    splats.length > 0 ||
    report.results.some(({ status }) => status === 'crashed' || (ended && isFailure(status)));
  if (trouble === undefined || explained) return made;
  const what = ended ? 'every test passed, but the program' : 'every test has a result, but the program';
  return [...made, { ...whole(suite, 'fail', `${what} ${trouble}`), failureKey: 'exit status' }];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
