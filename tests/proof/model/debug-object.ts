import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildDirFor } from '../../../orchestrator/kernel/build-dir.js';
import { checkoutTree } from '../../../orchestrator/kernel/checkout.js';
import { configureKernel } from '../../../orchestrator/kernel/configure.js';
import { renderOptions } from '../../../orchestrator/kernel/fragment.js';
import { prepareCompiler, runMake } from '../../../orchestrator/kernel/make.js';
import type { Make } from '../../../orchestrator/kernel/make.js';
import { wantedOptions } from '../../../orchestrator/kernel/profiles.js';
import { guarded } from '../../../orchestrator/kernel/repair.js';
import { findToolchain } from '../../../orchestrator/kernel/toolchain.js';
import { run } from '../../../orchestrator/process/child.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { withLock } from '../../../orchestrator/store/lock.js';
import { tempDir } from '../../../orchestrator/store/temp.js';
import type { BuiltKernel, ProofKernel } from './kernels.js';

/** Holds both structs and nothing else: the object is made in a second. */
const SOURCE = '#include <linux/mm.h>\n\nstruct page zd_page;\nstruct folio zd_folio;\n';
/** DWARF 4, which every pahole reads. */
const KBUILD = 'obj-m := layout.o\nccflags-y := -g -gdwarf-4 -fno-eliminate-unused-debug-types\n';
const LOCK_MS = 30 * 60_000;
const PAHOLE_MS = 60_000;

export interface DebugStructs {
  /** As pahole prints them. */
  readonly page: string;
  readonly folio: string;
}

/**
 * struct page and struct folio as the compiler's own debug information has them: an object outside the tree, compiled
 * with -g against the build folder of the kernel, whose own objects stay as they are.
 */
export async function debugStructs(
  kernel: ProofKernel,
  built: Pick<BuiltKernel, 'gitDir' | 'tree'>,
  signal: AbortSignal,
): Promise<DebugStructs> {
  const wanted = await wantedOptions(kernel.profile, kernel.fragments);
  const toolchain = await findToolchain([], signal);
  const parts = [renderOptions(wanted), toolchain.compiler, toolchain.linker, JSON.stringify([])];
  const dir = await buildDirFor(built.gitDir, parts);
  const folder = tempDir('layout');
  const make: Make = { dir, toolchain, options: [], logFile: path.join(folder, 'make.log'), signal };
  await writeFile(path.join(folder, 'layout.c'), SOURCE);
  await writeFile(path.join(folder, 'Kbuild'), KBUILD);
  await withLock(
    dir.lock,
    { what: 'an object with debug information', deadlineMs: LOCK_MS, signal },
    async () => {
      await checkoutTree(built.gitDir, built.tree, dir, signal);
      await prepareCompiler(dir, toolchain);
      await guarded(dir, async () => {
        await configureKernel(make, built.gitDir, built.tree, wanted);
        await must(make, ['modules_prepare']);
        await must(make, [`M=${folder}`, 'layout.o']);
      });
    },
  );
  const object = path.join(folder, 'layout.o');
  return { page: await pahole(object, 'page', signal), folio: await pahole(object, 'folio', signal) };
}

async function must(make: Make, targets: readonly string[]): Promise<void> {
  const what = `make ${targets.at(-1) ?? ''}`;
  const result = await runMake(make, targets, what);
  if (result.exitCode !== 0)
    throw new CiError('build', `${what} failed`, {
      detail: `${result.stdout}\n${result.stderr}`.slice(-3000),
    });
}

async function pahole(object: string, name: string, signal: AbortSignal): Promise<string> {
  const what = `pahole of struct ${name}`;
  const result = await run(['pahole', '-C', name, object], { what, deadlineMs: PAHOLE_MS, signal });
  if (result.exitCode !== 0 || result.stdout === '')
    throw new CiError('infra', `${what} failed`, { detail: result.stderr });
  return result.stdout;
}
