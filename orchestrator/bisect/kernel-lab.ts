import path from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';
import { ensureKernel } from '../kernel/ensure.js';
import { CiError } from '../process/errors.js';
import type { RunDirectory } from '../run/directory.js';
import type { BootedKernel, GuestHost } from '../run/guest-host.js';
import { DEFAULT_PROFILE } from '../run/options.js';
import { selectRecords, selectSuites } from '../run/select.js';
import { bootTwice } from '../run/test-kernel.js';
import { modelOracle } from '../scenario/model-oracle.js';
import { RestoringPool } from '../scenario/pool.js';
import type { Suite } from '../scenario/suite-file.js';
import { scanConsole } from '../splat/scanner.js';
import type { TestRecord } from '../store/records.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import { knownMatcher } from '../verdict/match.js';
import { BOOT_TEST } from '../verdict/point-tests.js';
import { placeKey, placeNumber } from './ground.js';
import type { Ground } from './ground.js';
import type { Built, Lab } from './lab.js';
import { oneRun } from './one-run.js';
import type { Place } from './types.js';

/** Kernels that are kept booted: both ends, and where the search is. */
const KEPT = 4;

export interface KernelLabOptions {
  readonly ground: Ground;
  readonly dir: RunDirectory;
  readonly host: GuestHost;
  readonly suites: readonly Suite[];
  /** Glob over test ids, as the user gave it. */
  readonly test?: string;
  readonly makeOptions: readonly string[];
  readonly jobs: number;
  readonly knownIssues: readonly KnownIssue[];
  /** `2026-11-23` */
  readonly today: string;
  readonly signal: AbortSignal;
}

/** A kernel whose guests can be had. */
interface Ready {
  readonly kernel: BootedKernel;
  readonly pool: RestoringPool;
}

/** Real kernels in real guests. */
export class KernelLab implements Lab, AsyncDisposable {
  readonly #options: KernelLabOptions;
  readonly #artifacts = new Map<string, KernelArtifact>();
  /** By signature, the one used last at the end. */
  readonly #ready = new Map<string, Ready>();

  constructor(options: KernelLabOptions) {
    this.#options = options;
  }

  async build(at: Place, signal: AbortSignal): Promise<Built> {
    const began = Date.now();
    const source = await this.#options.ground.source(at);
    if ('why' in source) return { untestable: source.why, ms: Date.now() - began };
    try {
      const artifact = await ensureKernel({
        ...source,
        makeOptions: this.#options.makeOptions,
        jobs: this.#options.jobs,
        logFile: path.join(this.#folder(at), 'build.log'),
        signal: AbortSignal.any([signal, this.#options.signal]),
      });
      const ms = Date.now() - began;
      if (artifact.moduleError !== undefined)
        return { untestable: `the guest module does not compile: ${artifact.moduleError}`, ms };
      this.#artifacts.set(placeKey(at), artifact);
      return { status: artifact.status, signature: artifact.signature, ms };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CiError) || error.fault !== 'build') throw error;
      return { untestable: `does not compile: ${error.message}`, ms: Date.now() - began };
    }
  }

  async run(
    at: Place,
    runs: number,
    only: string | undefined,
    done: (records: readonly TestRecord[], ms: number) => void,
  ): Promise<void> {
    const artifact = await this.artifact(at);
    if (only === BOOT_TEST) return this.#boots(at, artifact, runs, done);
    const began = Date.now();
    const ready = await this.#readyFor(at, artifact);
    if ('record' in ready) return done([ready.record], Date.now() - began);
    let left = runs;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        this.#options.signal.throwIfAborted();
        left -= 1;
        const started = Date.now();
        const records = await this.#once(artifact, ready, only);
        done(records, Date.now() - started);
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: Math.min(this.#options.jobs, runs) }, lane));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** The kernel of a place that was built; after `--resume` it comes from the cache. */
  async artifact(at: Place): Promise<KernelArtifact> {
    const known = this.#artifacts.get(placeKey(at));
    if (known !== undefined) return known;
    const built = await this.build(at, this.#options.signal);
    const artifact = this.#artifacts.get(placeKey(at));
    if (artifact !== undefined) return artifact;
    throw new CiError(
      'infra',
      `a kernel that was built cannot be had: ${'untestable' in built ? built.untestable : ''}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#ready.values()) await close(one);
    this.#ready.clear();
  }

  #folder(at: Place): string {
    const { dir, ground } = this.#options;
    return dir.pointDir(placeNumber(at, ground.history));
  }

  /** Booting is the test: each time anew. */
  async #boots(
    at: Place,
    artifact: KernelArtifact,
    runs: number,
    done: (records: readonly TestRecord[], ms: number) => void,
  ): Promise<void> {
    for (let run = 0; run < runs; run += 1) {
      const began = Date.now();
      const { record, kernel } = await this.#boot(at, artifact);
      await kernel?.[Symbol.asyncDispose]();
      done([record], Date.now() - began);
    }
  }

  #boot(at: Place, artifact: KernelArtifact): ReturnType<typeof bootTwice> {
    const { ground } = this.#options;
    return bootTwice(artifact, placeNumber(at, ground.history), DEFAULT_PROFILE, this.#options);
  }

  async #readyFor(at: Place, artifact: KernelArtifact): Promise<Ready | { readonly record: TestRecord }> {
    const { signature } = artifact;
    const kept = this.#ready.get(signature);
    if (kept !== undefined) {
      this.#ready.delete(signature);
      this.#ready.set(signature, kept);
      return kept;
    }
    const { record, kernel } = await this.#boot(at, artifact);
    if (kernel === undefined) return { record };
    const ready = { kernel, pool: new RestoringPool({ restore: (signal) => kernel.restore(signal) }) };
    this.#ready.set(signature, ready);
    const [oldest] = this.#ready;
    if (this.#ready.size > KEPT && oldest !== undefined) {
      this.#ready.delete(oldest[0]);
      await close(oldest[1]);
    }
    return ready;
  }

  async #once(
    artifact: KernelArtifact,
    { kernel, pool }: Ready,
    only: string | undefined,
  ): Promise<TestRecord[]> {
    const { suites, test, knownIssues, today, host, signal } = this.#options;
    const glob = only ?? test;
    const records = await oneRun(selectSuites(suites, glob), {
      pool,
      parseSplats: scanConsole,
      timeScale: kernel.timeScale,
      signal,
      oracle: modelOracle(),
      knownIssue: knownMatcher(knownIssues, { kernel: artifact.release, today }).match,
      memoryParameters: (module) => host.memoryParameters(module),
      ...(artifact.hmmTestsError === undefined ? {} : { buildError: artifact.hmmTestsError }),
    });
    return selectRecords(records, glob);
  }
}

async function close({ kernel, pool }: Ready): Promise<void> {
  await pool.close();
  await kernel[Symbol.asyncDispose]();
}
