import path from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';
import { CiError } from '../process/errors.js';
import { RestoringPool } from '../scenario/pool.js';
import { runKselftest } from '../scenario/kselftest.js';
import { modelOracle } from '../scenario/model-oracle.js';
import { runSuite } from '../scenario/run-suite.js';
import { selectCases } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import { scanConsole } from '../splat/scanner.js';
import type { Splat, TestRecord } from '../store/records.js';
import { knownMatcher } from '../verdict/match.js';
import { BOOT_TEST, bootRecord } from '../verdict/point-tests.js';
import type { RunContext } from './context.js';
import type { BootedKernel } from './guest-host.js';
import { mergeRepeats } from './repeat.js';
import { mayReuse, storedResults, storeResults } from './reuse.js';
import type { ReuseKey } from './reuse.js';
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
  const boot = await bootTwice(artifact, point, context);
  context.emit({ t: Date.now(), type: 'test-end', point, test: boot.record });
  if (boot.kernel === undefined) return { tests: [boot.record, ...tests], splats: [] };
  await using kernel = boot.kernel;
  const splats = scanConsole(kernel.bootConsole);
  if (reusable(context, 0, undefined)) await storeResults(bootKey, [boot.record], splats);
  const ran = await runSuites(toRun, kernel, artifact, point, context, say);
  for (const [index, suite] of toRun.entries()) {
    if (reusable(context, 0, suite))
      await storeResults(await keyOf(suite, artifact, context), ran[index] ?? []);
  }
  return {
    tests: [boot.record, ...tests, ...ran.flat()],
    splats,
    ...(artifact.moduleError === undefined ? {} : { moduleError: artifact.moduleError }),
  };
}

function reusable(context: RunContext, point: number, suite: Suite | undefined): boolean {
  const { fresh, repeat, test, series } = context.options;
  return mayReuse(
    { fresh, repeat, hasSeries: series !== undefined, ...(test === undefined ? {} : { test }) },
    point,
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
    suiteDigest: await suiteDigest(suite, artifact),
    machineDigest: context.host.digest,
  };
}

interface Booting {
  readonly record: TestRecord;
  readonly kernel?: BootedKernel;
}

async function bootTwice(artifact: KernelArtifact, point: number, context: RunContext): Promise<Booting> {
  const started = Date.now();
  const consoleFile = path.join(context.dir.pointDir(point), 'console.log');
  for (let attempt = 1; ; attempt += 1) {
    try {
      const kernel = await context.host.boot(artifact, consoleFile, context.signal);
      return {
        kernel,
        record: bootRecord({ booted: true, attempts: attempt, durationMs: Date.now() - started }),
      };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof CiError) || (error.fault !== 'boot' && error.fault !== 'crash')) throw error;
      if (attempt < BOOT_ATTEMPTS) continue;
      const last = error.details.lastConsoleLine;
      const record = bootRecord({
        booted: false,
        attempts: attempt,
        reason: last === undefined ? error.message : `${error.message}; last console line: ${last}`,
        splats: scanConsole(error.details.detail ?? ''),
        evidence: [path.relative(context.dir.dir, consoleFile)],
        durationMs: Date.now() - started,
      });
      return { record };
    }
  }
}

/** All suites side by side: an upstream suite keeps one guest busy while the scenarios use the others. */
async function runSuites(
  suites: readonly Suite[],
  kernel: BootedKernel,
  artifact: KernelArtifact,
  point: number,
  context: RunContext,
  say: (text: string) => void,
): Promise<TestRecord[][]> {
  await using pool = new RestoringPool({ restore: (signal) => kernel.restore(signal) });
  const left = new Map(suites.map((suite) => [suite.id, '']));
  const tell = (suite: Suite, text: string): void => {
    left.set(suite.id, text);
    say([...left].map(([id, what]) => `${id} ${what}`.trim()).join(', '));
  };
  // Awaited here: the pool is closed as soon as this function returns.
  return await Promise.all(
    suites.map(async (suite) => {
      tell(suite, 'starts');
      const rounds: TestRecord[][] = [];
      for (let round = 0; round < context.options.repeat; round += 1) {
        rounds.push(
          await runOneSuite(suite, pool, kernel, artifact, point, context, (text) => tell(suite, text)),
        );
      }
      tell(suite, 'done');
      return mergeRepeats(rounds);
    }),
  );
}

async function runOneSuite(
  suite: Suite,
  pool: RestoringPool,
  kernel: BootedKernel,
  artifact: KernelArtifact,
  point: number,
  context: RunContext,
  say: (text: string) => void,
): Promise<TestRecord[]> {
  const { emit, signal, options } = context;
  const shared = { pool, point, emit, signal, timeScale: kernel.timeScale, parseSplats: scanConsole };
  if (suite.kind === 'kselftest') {
    return runKselftest(suite, {
      ...shared,
      memoryParameters: (module) => context.host.memoryParameters(module),
      ...(artifact.hmmTestsError === undefined ? {} : { buildError: artifact.hmmTestsError }),
    });
  }
  const cases = options.test === undefined ? suite.cases : selectCases(suite.cases, options.test);
  let done = 0;
  return runSuite(cases, {
    ...shared,
    oracle: modelOracle(),
    knownIssue: knownMatcher(context.knownIssues, { kernel: artifact.release, today: context.today }).match,
    lanes: options.jobs,
    // Who names tests wants them run.
    exhaustive: options.test !== undefined,
    deadlineMs: suite.deadlineMs,
    emit: (event) => {
      emit(event);
      if (event.type === 'test-end') say(`${(done += 1)} of ${cases.length}`);
    },
  });
}
