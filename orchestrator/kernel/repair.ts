import { existsSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { diskError } from '../process/disk.js';
import { CiError } from '../process/errors.js';
import type { BuildDir } from './build-dir.js';

/** kbuild writes these to a temporary name and renames them (scripts/Kbuild.include: filechk; kconfig: conf_write). */
const RENAMED_INTO_PLACE = /^(include\/(config|generated)|arch\/\w+\/include\/generated)\//;

/**
 * Whether a file that appeared during a killed make can be trusted. kbuild writes `.NAME.cmd` after NAME is finished
 * (scripts/Kbuild.include: if_changed*, cmd_and_savecmd); a compiler that was killed leaves NAME newer than its
 * sources and half written, which make alone would take for finished.
 */
export function isFinished(path: string, mtimeMs: number, cmdMtimeMs: number | undefined): boolean {
  if (basename(path).endsWith('.cmd') || path === '.config' || path === 'Makefile') return true;
  if (RENAMED_INTO_PLACE.test(path)) return true;
  return cmdMtimeMs !== undefined && cmdMtimeMs >= mtimeMs;
}

async function mtimeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** No command of a kernel build writes one file for longer; what is older than the death by this was finished. */
const LONGEST_COMMAND_MS = 120_000;

async function filesSince(root: string, since: number): Promise<{ path: string; mtime: number }[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: { path: string; mtime: number }[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const mtime = await mtimeOf(path);
    if (mtime !== undefined && mtime >= since) found.push({ path, mtime });
  }
  return found;
}

/** Removes what a make that was killed left half done; `since`: when it began. */
async function removeHalfDone(root: string, since: number): Promise<void> {
  const files = await filesSince(root, since);
  const death = files.reduce((newest, { mtime }) => Math.max(newest, mtime), 0);
  for (const { path, mtime } of files) {
    if (mtime < death - LONGEST_COMMAND_MS) continue;
    const cmd = await mtimeOf(join(dirname(path), `.${basename(path)}.cmd`));
    if (!isFinished(path.slice(root.length + 1), mtime, cmd)) await rm(path, { force: true });
  }
}

/**
 * Runs make steps so that a death in the middle is noticed by the next one: the marker goes only when they end in an
 * orderly way, which an error of the build is too (make removes its half-made targets itself).
 */
export async function guarded<T>(dir: BuildDir, steps: () => Promise<T>): Promise<T> {
  if (existsSync(dir.buildMarker)) {
    const since = (await mtimeOf(dir.buildMarker)) ?? 0;
    if (existsSync(dir.out)) await removeHalfDone(dir.out, since - 1000);
  } else {
    await writeFile(dir.buildMarker, '').catch((error: unknown) => {
      throw diskError(error, dir.buildMarker, 'a build');
    });
  }
  let orderly = true;
  try {
    return await steps();
  } catch (error) {
    orderly = error instanceof CiError && error.fault === 'build';
    throw error;
  } finally {
    if (orderly) await rm(dir.buildMarker, { force: true });
  }
}
