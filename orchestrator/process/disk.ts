import { readFileSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CiError } from './errors.js';

interface Mount {
  readonly point: string;
  readonly type: string;
  readonly device: string;
}

/** Parses one line of /proc/self/mountinfo (kernel: fs/proc_namespace.c show_mountinfo). */
function parseMount(line: string): Mount | undefined {
  const [head, tail] = line.split(' - ', 2);
  const point = head?.split(' ')[4];
  const [type, device] = tail?.split(' ') ?? [];
  if (point === undefined || type === undefined || device === undefined) return undefined;
  const plain = point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return { point: plain, type, device };
}

/** The mount that holds `path`: of the mount points that are its prefix, the longest, and of equals the last. */
export function findMount(path: string, mountinfo: string): Mount | undefined {
  let best: Mount | undefined;
  for (const line of mountinfo.split('\n')) {
    const mount = parseMount(line);
    if (mount === undefined) continue;
    const inside =
      mount.point === '/' || path === mount.point || path.startsWith(`${mount.point.replace(/\/$/, '')}/`);
    if (inside && mount.point.length >= (best?.point.length ?? 0)) best = mount;
  }
  return best;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** "/home (ext4 on /dev/sda2, 0 MiB of 20000 MiB free)", as far as the system tells. */
export function describeFileSystem(path: string): string {
  const full = resolve(path);
  let mount: Mount | undefined;
  try {
    mount = findMount(full, readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    mount = undefined;
  }
  const name = mount?.point ?? dirname(full);
  const facts: string[] = mount === undefined ? [] : [`${mount.type} on ${mount.device}`];
  try {
    const stat = statfsSync(mount?.point ?? dirname(full));
    facts.push(`${mib(stat.bavail * stat.bsize)} of ${mib(stat.blocks * stat.bsize)} free`);
  } catch {
    // The size is a courtesy; the mount point alone is enough to act on.
  }
  return facts.length === 0 ? name : `${name} (${facts.join(', ')})`;
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Turns "disk full", "quota exceeded", "read-only" and "permission denied" into a CiError('infra') that names the
 * file system, what was being written and what to do. Any other error comes back as it is: `throw diskError(e, …)`.
 */
export function diskError(error: unknown, path: string, what: string): unknown {
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT': {
      const why = errnoOf(error) === 'EDQUOT' ? 'disk quota exceeded' : 'no space left';
      return new CiError('infra', `${why} on ${describeFileSystem(path)} while writing ${what}`, {
        where: path,
        remedy: 'Free some space: `ci doctor --clean` removes caches and leftovers of dead runs.',
        cause: error,
      });
    }
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new CiError('infra', `cannot write ${what}: ${(error as Error).message}`, {
        where: path,
        remedy: 'Make the folder writable, or point CI_CACHE_DIR (caches) or --out (results) elsewhere.',
        cause: error,
      });
    default:
      return error;
  }
}

/**
 * Throws CiError('infra') where the file system that holds (or will hold) `path` has less than `bytes` free. Asked before
 * long work: some programs hang on a full disk instead of failing (apt-get update does). A size that cannot be read is no
 * reason to stop.
 */
export function requireSpace(path: string, bytes: number, what: string): void {
  let free: number | undefined;
  for (let dir = resolve(path); free === undefined; dir = dirname(dir)) {
    try {
      const stat = statfsSync(dir);
      free = stat.bavail * stat.bsize;
    } catch {
      if (dir === dirname(dir)) return;
    }
  }
  if (free >= bytes) return;
  throw new CiError('infra', `no space left on ${describeFileSystem(path)}: ${what} needs ${mib(bytes)}`, {
    where: path,
    remedy: 'Free some space with `ci doctor --clean`, or put the cache elsewhere with CI_CACHE_DIR.',
  });
}
