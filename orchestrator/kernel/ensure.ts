import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError } from '../process/disk.js';
import { requireSpace } from '../process/disk.js';
import { hashFiles, sha256 } from '../store/hash.js';
import { withLock } from '../store/lock.js';
import { BUILD_LOCK_DEADLINE_MS, buildDirFor, type BuildDir } from './build-dir.js';
import { buildError, buildOutput, findBuildFailure } from './build-log.js';
import {
  kernelDir,
  kernelKey,
  loadKernel,
  loadModule,
  moduleDir,
  storeKernel,
  storeModule,
  type CachedKernel,
  type ModuleMeta,
} from './cache.js';
import { assertClean, checkoutTree } from './checkout.js';
import { configureKernel, type KernelConfig } from './configure.js';
import { renderOptions, type WantedOption } from './fragment.js';
import { buildModule, moduleHash, MODULE_NAME } from './guest-module.js';
import { buildHmmTests } from './hmm-tests.js';
import { prepareCompiler, runMake, type Make } from './make.js';
import { areCompiled, compileObjects } from './objects.js';
import { wantedOptions } from './profiles.js';
import { guarded } from './repair.js';
import { kernelSignatures } from './signature.js';
import { readSources } from './sources.js';
import { findToolchain, parseMakeOptions, type MakeOption, type Toolchain } from './toolchain.js';
import type { KernelArtifact, KernelRequest } from './artifact.js';

/** Source and output of a first build, and of one over it; measured with 7.3.4 under the default profile. */
const FIRST_BUILD_BYTES = 2500 * 2 ** 20;
const NEXT_BUILD_BYTES = 300 * 2 ** 20;

interface Plan {
  readonly request: KernelRequest;
  readonly key: string;
  readonly moduleKey: string;
  readonly wanted: readonly WantedOption[];
  readonly toolchain: Toolchain;
  readonly makeOptions: readonly MakeOption[];
}

async function planOf(request: KernelRequest): Promise<Plan> {
  const makeOptions = parseMakeOptions(request.makeOptions);
  const wanted = await wantedOptions(request.profile, request.fragments);
  const toolchain = await findToolchain(makeOptions, request.signal);
  const compilers = `${toolchain.compiler}\n${toolchain.linker}`;
  return {
    request,
    key: kernelKey(request.tree, renderOptions(wanted), compilers, request.makeOptions),
    moduleKey: await moduleHash(),
    wanted,
    toolchain,
    makeOptions,
  };
}

function artifactOf(
  plan: Plan,
  kernel: CachedKernel,
  module: ModuleMeta,
  status: KernelArtifact['status'],
  durationMs: number,
): KernelArtifact {
  const { dir, meta, sources } = kernel;
  const optional = (name: string): string | undefined => {
    const file = join(dir, name);
    return existsSync(file) ? file : undefined;
  };
  const testHmm = optional('test_hmm.ko');
  const hmmTests = optional('hmm-tests');
  return {
    key: plan.key,
    dir,
    vmlinux: join(dir, 'vmlinux'),
    systemMap: join(dir, 'System.map'),
    module: join(moduleDir(plan.key, plan.moduleKey), MODULE_NAME),
    ...(module.error === undefined ? {} : { moduleError: module.error }),
    ...(testHmm === undefined ? {} : { testHmm }),
    ...(hmmTests === undefined ? {} : { hmmTests }),
    ...(meta.hmmTestsError === undefined ? {} : { hmmTestsError: meta.hmmTestsError }),
    ...(meta.hmmTestsHash === undefined ? {} : { hmmTestsHash: meta.hmmTestsHash }),
    config: join(dir, 'config'),
    configHash: meta.configHash,
    signature: sha256(meta.vmlinuxSignature, meta.testHmmSignature ?? '', module.signature ?? 'no module'),
    compiler: meta.compiler,
    release: meta.release,
    status,
    durationMs,
    sources,
    absentOptions: meta.absentOptions,
  };
}

async function fromCache(plan: Plan, began: number): Promise<KernelArtifact | undefined> {
  const kernel = await loadKernel(plan.key);
  const module = kernel && (await loadModule(plan.key, plan.moduleKey));
  if (kernel === undefined || module === undefined) return undefined;
  return artifactOf(plan, kernel, module, 'cached', performance.now() - began);
}

async function compileKernel(make: Make, plan: Plan): Promise<KernelConfig> {
  const { gitDir, tree } = plan.request;
  const config = await configureKernel(make, gitDir, tree, plan.wanted);
  const result = await runMake(make, ['vmlinux', 'modules'], 'make vmlinux modules');
  if (result.exitCode !== 0) {
    const failure = findBuildFailure(buildOutput(result), make.dir.src);
    throw buildError(failure, 'the kernel', make.logFile);
  }
  return config;
}

