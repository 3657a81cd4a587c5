import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { diskError } from '../process/disk.js';

/**
 * Replaces a file at once: a reader sees the old content or the new, never a part, also after a power cut. Creates the
 * folder. Throws CiError('infra') that names the file system when the disk is full.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw diskError(error, path, basename(path));
  }
}

/**
 * Makes a finished folder visible under its final name. If another process published the same thing first, that one
 * stays and ours is dropped. Both names must be on one file system.
 */
export async function publishDir(tmpDir: string, finalDir: string): Promise<void> {
  try {
    await mkdir(dirname(finalDir), { recursive: true });
    await rename(tmpDir, finalDir);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw diskError(error, finalDir, basename(finalDir));
    await rm(tmpDir, { recursive: true, force: true });
  }
}
