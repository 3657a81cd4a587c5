import { join } from 'node:path';
import { Folders, type WriteTrees } from './folders.js';
import { git, tryGit, type GitOptions } from './git.js';
import { changedBetween, foldersOf, indexInfo, parseListing, TREE_MODE, type Entry } from './listing.js';
import { changedPaths } from './range.js';

/** An index of ours that diffs are applied to. */
export interface PatchIndex {
  readonly indexFile: string;
  /** Writes the tree that the index stands for; undefined where this index cannot know it. */
  tree(): Promise<Written | undefined>;
}

export interface Written {
  readonly tree: string;
  /** Paths that differ from the tree that was written before, or that the index was made of. */
  readonly changed: readonly string[];
}

export interface PatchIndexOptions {
  readonly gitDir: string;
  /** For the index files. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

/** More paths than these are not listed on a command line; an index of the whole tree is as quick then. */
const MAX_PATHS = 500;

/** An index of every file of a tree. git reads and writes all of it at each step: 90 000 entries of a kernel. */
export async function wholeIndex(tree: string, options: PatchIndexOptions): Promise<PatchIndex> {
  const indexFile = join(options.folder, 'whole-index');
  const at = { gitDir: options.gitDir, indexFile, signal: options.signal };
  await git(['read-tree', tree], { ...at, deadlineMs: 120_000 });
  let before = tree;
  return {
    indexFile,
    tree: async () => {
      const written = (await git(['write-tree'], at)).trim();
      const changed = await changedPaths(options.gitDir, before, written, options.signal);
      before = written;
      return { tree: written, changed };
    },
  };
}

/**
 * An index of what a tree has at some paths and on the way to them. For a diff that names no others it is as good as one of
 * the whole tree: git looks for the files that the diff names, and for files and links that stand where it wants a folder.
 * Undefined where that is not so, or cannot be told: a path that is a folder, names that are not UTF-8, too many of them.
 */
export async function partIndex(
  tree: string,
  paths: readonly string[],
  options: PatchIndexOptions,
): Promise<PatchIndex | undefined> {
  const named = new Set(paths.filter((path) => path !== ''));
  const dirs = new Set([...named].flatMap(foldersOf));
  if (named.size > MAX_PATHS) return undefined;
  const indexFile = join(options.folder, 'part-index');
  const at: GitOptions = { gitDir: options.gitDir, indexFile, signal: options.signal };
  const listed = await listFolders(tree, dirs, at);
  if (listed === undefined) return undefined;
  const folders = new Folders(listed);
  let before = new Map<string, Entry>();
  for (const path of [...named, ...dirs]) {
    const entry = folders.get(path);
    if (entry === undefined) continue;
    if (entry.mode !== TREE_MODE) before.set(path, entry);
    else if (named.has(path)) return undefined;
  }
  const made = await tryGit(['update-index', '-z', '--index-info'], { ...at, input: indexInfo(before) });
  if (made.exitCode !== 0) return undefined;

  let written = tree;
  return {
    indexFile,
    tree: async () => {
      const after = parseListing(await git(['ls-files', '--stage', '-z'], at));
      if (after === undefined) return undefined;
      const changed = changedBetween(before, after);
      // What was not looked up may stand in the way of it.
      if (changed.some((path) => !named.has(path))) return undefined;
      if (changed.length === 0) return { tree: written, changed };
      written = await folders.write(new Map(changed.map((path) => [path, after.get(path)])), writeTrees(at));
      before = after;
      return { tree: written, changed };
    },
  };
}

/** Everything at the top of a tree and in those of the folders that it has, not deeper. */
async function listFolders(
  tree: string,
  folders: Iterable<string>,
  at: GitOptions,
): Promise<Map<string, Entry> | undefined> {
  const specs = ['.', ...[...folders].map((folder) => `${folder}/`)];
  const listed = await tryGit(
    ['--literal-pathspecs', 'ls-tree', '-t', '-z', '--full-tree', tree, ...specs],
    at,
  );
  return listed.exitCode === 0 ? parseListing(listed.stdout) : undefined;
}

/** The entries are those of trees that are there: git need not look for each (nor fetch it, in a partial clone). */
function writeTrees(at: GitOptions): WriteTrees {
  return async (trees) => {
    const written = await git(['mktree', '--batch', '--missing', '-z'], { ...at, input: trees.join('') });
    return written.trim().split('\n');
  };
}
