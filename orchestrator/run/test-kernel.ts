import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';
import { CiError } from '../process/errors.js';
import { RestoringPool } from '../scenario/pool.js';
import { runKselftest } from '../scenario/kselftest.js';
import { modelOracle } from '../scenario/model-oracle.js';
import { runSuite } from '../scenario/run-suite.js';
import { failuresOf } from '../scenario/believed.js';
import type { Suite } from '../scenario/suite-file.js';
import { scanConsole } from '../splat/scanner.js';
import type { Event, Splat, TestRecord } from '../store/records.js';
import { knownMatcher } from '../verdict/match.js';
import { BOOT_TEST, bootRecord } from '../verdict/point-tests.js';
import { runRandom } from './campaign-run.js';
import type { RunContext } from './context.js';
import { legFile } from './evidence.js';
import { guestEndOf, rememberEnders } from './guest-enders.js';
import type { End } from './guest-enders.js';
import type { BootedKernel } from './booted-kernel.js';
import { mergeOne, mergeRepeats } from './repeat.js';
import { mayReuse, storedResults, storeResults } from './reuse.js';
import type { ReuseKey } from './reuse.js';
import { selectRecords } from './select.js';
import { suiteDigest } from './digest.js';

/** What testing one kernel came to. */
export interface KernelResults {
  readonly tests: readonly TestRecord[];
  /** Splats that belong to no test: those of a boot that went well. */
  readonly splats: readonly Splat[];
  readonly moduleError?: string;
  readonly infra?: string;
}

/** Attempts at booting before a kernel is said not to boot (DESIGN: Points). */
const BOOT_ATTEMPTS = 2;

/**
 * Runs all suites on one kernel: what may be reused is, the rest runs in guests restored from one boot.
 * Never throws for what the kernel does; rejects with the signal's reason, or with an `infra` CiError if
 * this machine cannot run guests at all.
 */
export async function testKernel(
  artifact: KernelArtifact,
  point: number,
  profile: string,
  context: RunContext,
  say: (text: string) => void,
): Promise<KernelResults> {
  const tests: TestRecord[] = [];
  const toRun: Suite[] = [];
  const bootKey = await keyOf(undefined, artifact, context);
  const storedBoot = reusable(context, point, undefined) ? await storedResults(bootKey) : undefined;
  for (const suite of context.suites) {
    const stored = reusable(context, point, suite)
      ? await storedResults(await keyOf(suite, artifact, context))
      : undefined;
    if (stored === undefined) toRun.push(suite);
    else tests.push(...stored.tests);
  }
  for (const test of tests) context.emit({ t: Date.now(), type: 'test-end', point, test });
  if (toRun.length === 0 && storedBoot !== undefined) {
    return { tests: [...storedBoot.tests, ...tests], splats: storedBoot.splats };
  }

  say('booting');
  context.emit({ t: Date.now(), type: 'station', name: 'boot', phase: 'start', point });
  const boot = await bootTwice(artifact, point, profile, context, guestsFor(toRun, context.options.jobs));
  const detail = howItBooted(boot.kernel);
  context.emit({ t: Date.now(), type: 'station', name: 'boot', phase: 'end', point, detail });
  context.emit({ t: Date.now(), type: 'test-end', point, test: boot.record });
  if (boot.kernel === undefined) return { tests: [boot.record, ...tests], splats: [] };
  await using kernel = boot.kernel;
  const splats = scanConsole(kernel.bootConsole);
  // A guest that an earlier run saved has booted as well as one of this run.
  if (reusable(context, 0, undefined)) await keep(bootKey, [{ ...boot.record, reused: false }], splats, say);
  const ran = await runSuites(toRun, kernel, artifact, point, profile, context, say);
  for (const [index, suite] of toRun.entries()) {
    if (reusable(context, 0, suite))
      await keep(await keyOf(suite, artifact, context), ran[index] ?? [], [], say);
  }
  return {
    tests: [boot.record, ...tests, ...ran.flat()],
    splats,
    ...(artifact.moduleError === undefined ? {} : { moduleError: artifact.moduleError }),
  };
}

