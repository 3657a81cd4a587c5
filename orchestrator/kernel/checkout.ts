import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { diskError } from '../process/disk.js';
import { git, gitMay, type GitRepo } from './git.js';
import type { BuildDir } from './build-dir.js';

const CHECKOUT_DEADLINE_MS = 15 * 60_000;

/** Build output that makes kbuild refuse O= (Makefile: outputmakefile). */
const UNCLEAN = ['.config', 'include/config', 'arch/x86/include/generated'];

async function removeStrays(repo: GitRepo, dir: BuildDir, signal: AbortSignal | undefined): Promise<void> {
  const listed = await git(repo, ['ls-files', '-z', '--others', '--exclude=/out/'], { signal });
  for (const path of listed.split('\0')) {
    if (path !== '') await rm(join(dir.src, path), { force: true });
  }
}

/**
 * Makes the work tree hold `tree` exactly; only files that differ get new times, so make compiles only those. The
 * caller holds the lock of the build folder. Goes on after a checkout that was killed in the middle: read-tree --reset
 * writes every file anew whose time or size is not what the index says, and files that the dead one added are removed.
 */
export async function checkoutTree(
  gitDir: string,
  tree: string,
  dir: BuildDir,
  signal?: AbortSignal,
): Promise<void> {
  const repo = { gitDir, workTree: dir.src, indexFile: dir.index };
  await mkdir(dir.src, { recursive: true });
  const interrupted = existsSync(dir.checkoutMarker);
  await rm(`${dir.index}.lock`, { force: true });
  await writeFile(dir.checkoutMarker, tree).catch((error: unknown) => {
    throw diskError(error, dir.checkoutMarker, 'a checkout');
  });
  const args = ['-c', 'checkout.workers=0', '-c', 'core.autocrlf=false', 'read-tree', '--reset', '-u', tree];
  let result = await gitMay(repo, args, { deadlineMs: CHECKOUT_DEADLINE_MS, signal });
  if (result.exitCode !== 0 && /index file|bad signature|bad index|index uses/.test(result.stderr)) {
    // A damaged index says nothing about the files: start from none, which writes all of them.
    await rm(dir.index, { force: true });
    result = await gitMay(repo, args, { deadlineMs: CHECKOUT_DEADLINE_MS, signal });
  }
  if (result.exitCode !== 0) {
    const full = /No space left|Disk quota/.test(result.stderr);
    throw new CiError('infra', `cannot check out the kernel tree ${tree.slice(0, 12)}`, {
      where: dir.src,
      detail: result.stderr.trim(),
      remedy: full
        ? 'The disk is full: `ci doctor --clean` removes caches and leftovers of dead runs.'
        : '`ci doctor --clean` removes the build folders; they are made anew.',
    });
  }
  if (interrupted) await removeStrays(repo, dir, signal);
  await rm(dir.checkoutMarker, { force: true });
}

/** Throws CiError('build') if the tree itself has build output in it, where kbuild would refuse O=. */
export function assertClean(dir: BuildDir): void {
  const found = UNCLEAN.filter((path) => existsSync(join(dir.src, path)));
  if (found.length === 0) return;
  throw new CiError(
    'build',
    `the kernel tree has build output inside (${found.join(', ')}), so make refuses a separate output folder`,
    {
      remedy: 'Run `make mrproper` in the tree, or take these files out of the commit.',
    },
  );
}
