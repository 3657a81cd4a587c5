import type { KernelArtifact } from '../kernel/artifact.js';
import type { BootedKernel } from '../run/booted-kernel.js';
import type { GuestHost } from '../run/guest-host.js';
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
import { placeNumber } from './ground.js';
import { Kernels } from './kernels.js';
import type { KernelsOptions } from './kernels.js';
import type { Built, Lab } from './lab.js';
import { oneRun } from './one-run.js';
import type { Place } from './types.js';

/** Kernels that are kept booted: both ends, and where the search is. */
const KEPT = 4;

export interface KernelLabOptions extends KernelsOptions {
  readonly host: GuestHost;
  readonly suites: readonly Suite[];
  /** Glob over test ids, as the user gave it. */
  readonly test?: string;
  readonly knownIssues: readonly KnownIssue[];
  /** `2026-11-23` */
  readonly today: string;
}

/** A kernel whose guests can be had. */
interface Ready {
  readonly kernel: BootedKernel;
  readonly pool: RestoringPool;
}

/** Real kernels in real guests. */
export class KernelLab implements Lab, AsyncDisposable {
  readonly #options: KernelLabOptions;
  readonly #kernels: Kernels;
  /** By signature, the one used last at the end. */
  readonly #ready = new Map<string, Ready>();

  constructor(options: KernelLabOptions) {
    this.#options = options;
    this.#kernels = new Kernels(options);
  }

  build(at: Place, signal: AbortSignal): Promise<Built> {
    return this.#kernels.build(at, signal);
  }

  cached(at: Place, signal: AbortSignal): Promise<Built | undefined> {
    return this.#kernels.cached(at, signal);
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

  artifact(at: Place): Promise<KernelArtifact> {
    return this.#kernels.artifact(at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#ready.values()) await close(one);
    this.#ready.clear();
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