/** Answers how long upstream's test program took, in milliseconds. */
async function finishKernel(make: Make, plan: Plan, config: KernelConfig): Promise<number> {
  const { out, src } = make.dir;
  const { gitDir, tree } = plan.request;
  const vmlinux = join(out, 'vmlinux');
  const testHmm = [join(out, 'lib', 'test_hmm.ko')].filter((file) => existsSync(file));
  const began = performance.now();
  const tests = await buildHmmTests(make, gitDir, tree);
  const hmmTestsMs = performance.now() - began;
  const signatures = await kernelSignatures(vmlinux, testHmm);
  const sources = await readSources(out, src);
  for (const name of tests.sources) sources.add(name);
  const release = await readFile(join(out, 'include', 'config', 'kernel.release'), 'utf8');
  const [testHmmSignature] = signatures.modules;
  await storeKernel(
    plan.key,
    {
      vmlinux,
      systemMap: join(out, 'System.map'),
      config: config.file,
      testHmm: testHmm[0],
      hmmTests: tests.file,
    },
    {
      compiler: plan.toolchain.compiler,
      release: release.trim(),
      configHash: config.hash,
      vmlinuxSignature: signatures.vmlinux,
      ...(testHmmSignature === undefined ? {} : { testHmmSignature }),
      ...(tests.error === undefined ? {} : { hmmTestsError: tests.error }),
      ...(tests.file === undefined
        ? {}
        : { hmmTestsHash: await hashFiles([tests.file], join(tests.file, '..')) }),
      absentOptions: [...config.absent],
    },
    sources,
  );
  return hmmTestsMs;
}

async function finishModule(make: Make, plan: Plan): Promise<void> {
  const built = await buildModule(make);
  if ('error' in built) {
    await storeModule(plan.key, plan.moduleKey, undefined, { error: built.error });
    return;
  }
  const { modules } = await kernelSignatures(join(make.dir.out, 'vmlinux'), [built.ko]);
  const [signature] = modules;
  await storeModule(plan.key, plan.moduleKey, built.ko, signature === undefined ? {} : { signature });
}

async function buildIn(dir: BuildDir, plan: Plan): Promise<number> {
  const { request } = plan;
  const make: Make = {
    dir,
    toolchain: plan.toolchain,
    options: plan.makeOptions,
    logFile: request.logFile,
    jobs: request.jobs,
    signal: request.signal,
    progress: request.progress,
  };
  const fresh = !existsSync(join(dir.out, 'vmlinux'));
  requireSpace(dir.src, fresh ? FIRST_BUILD_BYTES : NEXT_BUILD_BYTES, 'building a kernel');
  try {
    request.progress?.('checkout');
    await checkoutTree(request.gitDir, request.tree, dir, request.signal);
    assertClean(dir);
    await prepareCompiler(dir, plan.toolchain);
    return await guarded(dir, async () => {
      const config = await compileKernel(make, plan);
      const stored = (await loadKernel(plan.key)) !== undefined;
      const hmmTestsMs = stored ? 0 : await finishKernel(make, plan, config);
      await finishModule(make, plan);
      return hmmTestsMs;
    });
  } catch (error) {
    throw diskError(error, dir.dir, 'a kernel build');
  }
}

/**
 * The kernel of a tree, from the cache or built, and the single objects of its profile. What is cached costs no checkout and
 * no make. Throws CiError: `build` if something does not compile or lacks a wanted option, `usage` for a bad profile, fragment
 * or make option, `infra` for a killed compiler or a full disk. A guest module that does not compile is `moduleError`, not an
 * exception.
 */
export async function ensureKernel(request: KernelRequest): Promise<KernelArtifact> {
  const artifact = await kernelOf(request);
  const objects = await compileObjects(request);
  return objects === undefined
    ? artifact
    : { ...artifact, sources: new Set([...artifact.sources, ...objects]) };
}

/** What `ensureKernel` answers where it has nothing to build, at once even while another kernel is being built. */
export async function cachedKernel(request: KernelRequest): Promise<KernelArtifact | undefined> {
  const kernel = await fromCache(await planOf(request), performance.now());
  return kernel !== undefined && (await areCompiled(request)) ? ensureKernel(request) : undefined;
}

async function kernelOf(request: KernelRequest): Promise<KernelArtifact> {
  const began = performance.now();
  const plan = await planOf(request);
  const cached = await fromCache(plan, began);
  if (cached !== undefined) return cached;
  const what = `building ${request.commit.slice(0, 12)} (${request.profile})`;
  const lock = {
    what,
    deadlineMs: BUILD_LOCK_DEADLINE_MS,
    onWait: (owner: string) => request.progress?.(`waiting for ${owner}`),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  const dir = await buildDirFor(request.gitDir, [
    request.folder ?? renderOptions(plan.wanted),
    plan.toolchain.compiler,
    plan.toolchain.linker,
    JSON.stringify(request.makeOptions),
  ]);
  // The outer lock is about the result (two runs with different sources may want one tree), the inner about the folder.
  return withLock(`${kernelDir(plan.key)}.lock`, lock, async () => {
    const meanwhile = await fromCache(plan, began);
    if (meanwhile !== undefined) return meanwhile;
    const hmmTestsMs = await withLock(dir.lock, lock, () => buildIn(dir, plan));
    const [kernel, module] = [await loadKernel(plan.key), await loadModule(plan.key, plan.moduleKey)];
    if (kernel === undefined || module === undefined) {
      throw new Error(`the kernel ${plan.key} vanished from the cache while it was built`);
    }
    return { ...artifactOf(plan, kernel, module, 'built', performance.now() - began), hmmTestsMs };
  });
}
