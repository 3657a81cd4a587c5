import { copyFile, lstat, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { tempDir } from '../store/temp.js';
import { ask, git, splitNul, type GitOptions } from './git.js';
import { changedPaths } from './range.js';
import type { AppliedPoint, Clone, Tree } from './types.js';

const DEADLINE_MS = 10 * 60_000;
/** An untracked file bigger than this is no source. */
const MAX_UNTRACKED_BYTES = 32 * 2 ** 20;

/**
 * The tree as it stands as a point: staged, unstaged and untracked-but-not-ignored changes included. Works on a copy of
 * the user's index and writes objects into our clone only; the user's index, refs and files are never written. Without
 * changes it is the tree's HEAD itself; equal content gives an equal commit.
 */
export async function snapshotTree(clone: Clone, signal?: AbortSignal): Promise<AppliedPoint> {
  const { tree, head } = clone;
  if (tree.kind === 'plain' || tree.workTree === undefined) {
    if (head === undefined) throw noCommit(tree);
    return pointOf(clone, head, await treeOf(clone, head, signal), [], undefined, signal);
  }
  const indexFile = await copyIndex(tree.gitDir);
  const at: GitOptions = {
    gitDir: tree.gitDir,
    workTree: tree.workTree,
    cwd: tree.workTree,
    indexFile,
    deadlineMs: DEADLINE_MS,
    signal,
    // What the user's own configuration ignores (core.excludesFile) is ignored here too.
    userConfig: true,
    env: {
      GIT_OBJECT_DIRECTORY: join(clone.gitDir, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: tree.objects,
    },
    fault: 'usage',
    remedy: 'Every file of the source must be readable.',
  };
  await git(['add', '--update', '--', '.'], at);
  const untracked = await untrackedFiles(tree.workTree, at);
  if (untracked.taken.length > 0) {
    await git(['update-index', '--add', '-z', '--stdin'], {
      ...at,
      input: untracked.taken.join('\0') + '\0',
    });
  }
  const written = (await git(['write-tree'], at)).trim();
  if (head !== undefined && written === (await treeOf(clone, head, signal))) {
    return pointOf(clone, head, written, [], untracked.note, signal);
  }
  const commit = await record(clone, written, signal);
  const changed = head === undefined ? [] : await changedPaths(clone.gitDir, head, written, signal);
  return pointOf(clone, commit, written, changed, untracked.note, signal);
}

/** The copy must not look newer than the original: git trusts entries that are older than their index. */
async function copyIndex(gitDir: string): Promise<string> {
  const copy = join(tempDir('snapshot'), 'index');
  const theirs = join(gitDir, 'index');
  const info = await stat(theirs).catch(() => undefined);
  if (info !== undefined) {
    await copyFile(theirs, copy);
    const seconds = Math.floor(info.mtimeMs / 1000);
    await utimes(copy, seconds, seconds);
  }
  return copy;
}

async function untrackedFiles(workTree: string, at: GitOptions): Promise<{ taken: string[]; note?: string }> {
  const listed = splitNul(await git(['ls-files', '--others', '--exclude-standard', '-z'], at));
  const taken: string[] = [];
  const left: string[] = [];
  for (const path of listed) {
    const info = await lstat(join(workTree, path)).catch(() => undefined);
    const source = info?.isSymbolicLink() || (info?.isFile() === true && info.size <= MAX_UNTRACKED_BYTES);
    // A name that ends in a slash is a repository inside the tree.
    if (source && !path.endsWith('/')) taken.push(path);
    else left.push(path);
  }
  if (left.length === 0) return { taken };
  return {
    taken,
    note: `${left.length} untracked left out (other repositories or big files): ${left[0] ?? ''}`,
  };
}

async function treeOf(clone: Clone, commit: string, signal?: AbortSignal): Promise<string> {
  return (await git(['rev-parse', `${commit}^{tree}`], { gitDir: clone.gitDir, signal })).trim();
}

async function record(clone: Clone, tree: string, signal?: AbortSignal): Promise<string> {
  const { gitDir, head } = clone;
  const date =
    head === undefined
      ? '@0 +0000'
      : `@${await ask(['log', '-1', '--format=%cd', '--date=raw', head], { gitDir })}`;
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const parents = head === undefined ? [] : ['-p', head];
  const message = 'The tree as it stands, with uncommitted changes\n';
  return (await git(['commit-tree', tree, ...parents], { gitDir, env, input: message, signal })).trim();
}

async function pointOf(
  clone: Clone,
  commit: string,
  tree: string,
  changed: readonly string[],
  note: string | undefined,
  signal?: AbortSignal,
): Promise<AppliedPoint> {
  const subject = (await ask(['log', '-1', '--format=%s', commit], { gitDir: clone.gitDir, signal })) ?? '';
  return { index: 0, commit, tree, subject, changed, ...(note === undefined ? {} : { note }) };
}

/** For a tree without a commit, where one is needed. */
export function noCommit(tree: Tree): CiError {
  return new CiError('usage', `${tree.path} has no commit yet`, {
    where: tree.path,
    remedy: 'Commit the source there, or pass it as plain source without .git.',
  });
}