/** Stores results for later runs. That they cannot be stored takes nothing away from this one. */
async function keep(
  key: ReuseKey,
  tests: readonly TestRecord[],
  splats: readonly Splat[],
  say: (text: string) => void,
): Promise<void> {
  try {
    await storeResults(key, tests, splats);
  } catch (error) {
    say(`results are not kept for reuse: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function reusable(context: RunContext, point: number, suite: Suite | undefined): boolean {
  // How far a campaign comes is the machine's doing.
  if (suite?.kind === 'random') return false;
  const { fresh, repeat, test, series } = context.options;
  return mayReuse(
    { fresh, repeat, hasSeries: series !== undefined, ...(test === undefined ? {} : { test }) },
    context.reusePoints === true ? 0 : point,
    suite?.kind === 'kselftest',
  );
}

async function keyOf(
  suite: Suite | undefined,
  artifact: KernelArtifact,
  context: RunContext,
): Promise<ReuseKey> {
  return {
    kernelSignature: artifact.signature,
    suite: suite?.id ?? BOOT_TEST,
    suiteDigest: await suiteDigest(suite, artifact, context.knownIssues, context.today),
    machineDigest: context.host.digest,
  };
}

function howItBooted(kernel: BootedKernel | undefined): string {
  if (kernel === undefined) return 'lost';
  return kernel.savedAt === undefined
    ? 'booted'
    : `booted by an earlier run, which saved it at ${kernel.savedAt}`;
}

/** Cases that another guest is worth while for: one costs as much as they do. */
const CASES_PER_GUEST = 10;

/** Guests that suites will want at once. */
function guestsFor(suites: readonly Suite[], jobs: number): number {
  const each = suites.map((suite) => {
    if (suite.kind === 'kselftest') return 1;
    return suite.kind === 'random' ? jobs : Math.ceil(suite.cases.length / CASES_PER_GUEST);
  });
  return Math.max(
    1,
    Math.min(
      jobs,
      each.reduce((sum, guests) => sum + guests, 0),
    ),
  );
}

export interface Booting {
  readonly record: TestRecord;
  readonly kernel?: BootedKernel;
}

/** Boots a kernel; one that did not come up gets another attempt before it is said not to boot. */
export async function bootTwice(
  artifact: KernelArtifact,
  point: number,
  profile: string,
  context: Pick<RunContext, 'dir' | 'host' | 'signal'>,
  wanted = 1,
): Promise<Booting> {
  const started = Date.now();
  const consoleFile = path.join(context.dir.pointDir(point), legFile('console.log', profile));
  let lost: BootLoss | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const kernel = await context.host.boot(artifact, consoleFile, context.signal, { wanted });
      const durationMs = Date.now() - started;
      const record = bootRecord({ booted: true, attempts: attempt, ...lost, durationMs });
      return { kernel, record: { ...record, reused: kernel.savedAt !== undefined } };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof CiError) || (error.fault !== 'boot' && error.fault !== 'crash')) throw error;
      const kept = attempt < BOOT_ATTEMPTS ? await keepConsole(consoleFile, attempt) : consoleFile;
      lost = bootLoss(error, path.relative(context.dir.dir, kept), lost);
      if (attempt < BOOT_ATTEMPTS) continue;
      const durationMs = Date.now() - started;
      return { record: bootRecord({ booted: false, attempts: attempt, ...lost, durationMs }) };
    }
  }
}

interface BootLoss {
  readonly reason: string;
  readonly splats: readonly Splat[];
  readonly evidence: readonly string[];
}

function bootLoss(error: CiError, consoleFile: string, before: BootLoss | undefined): BootLoss {
  const last = error.details.lastConsoleLine;
  return {
    reason: last === undefined ? error.message : `${error.message}; last console line: ${last}`,
    splats: [...scanConsole(error.details.detail ?? ''), ...(before?.splats ?? [])],
    evidence: [...(before?.evidence ?? []), consoleFile],
  };
}

/** The next attempt writes its own console; what this one showed stays beside it. */
async function keepConsole(file: string, attempt: number): Promise<string> {
  const { dir, name, ext } = path.parse(file);
  const kept = path.join(dir, `${name}.attempt-${attempt}${ext}`);
  await rename(file, kept).catch(() => undefined);
  return kept;
}

/**
 * All suites side by side: an upstream suite keeps one guest busy while the scenarios use the others. With `--jobs 1`
 * they run one after another, in one guest at a time.
 */
async function runSuites(
  suites: readonly Suite[],
  kernel: BootedKernel,
  artifact: KernelArtifact,
  point: number,
  profile: string,
  context: RunContext,
  say: (text: string) => void,
): Promise<TestRecord[][]> {
  await using pool = new RestoringPool({
    restore: (signal) => kernel.restore(signal),
    ...(context.options.jobs === 1 ? { standby: 0 } : {}),
  });
  const left = new Map(suites.map((suite) => [suite.id, '']));
  const tell = (suite: Suite, text: string): void => {
    left.set(suite.id, text);
    say([...left].map(([id, what]) => `${id} ${what}`.trim()).join(', '));
  };
  const one = async (suite: Suite): Promise<TestRecord[]> => {
    tell(suite, 'starts');
    const rounds: TestRecord[][] = [];
    for (let round = 0; round < context.options.repeat; round += 1) {
      const merging = { ...context, emit: withRounds(context.emit, rounds) };
      rounds.push(
        await runOneSuite(suite, pool, kernel, artifact, point, profile, merging, (text) =>
          tell(suite, text),
        ),
      );
    }
    tell(suite, 'done');
    return mergeRepeats(rounds);
  };
  // Awaited here: the pool is closed as soon as this function returns.
  if (context.options.jobs > 1) return await Promise.all(suites.map(one));
  const results: TestRecord[][] = [];
  for (const suite of suites) results.push(await one(suite));
  return results;
}

/** An event of a later round says what all rounds so far came to: a pass must not hide the failure before it. */
function withRounds(
  emit: RunContext['emit'],
  rounds: readonly (readonly TestRecord[])[],
): RunContext['emit'] {
  return (event) => {
    const before = event.type === 'test-end' ? rounds.flat().filter(({ id }) => id === event.test.id) : [];
    emit(
      event.type === 'test-end' && before.length > 0
        ? { ...event, test: mergeOne([...before, event.test]) }
        : event,
    );
  };
}

async function runOneSuite(
  suite: Suite,
  pool: RestoringPool,
  kernel: BootedKernel,
  artifact: KernelArtifact,
  point: number,
  profile: string,
  context: RunContext,
  say: (text: string) => void,
): Promise<TestRecord[]> {
  const { emit, signal, options } = context;
  const shared = { pool, point, emit, signal, timeScale: kernel.timeScale, parseSplats: scanConsole };
  if (suite.kind === 'kselftest') {
    const records = await runKselftest(suite, {
      ...shared,
      memoryParameters: (module) => context.host.memoryParameters(module),
      ...(context.trace === undefined ? {} : { trace: context.trace }),
      ...(artifact.hmmTestsError === undefined ? {} : { buildError: artifact.hmmTestsError }),
    });
    return selectRecords(records, options.test);
  }
  let done = 0;
  const scenarios = {
    ...shared,
    oracle: modelOracle(),
    knownIssue: knownMatcher(context.knownIssues, { kernel: artifact.release, today: context.today }).match,
    lanes: options.jobs,
    spareLanes: options.jobs === 1 ? 0 : 1,
    // Who names tests wants them run.
    exhaustive: options.test !== undefined,
    ...(context.stopAt === undefined ? {} : { stopAt: context.stopAt }),
    ...(context.watch === undefined ? {} : { watch: context.watch }),
    emit: (event: Event): void => {
      emit(event);
      if (event.type === 'test-end')
        say(`${(done += 1)}${suite.kind === 'scenarios' ? ` of ${suite.cases.length}` : ''}`);
    },
  };
  if (suite.kind === 'scenarios') {
    const ends = new Map<string, End>();
    // A point of the series runs anew, but what failed before on its kernel need not fail twice to be believed.
    const earlier = reusable(context, 0, suite)
      ? failuresOf((await storedResults(await keyOf(suite, artifact, context)))?.tests ?? [])
      : undefined;
    const records = await runSuite(suite.cases, {
      ...scenarios,
      deadlineMs: suite.deadlineMs,
      ...(context.last === undefined ? {} : { last: context.last }),
      ...(context.hangs === undefined ? {} : { hangs: context.hangs }),
      ...(earlier === undefined ? {} : { earlier }),
      onRan: ({ test: { id }, outcome }) => {
        const end = guestEndOf(outcome);
        if (end !== undefined) ends.set(id, end);
      },
    });
    // A suite that stops at its first failure has an order of its own, and is that of kernels that are broken on purpose.
    if (context.stopAt === undefined) await rememberEnders(ends, context.today);
    return records;
  }
  return runRandom(suite, { ...scenarios, profile, context, say });
}
