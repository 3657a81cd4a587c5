import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../store/atomic.js';
import { sha256 } from '../store/hash.js';
import { withLock } from '../store/lock.js';
import { cacheDir } from '../store/paths.js';
import type { KernelRequest } from './artifact.js';
import { BUILD_LOCK_DEADLINE_MS, buildDirFor, type BuildDir } from './build-dir.js';
import { buildError, buildOutput, findBuildFailure } from './build-log.js';
import { assertClean, checkoutTree } from './checkout.js';
import { configureKernel } from './configure.js';
import { renderOptions, type WantedOption } from './fragment.js';
import { prepareCompiler, runMake } from './make.js';
import { wantedObjects } from './profiles.js';
import { guarded } from './repair.js';
import { readSources } from './sources.js';
import { findToolchain, parseMakeOptions, type MakeOption, type Toolchain } from './toolchain.js';

/** Changed when the same request compiles something else. */
const RECIPE = '1';

const Compiled = z.strictObject({ sources: z.array(z.string()) });

interface Plan {
  readonly request: KernelRequest;
  readonly wanted: readonly WantedOption[];
  readonly files: readonly string[];
  readonly toolchain: Toolchain;
  readonly makeOptions: readonly MakeOption[];
  /** What names the folder that they are compiled in. */
  readonly parts: readonly string[];
  /** Where it is kept that they compiled. */
  readonly file: string;
}

/**
 * Compiles the single objects of a profile, each beside the kernel and under a configuration of its own, so that the kernel
 * under test stays what it is without them: a change of an interface that a caller has not followed shows here. Objects whose
 * source the tree does not have are left out. What compiled once is not compiled again.
 * @returns files of the tree that were read; undefined for a profile without objects
 * @throws CiError: `build` if one does not compile or the configuration lacks a wanted option
 */
export async function compileObjects(request: KernelRequest): Promise<ReadonlySet<string> | undefined> {
  const plan = await planOf(request);
  if (plan === undefined) return undefined;
  const known = await readCompiled(plan.file);
  if (known !== undefined) return known;

  const dir = await buildDirFor(request.gitDir, plan.parts);
  const lock = {
    what: `compiling single objects of ${request.commit.slice(0, 12)} (${request.profile})`,
    deadlineMs: BUILD_LOCK_DEADLINE_MS,
    onWait: (owner: string) => request.progress?.(`waiting for ${owner}`),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  const sources = await withLock(dir.lock, lock, () => compileIn(dir, plan));
  await writeFileAtomic(plan.file, `${JSON.stringify({ sources: [...sources].sort() })}\n`);
  return sources;
}

/** Whether `compileObjects` has nothing to compile. */
export async function areCompiled(request: KernelRequest): Promise<boolean> {
  const plan = await planOf(request);
  return plan === undefined || (await readCompiled(plan.file)) !== undefined;
}

async function planOf(request: KernelRequest): Promise<Plan | undefined> {
  const objects = await wantedObjects(request.profile, request.fragments);
  if (objects === undefined) return undefined;
  const makeOptions = parseMakeOptions(request.makeOptions);
  const toolchain = await findToolchain(makeOptions, request.signal);
  const parts = [
    renderOptions(objects.wanted),
    toolchain.compiler,
    toolchain.linker,
    JSON.stringify(request.makeOptions),
  ];
  const key = sha256(RECIPE, request.tree, ...parts, ...objects.files).slice(0, 24);
  const file = join(cacheDir(), 'objects', `${key}.json`);
  return { request, ...objects, toolchain, makeOptions, parts, file };
}

async function readCompiled(file: string): Promise<ReadonlySet<string> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = Compiled.safeParse(JSON.parse(text));
  return parsed.success ? new Set(parsed.data.sources) : undefined;
}

async function compileIn(dir: BuildDir, plan: Plan): Promise<ReadonlySet<string>> {
  const { request } = plan;
  const make = {
    dir,
    toolchain: plan.toolchain,
    options: plan.makeOptions,
    logFile: request.logFile,
    jobs: request.jobs,
    signal: request.signal,
    progress: request.progress,
  };
  await checkoutTree(request.gitDir, request.tree, dir, request.signal);
  assertClean(dir);
  await prepareCompiler(dir, plan.toolchain);
  return guarded(dir, async () => {
    await configureKernel(make, request.gitDir, request.tree, plan.wanted);
    const present = plan.files.filter((name) => existsSync(join(dir.src, sourceOf(name))));
    const result = await runMake(make, present, 'make of single objects');
    if (result.exitCode !== 0) {
      const failure = findBuildFailure(buildOutput(result), dir.src);
      throw buildError(failure, 'single objects of drivers', make.logFile);
    }
    return readSources(dir.out, dir.src);
  });
}

/** The C file of an object target of kbuild. Pure. */
export function sourceOf(object: string): string {
  return object.replace(/\.o$/, '.c');
}
