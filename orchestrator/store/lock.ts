import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { abortReason, deadlineError, formatDuration, sleep } from '../process/deadline.js';
import { diskError } from '../process/disk.js';
import { isAlive, Owner, thisProcess } from './owner.js';

const LockFile = z.strictObject({ owner: Owner, token: z.string(), what: z.string(), since: z.number() });
type LockFile = z.infer<typeof LockFile>;

export interface LockOptions {
  /** What the lock is held for, shown to those who wait: "building v7.3-2-gabc". */
  readonly what: string;
  readonly deadlineMs: number;
  /** Called once, with who holds the lock, when there is something to wait for. */
  readonly onWait?: (owner: string) => void;
  readonly signal?: AbortSignal;
}

const POLL_MS = 100;
/** Beyond the deadline: getting over a dead lock is no waiting for anybody. */
const TAKE_OVER_MS = 1000;

/** What a lock file says; undefined if there is none. Lock files appear complete (by link), so a bad one is garbage. */
export async function readLock(path: string): Promise<LockFile | 'garbage' | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return LockFile.parse(JSON.parse(text));
  } catch {
    return 'garbage';
  }
}

/** Creates the lock file whole or not at all; false if there is one. */
async function tryCreate(path: string, content: LockFile): Promise<boolean> {
  const temporary = `${path}.${process.pid}.${content.token}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, JSON.stringify(content), { flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw diskError(error, path, 'a lock');
  } finally {
    await rm(temporary, { force: true });
  }
}

function newLock(what: string): LockFile {
  return { owner: thisProcess(), token: randomUUID(), what, since: Date.now() };
}

const tokenOf = (lock: LockFile | 'garbage' | undefined): string | undefined =>
  typeof lock === 'object' ? lock.token : lock;

/**
 * Removes a dead owner's lock. Of several processes that find it dead one may do so, lest a slow one removes the lock
 * that a fast one has taken since: who holds the guard for this very lock looks again and then removes it. The guard
 * is a lock like any other, so that a process that dies with it is got over the same way.
 */
export async function removeDead(path: string, dead: LockFile | 'garbage'): Promise<void> {
  const guard = `${path}.break-${tokenOf(dead)?.slice(0, 8)}`;
  if (!(await tryCreate(guard, newLock('taking over a dead lock')))) {
    const holder = await readLock(guard);
    if (holder !== undefined && (holder === 'garbage' || !isAlive(holder.owner)))
      await removeDead(guard, holder);
    return;
  }
  try {
    if (tokenOf(await readLock(path)) === tokenOf(dead)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Removes the lock at `path` if its owner is dead; true if it did. */
export async function reclaimDeadLock(path: string): Promise<boolean> {
  const held = await readLock(path);
  if (held === undefined || (held !== 'garbage' && isAlive(held.owner))) return false;
  await removeDead(path, held);
  return (await readLock(path)) === undefined;
}

function describe(lock: LockFile): string {
  return `process ${lock.owner.pid} (${lock.what}, for ${formatDuration(Date.now() - lock.since)})`;
}

async function acquire(path: string, opts: LockOptions): Promise<LockFile> {
  const mine = newLock(opts.what);
  const end = performance.now() + opts.deadlineMs;
  let told = false;
  while (!(await tryCreate(path, mine))) {
    if (opts.signal?.aborted === true) throw abortReason(opts.signal);
    const held = await readLock(path);
    if (held === undefined || held === 'garbage' || !isAlive(held.owner)) {
      if (performance.now() >= end + TAKE_OVER_MS) {
        throw deadlineError(
          `the lock for ${opts.what}, which can be neither read nor removed`,
          opts.deadlineMs,
          {
            where: path,
            remedy: 'Remove it by hand.',
          },
        );
      }
      if (held !== undefined) await removeDead(path, held);
      await sleep(5, opts.signal);
      continue;
    }
    if (!told) opts.onWait?.(describe(held));
    told = true;
    if (performance.now() >= end) {
      throw deadlineError(`the lock for ${opts.what}, held by ${describe(held)}`, opts.deadlineMs, {
        where: path,
        remedy: 'Wait for the other run to end, or stop it.',
      });
    }
    await sleep(POLL_MS, opts.signal);
  }
  return mine;
}

/**
 * Runs `body` while holding the lock file `path`: one holder at a time among all processes on this machine. A lock whose
 * owner is dead is taken over at once; otherwise waits up to `deadlineMs`, then CiError('infra') naming the holder.
 */
export async function withLock<T>(path: string, opts: LockOptions, body: () => Promise<T>): Promise<T> {
  const mine = await acquire(path, opts);
  try {
    return await body();
  } finally {
    if (tokenOf(await readLock(path)) === mine.token) await unlink(path).catch(() => {});
  }
}
