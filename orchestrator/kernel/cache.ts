import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { diskError } from '../process/disk.js';
import { publishDir, writeFileAtomic } from '../store/atomic.js';
import { sha256 } from '../store/hash.js';
import { cacheDir } from '../store/paths.js';
import { tempDir } from '../store/temp.js';

/**
 * Changed when a build gives something else for the same request. With KASAN: when its line numbers ceased to be part of
 * the signature that is kept with a kernel.
 */
const RECIPE = { plain: '1', kasan: '2' };

const Meta = z.strictObject({
  compiler: z.string(),
  release: z.string(),
  configHash: z.string(),
  vmlinuxSignature: z.string(),
  testHmmSignature: z.string().optional(),
  hmmTestsError: z.string().optional(),
  hmmTestsHash: z.string().optional(),
  absentOptions: z.array(z.string()),
});
export type KernelMeta = z.infer<typeof Meta>;

const ModuleMeta = z.strictObject({ signature: z.string().optional(), error: z.string().optional() });
export type ModuleMeta = z.infer<typeof ModuleMeta>;

/** Key of a finished kernel: what it is made from. */
export function kernelKey(
  tree: string,
  config: string,
  compiler: string,
  makeOptions: readonly string[],
): string {
  const recipe = /^CONFIG_KASAN=y$/m.test(config) ? RECIPE.kasan : RECIPE.plain;
  return sha256(recipe, tree, config, compiler, JSON.stringify(makeOptions)).slice(0, 24);
}

export function kernelDir(key: string): string {
  return join(cacheDir(), 'kernels', key);
}

export function moduleDir(key: string, moduleKey: string): string {
  return join(kernelDir(key), 'modules', moduleKey.slice(0, 24));
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // Written by another version of this program: build again.
    return undefined;
  }
}

export interface CachedKernel {
  readonly dir: string;
  readonly meta: KernelMeta;
  readonly sources: Set<string>;
}

/** A finished kernel, if there is one. Its time is renewed, so that old ones can be told by it. */
export async function loadKernel(key: string): Promise<CachedKernel | undefined> {
  const dir = kernelDir(key);
  const meta = await readJson(join(dir, 'meta.json'), Meta);
  if (meta === undefined || !existsSync(join(dir, 'vmlinux'))) return undefined;
  const list = await readFile(join(dir, 'sources.txt'), 'utf8').catch(() => undefined);
  if (list === undefined) return undefined;
  const now = new Date();
  await utimes(dir, now, now).catch(() => {});
  return { dir, meta, sources: new Set(list.split('\n').filter((line) => line !== '')) };
}

/** A finished guest module, or the reason why there is none. */
export async function loadModule(key: string, moduleKey: string): Promise<ModuleMeta | undefined> {
  return readJson(join(moduleDir(key, moduleKey), 'module.json'), ModuleMeta);
}

/** Copies `files` (name in the cache → path) and texts into a new folder and publishes it at once. */
async function publish(
  finalDir: string,
  files: Readonly<Record<string, string | undefined>>,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const staged = tempDir('kernel');
  try {
    for (const [name, from] of Object.entries(files)) {
      if (from !== undefined) await copyFile(from, join(staged, name));
    }
    for (const [name, text] of Object.entries(texts)) await writeFileAtomic(join(staged, name), text);
  } catch (error) {
    throw diskError(error, finalDir, 'a finished kernel');
  }
  await publishDir(staged, finalDir);
}

export interface KernelFiles {
  readonly vmlinux: string;
  readonly systemMap: string;
  readonly config: string;
  readonly testHmm: string | undefined;
  readonly hmmTests: string | undefined;
}

export async function storeKernel(
  key: string,
  files: KernelFiles,
  meta: KernelMeta,
  sources: ReadonlySet<string>,
): Promise<void> {
  const dir = kernelDir(key);
  // A folder without a valid meta.json is of another version: put aside, since publishing never replaces.
  if (existsSync(dir)) await rename(dir, join(tempDir('stale-kernel'), 'kernel'));
  await publish(
    dir,
    {
      vmlinux: files.vmlinux,
      'System.map': files.systemMap,
      config: files.config,
      'test_hmm.ko': files.testHmm,
      'hmm-tests': files.hmmTests,
    },
    {
      'sources.txt': `${[...sources].sort().join('\n')}\n`,
      'meta.json': `${JSON.stringify(meta, null, 2)}\n`,
    },
  );
}

export async function storeModule(
  key: string,
  moduleKey: string,
  ko: string | undefined,
  meta: ModuleMeta,
): Promise<void> {
  await mkdir(join(kernelDir(key), 'modules'), { recursive: true });
  await publish(
    moduleDir(key, moduleKey),
    { 'zdplace.ko': ko },
    { 'module.json': `${JSON.stringify(meta)}\n` },
  );
}
