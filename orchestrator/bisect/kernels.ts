import path from 'node:path';
import type { KernelArtifact, KernelRequest } from '../kernel/artifact.js';
import { cachedKernel, ensureKernel } from '../kernel/ensure.js';
import { CiError } from '../process/errors.js';
import type { RunDirectory } from '../run/directory.js';
import { placeKey, placeNumber } from './ground.js';
import type { Ground, Source } from './ground.js';
import type { Built, Lab } from './lab.js';
import type { Place } from './types.js';

export interface KernelsOptions {
  readonly ground: Ground;
  readonly dir: RunDirectory;
  readonly makeOptions: readonly string[];
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/** The kernels of a ground's places, from the cache or built. */
export class Kernels implements Pick<Lab, 'build' | 'cached'> {
  readonly #options: KernelsOptions;
  readonly #artifacts = new Map<string, KernelArtifact>();

  constructor(options: KernelsOptions) {
    this.#options = options;
  }

  async build(at: Place, signal: AbortSignal): Promise<Built> {
    const began = Date.now();
    const source = await this.#options.ground.source(at);
    if ('why' in source) return { untestable: source.why, ms: Date.now() - began };
    try {
      return this.#built(at, await ensureKernel(this.#request(at, source, signal)), began);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CiError) || error.fault !== 'build') throw error;
      return { untestable: `does not compile: ${error.message}`, ms: Date.now() - began };
    }
  }

  async cached(at: Place, signal: AbortSignal): Promise<Built | undefined> {
    const began = Date.now();
    const source = await this.#options.ground.source(at);
    if ('why' in source) return undefined;
    const artifact = await cachedKernel(this.#request(at, source, signal));
    return artifact === undefined ? undefined : this.#built(at, artifact, began);
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

  #built(at: Place, artifact: KernelArtifact, began: number): Built {
    const { status, signature, moduleError } = artifact;
    const ms = Date.now() - began;
    if (moduleError !== undefined)
      return { untestable: `the guest module does not compile: ${moduleError}`, ms };
    this.#artifacts.set(placeKey(at), artifact);
    return { status, signature, ms };
  }

  #request(at: Place, source: Exclude<Source, { why: string }>, signal: AbortSignal): KernelRequest {
    const { dir, ground, makeOptions, jobs } = this.#options;
    const logFile = path.join(dir.pointDir(placeNumber(at, ground.history)), 'build.log');
    return { ...source, makeOptions, jobs, logFile, signal: AbortSignal.any([signal, this.#options.signal]) };
  }
}
