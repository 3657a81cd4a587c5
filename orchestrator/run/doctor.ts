import { readdir, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { guestFacts } from '../guest/doctor.js';
import type { GuestFacts, ToolFact } from '../guest/doctor.js';
import { loadMachine } from '../guest/machine.js';
import { storedSources } from '../kernel/source-store.js';
import { run } from '../process/child.js';
import { diskError } from '../process/disk.js';
import { which } from '../process/which.js';
import { cacheDir } from '../store/paths.js';
import { liveOwners, reclaimDeadLocks, reclaimDeadTemps, tempDir } from '../store/temp.js';

export interface CacheFact {
  readonly name: string;
  readonly bytes: number;
}

/** What `ci doctor` shows, as data. */
export interface Examination extends GuestFacts {
  readonly cacheDir: string;
  readonly caches: readonly CacheFact[];
  readonly freeBytes: number;
  readonly sources: readonly string[];
}

/** Programs that building a kernel needs, with the Debian package that has each. */
const BUILD_TOOLS: readonly (readonly [string, string])[] = [
  ['git', 'git'],
  ['gcc', 'gcc'],
  ['make', 'make'],
  ['flex', 'flex'],
  ['bison', 'bison'],
  ['bc', 'bc'],
  ['ccache', 'ccache'],
  ['xz', 'xz-utils'],
];

/** Folders of the cache that a later run makes again by itself. */
const REMAKEABLE = ['builds', 'results', 'guests', 'initramfs', 'agent', 'accelerator', 'clones'];

const DU_MS = 120_000;

async function buildTool([name, debian]: readonly [string, string]): Promise<ToolFact> {
  const found = which(name);
  if (found === undefined) return { name, package: debian };
  const result = await run([found, '--version'], { what: `${name} --version`, deadlineMs: 10_000 });
  const version = /\d+(?:\.\d+)+/.exec(result.stdout)?.[0];
  return { name, package: debian, path: found, ...(version === undefined ? {} : { version }) };
}

async function cacheFacts(): Promise<CacheFact[]> {
  const names = await readdir(cacheDir()).catch(() => []);
  if (names.length === 0) return [];
  const result = await run(['du', '-s', '-B1', '--', ...names], {
    what: 'du of the cache',
    deadlineMs: DU_MS,
    cwd: cacheDir(),
  });
  return result.stdout
    .split('\n')
    .map((line) => /^(\d+)\t(.+)$/.exec(line))
    .flatMap((match) => (match === null ? [] : [{ name: match[2] ?? '', bytes: Number(match[1]) }]))
    .toSorted((a, b) => b.bytes - a.bytes);
}

async function freeBytes(): Promise<number> {
  for (let dir = cacheDir(); ; dir = path.dirname(dir)) {
    const found = await statfs(dir).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
    if (dir === path.dirname(dir)) return 0;
  }
}

/** Looks at the host; boots nothing and changes nothing. */
export async function examine(machine: string): Promise<Examination> {
  const [facts, tools, caches, free, sources] = await Promise.all([
    guestFacts(loadMachine(machine)),
    Promise.all(BUILD_TOOLS.map(buildTool)),
    cacheFacts(),
    freeBytes(),
    storedSources(),
  ]);
  return {
    ...facts,
    tools: [...tools, ...facts.tools],
    cacheDir: cacheDir(),
    caches,
    freeBytes: free,
    sources: sources.map((one) => `${one.package} ${one.packageVersion} (linux ${one.version})`),
  };
}

/**
 * Removes what dead runs left and what can be made again; says what it did, one line each. While another run is at work
 * on this cache, only the former: it reads its clone, builds and agent without holding a lock all the time.
 */
export async function clean(): Promise<string[]> {
  const temps = await reclaimDeadTemps();
  const locks = await reclaimDeadLocks();
  const removed = [...temps, ...locks].map((one) => `removed ${one}`);
  const live = liveOwners();
  if (live.length > 0) {
    const who = live.map(({ pid }) => pid).join(', ');
    return [...removed, `kept ${REMAKEABLE.join(', ')}: in use by another run (process ${who})`];
  }
  // Renamed first, so that a run which begins meanwhile never works in a folder that is being emptied.
  const grave = tempDir('clean');
  for (const name of REMAKEABLE)
    await rename(path.join(cacheDir(), name), path.join(grave, name)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskError(error, name, 'the cache');
    });
  await rm(grave, { recursive: true, force: true });
  return [
    ...removed,
    `removed ${REMAKEABLE.join(', ')} from the cache; sources, finished kernels and ccache stay`,
  ];
}
