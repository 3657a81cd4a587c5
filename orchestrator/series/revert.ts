import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { tempDir } from '../store/temp.js';
import { Applier } from './applier.js';
import { ask, git, gitWords, tryGit } from './git.js';
import { changedPaths } from './range.js';
import type { Clone } from './types.js';

interface At {
  readonly gitDir: string;
  readonly signal: AbortSignal | undefined;
}

/** A commit that was made for this, or git's words where the changes cannot be taken back. */
export type Reverted = { readonly commit: string; readonly tree: string } | { readonly gitSays: string };

/**
 * A tip without the changes of some of its ancestors, as `git revert` makes it: the newest is taken back first, by a plain
 * application or a three-way merge. Of a merge, what it brought to its first parent is taken back. Works on an index of our
 * own; equal input gives an equal commit.
 * @param commits full ids, the newest first
 */
export async function revertCommits(
  clone: Pick<Clone, 'gitDir'>,
  tip: string,
  commits: readonly string[],
  signal?: AbortSignal,
): Promise<Reverted> {
  const folder = tempDir('revert');
  const at = { gitDir: clone.gitDir, signal };
  let tree = (await git(['rev-parse', `${tip}^{tree}`], at)).trim();
  const diffs = [];
  for (const [index, commit] of commits.entries())
    diffs.push(await reverseDiff(commit, join(folder, `${index}.diff`), at));
  const paths = diffs.flatMap((diff) => diff.paths);
  const applier = await Applier.open(tree, paths, { ...at, folder });
  for (const diff of diffs.filter(({ paths }) => paths.length > 0)) {
    const applied = await applier.apply(diff.file, 1);
    if ('gitSays' in applied) return { gitSays: applied.gitSays };
    tree = applied.tree;
  }
  const date = await ask(['log', '-1', '--format=%cd', '--date=raw', tip], at);
  const env = { GIT_AUTHOR_DATE: `@${date ?? '0 +0000'}`, GIT_COMMITTER_DATE: `@${date ?? '0 +0000'}` };
  const message = `Without ${commits.map((commit) => commit.slice(0, 12)).join(', ')}\n`;
  const made = await tryGit(['commit-tree', tree, '-p', tip], { ...at, env, input: message });
  if (made.exitCode === 0) return { commit: made.stdout.trim(), tree };
  throw new CiError('infra', 'cannot record the tip without a commit', { detail: gitWords(made) });
}

/** What takes a commit back, in a file, since a diff need not be UTF-8; no paths where there is nothing to take back. */
async function reverseDiff(
  commit: string,
  file: string,
  at: At,
): Promise<{ file: string; paths: readonly string[] }> {
  const form = ['-p', '--binary', '--full-index', '--no-renames', '--no-ext-diff', '--no-textconv'];
  await git(['diff-tree', ...form, '--no-color', `--output=${file}`, commit, `${commit}^1`], at);
  return { file, paths: await changedPaths(at.gitDir, commit, `${commit}^1`, at.signal) };
}
