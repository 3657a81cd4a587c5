import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { publishDir, writeFileAtomic } from '../store/atomic.js';
import { sha256 } from '../store/hash.js';
import { cacheDir } from '../store/paths.js';
import { tempDir } from '../store/temp.js';
import { git, tryGit } from './git.js';
import { importPlain } from './plain.js';
import { headOf, locateTree, objectFormat } from './tree.js';
import type { Clone, Tree } from './types.js';

export interface CloneOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
}

/**
 * Opens our own bare repository for a tree: `clones/<key>` in the cache. It borrows the objects of a git tree by
 * objects/info/alternates, so that making it costs nothing; a plain directory is imported into it. Nothing is ever
 * checked out, and nothing is written into the tree. Safe in several processes at once.
 */
export async function openClone(source: string, options: CloneOptions = {}): Promise<Clone> {
  const tree = await locateTree(source);
  return tree.kind === 'plain' ? openPlain(tree, options) : openGit(tree, options);
}

async function openGit(tree: Tree & { kind: 'git' }, options: CloneOptions): Promise<Clone> {
  const { signal } = options;
  const gitDir = cloneDir('git', tree.objects);
  await ensureRepository(
    gitDir,
    () => objectFormat(tree),
    async (dir) => {
      await writeFileAtomic(join(dir, 'objects/info/alternates'), `${tree.objects}\n`);
      await borrowPromisor(tree, dir);
    },
  );
  await copyShallow(tree.commonDir, gitDir);
  const head = await headOf(tree);
  if (head !== undefined && (await tryGit(['cat-file', '-e', head], { gitDir, signal })).exitCode !== 0) {
    throw new CiError('infra', `the clone of ${tree.path} does not see its commit ${head}`, {
      remedy: `Remove ${gitDir} and run again.`,
    });
  }
  return { gitDir, tree, ...(head === undefined ? {} : { head }), notes: [] };
}

async function openPlain(tree: Tree & { kind: 'plain' }, options: CloneOptions): Promise<Clone> {
  const gitDir = cloneDir('plain', tree.path);
  await ensureRepository(
    gitDir,
    async () => 'sha1',
    async () => {},
  );
  const { commit, notes } = await importPlain(tree.path, gitDir, options);
  return { gitDir, tree, head: commit, notes };
}

function cloneDir(kind: string, path: string): string {
  return join(cacheDir(), 'clones', sha256(kind, path).slice(0, 24));
}

async function ensureRepository(
  gitDir: string,
  format: () => Promise<string>,
  fill: (dir: string) => Promise<void>,
): Promise<void> {
  if (existsSync(join(gitDir, 'HEAD'))) return;
  const dir = join(tempDir('clone'), 'repo');
  await mkdir(dir);
  await git(['init', '--quiet', '--bare', '--template=', `--object-format=${await format()}`, dir]);
  await mkdir(join(dir, 'objects/info'), { recursive: true });
  await fill(dir);
  await publishDir(dir, gitDir);
}

/** Commits whose parents the source lacks on purpose. It changes with each fetch there, so it is copied each time. */
async function copyShallow(commonDir: string, gitDir: string): Promise<void> {
  const theirs = await readFile(join(commonDir, 'shallow')).catch(() => undefined);
  const file = join(gitDir, 'shallow');
  if (theirs === undefined) {
    await rm(file, { force: true });
    return;
  }
  const ours = await readFile(file).catch(() => undefined);
  if (ours === undefined || Buffer.compare(ours, theirs) !== 0) await writeFileAtomic(file, theirs);
}

/** A partial clone (--filter=blob:none) lacks blobs that git fetches when they are needed; ours must know from where. */
async function borrowPromisor(tree: Tree & { kind: 'git' }, dir: string): Promise<void> {
  const listed = await tryGit(
    ['config', '--get-regexp', String.raw`^remote\..*\.(url|promisor|partialclonefilter)$`],
    {
      gitDir: tree.gitDir,
      trust: '*',
    },
  );
  const rows = listed.stdout.split('\n').map((line) => /^(remote\.(.*)\.\w+) (.*)$/.exec(line));
  const promisors = new Set(
    rows.filter((row) => row?.[1]?.endsWith('.promisor') && row[3] === 'true').map((row) => row?.[2]),
  );
  for (const row of rows) {
    if (row?.[1] === undefined || row[3] === undefined || !promisors.has(row[2])) continue;
    await git(['config', row[1], row[3]], { gitDir: dir });
  }
}
