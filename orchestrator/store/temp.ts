import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError } from '../process/disk.js';
import { reclaimDeadLock } from './lock.js';
import { isAlive, Owner, thisProcess } from './owner.js';
import { cacheDir } from './paths.js';

const OWNER_FILE = 'owner.json';
/** A folder without an owner is one that is just being made, or whose maker died in that moment. */
const UNOWNED_GRACE_MS = 600_000;

const own = new Set<string>();

function removeOwn(): void {
  for (const folder of own) rmSync(folder, { recursive: true, force: true });
}

function ownFolder(): string {
  const me = thisProcess();
  const folder = join(cacheDir(), 'tmp', `${me.pid}-${me.startTime}`);
  if (own.has(folder) && existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, OWNER_FILE), JSON.stringify(me));
  if (own.size === 0) process.once('exit', removeOwn);
  own.add(folder);
  return folder;
}

/**
 * A new empty folder below the cache (so on one file system with it: rename works). It is removed when this process
 * ends; if it is SIGKILLed, by the next reclaimDeadTemps of any process.
 */
export function tempDir(prefix: string): string {
  try {
    return mkdtempSync(join(ownFolder(), `${prefix}-`));
  } catch (error) {
    throw diskError(error, join(cacheDir(), 'tmp'), 'a temporary folder');
  }
}

function isDead(folder: string): boolean {
  try {
    return !isAlive(Owner.parse(JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8'))));
  } catch {
    try {
      return Date.now() - statSync(folder).mtimeMs > UNOWNED_GRACE_MS;
    } catch {
      return false;
    }
  }
}

/** Other processes of this program that may be at work on this cache. */
export function liveOwners(): Owner[] {
  const parent = join(cacheDir(), 'tmp');
  const me = thisProcess();
  try {
    return readdirSync(parent)
      .flatMap((name) => {
        try {
          return [Owner.parse(JSON.parse(readFileSync(join(parent, name, OWNER_FILE), 'utf8')))];
        } catch {
          return [];
        }
      })
      .filter((owner) => isAlive(owner) && !(owner.pid === me.pid && owner.startTime === me.startTime));
  } catch {
    return [];
  }
}

/** Makes this process one that `liveOwners` of others finds, also before it needs a temporary folder. */
export function announceOwner(): void {
  try {
    ownFolder();
  } catch (error) {
    throw diskError(error, join(cacheDir(), 'tmp'), 'a temporary folder');
  }
}

/** Temporary folders whose process is gone. */
export function deadTemps(): string[] {
  const parent = join(cacheDir(), 'tmp');
  try {
    return readdirSync(parent)
      .map((name) => join(parent, name))
      .filter(isDead);
  } catch {
    return [];
  }
}

/** Removes the temporary folders of dead processes; gives back which. */
export async function reclaimDeadTemps(): Promise<string[]> {
  const dead = deadTemps();
  await Promise.all(dead.map((folder) => rm(folder, { recursive: true, force: true })));
  return dead;
}

/** How deep below the cache locks lie: builds/KEY/lock. Deeper there are kernel trees. */
const LOCK_DEPTH = 3;

async function lockFiles(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) return depth > 1 ? lockFiles(path, depth - 1) : [];
      return /(^|\.)lock(\.break-[\w-]+)*$/.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}

/** Removes locks of dead processes (files named `lock` or `*.lock`, at most three levels below the cache). */
export async function reclaimDeadLocks(root = cacheDir()): Promise<string[]> {
  const removed: string[] = [];
  for (const path of await lockFiles(root, LOCK_DEPTH)) {
    if (await reclaimDeadLock(path)) removed.push(path);
  }
  return removed;
}
