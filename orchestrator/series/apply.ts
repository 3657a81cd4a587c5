import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { tempDir } from '../store/temp.js';
import { git, gitWords, tryGit } from './git.js';
import { changedPaths, rangePoints } from './range.js';
import type { AppliedPoint, ApplyOutcome, Base, Clone, Patch, Series } from './types.js';

export interface ApplyOptions {
  readonly signal?: AbortSignal;
  readonly onPoint?: (point: AppliedPoint) => void;
}

/**
 * Applies a series to a base one patch at a time, without a work tree: an index file of our own, then write-tree and
 * commit-tree with the patch's author and date. Equal input gives equal commits. Does what `git am --3way` does: a plain
 * application first, a three-way merge where that fails and the blobs are there. The first patch that does not apply
 * ends it; the points before it are kept. Points of a range on its own base are its own commits.
 */
export async function applySeries(
  clone: Clone,
  base: Pick<Base, 'commit'>,
  series: Series,
  options: ApplyOptions = {},
): Promise<ApplyOutcome> {
  if (series.range !== undefined && series.range.from === base.commit) {
    const points = await rangePoints(clone, series, options.signal);
    for (const point of points) options.onPoint?.(point);
    return { points };
  }
  const folder = tempDir('apply');
  const at = { gitDir: clone.gitDir, indexFile: join(folder, 'index'), signal: options.signal };
  await git(['read-tree', base.commit], { ...at, deadlineMs: 120_000 });
  let parent = base.commit;
  let parentTree = (await git(['rev-parse', `${parent}^{tree}`], at)).trim();
  const points: AppliedPoint[] = [];
  for (const patch of series.patches) {
    const applied = await applyOne(patch, parentTree, folder, at);
    if ('gitSays' in applied) {
      return { points, failed: { index: patch.index, subject: patch.subject, gitSays: applied.gitSays } };
    }
    const commit = await commitTree(patch, applied.tree, parent, at);
    const changed = await changedPaths(clone.gitDir, parentTree, applied.tree, options.signal);
    const point: AppliedPoint = {
      index: patch.index,
      commit,
      tree: applied.tree,
      subject: patch.subject,
      ...(patch.patchId === '' ? {} : { patchId: patch.patchId }),
      changed,
      ...(applied.note === undefined ? {} : { note: applied.note }),
    };
    points.push(point);
    options.onPoint?.(point);
    [parent, parentTree] = [commit, applied.tree];
  }
  return { points };
}

interface At {
  readonly gitDir: string;
  readonly indexFile: string;
  readonly signal: AbortSignal | undefined;
}

type Applied = { readonly tree: string; readonly note?: string } | { readonly gitSays: string };

async function applyOne(patch: Patch, before: string, folder: string, at: At): Promise<Applied> {
  if (!hasChanges(patch)) return { tree: before, note: 'the patch is empty' };
  const file = join(folder, `${patch.index}.diff`);
  await writeFile(file, patch.diff);
  const applied = await applyDiff(file, patch.strip, before, at);
  if (!('gitSays' in applied)) return applied;
  const hint = (await reversible(patch, file, before, at))
    ? '\nThe patch seems to be in the tree already: it can be taken back there.'
    : '';
  return { gitSays: applied.gitSays + hint };
}

/**
 * Applies a diff to the tree in the index: a plain application first, a three-way merge where that fails and the blobs
 * are there. Where it does not apply, what is in the index is of no use any more.
 */
export async function applyDiff(file: string, strip: 0 | 1, before: string, at: At): Promise<Applied> {
  const args = ['--cached', `-p${strip}`, '--whitespace=nowarn', file];
  const plain = await tryGit(['apply', ...args], at);
  if (plain.exitCode === 0) return { tree: (await git(['write-tree'], at)).trim() };

  const merged = await tryGit(['apply', '--3way', ...args], at);
  if (merged.exitCode === 0) {
    const tree = (await git(['write-tree'], at)).trim();
    const note = tree === before ? 'already in the tree: nothing changed' : 'applied by a three-way merge';
    return { tree, note };
  }
  // A half-done merge stays in the index; nobody reads it again.
  const says = [plain, merged].map((result) => cleanWords(gitWords(result), file));
  return { gitSays: [...new Set(says.join('\n').split('\n'))].join('\n') };
}

function hasChanges(patch: Patch): boolean {
  return patch.files.length > 0 || patch.patchId !== '';
}

/** git names our temporary file where the patch is malformed; the user knows it as the patch's mail. */
function cleanWords(words: string, file: string): string {
  return words.replaceAll(`${file}:`, 'line ').replaceAll(file, 'the patch').trim();
}

async function reversible(patch: Patch, file: string, tree: string, at: At): Promise<boolean> {
  await git(['read-tree', tree], at);
  const args = ['apply', '--reverse', '--check', '--cached', `-p${patch.strip}`, file];
  return (await tryGit(args, at)).exitCode === 0;
}

async function commitTree(patch: Patch, tree: string, parent: string, at: At): Promise<string> {
  const author = /^(.*) <([^>]*)>$/.exec(patch.author);
  const env = {
    GIT_AUTHOR_NAME: author?.[1] ?? 'unknown',
    GIT_AUTHOR_EMAIL: author?.[2] ?? 'unknown@localhost',
    GIT_AUTHOR_DATE: patch.date,
    GIT_COMMITTER_DATE: patch.date,
  };
  const message = `${patch.subject}\n${patch.message === '' ? '' : `\n${patch.message}\n`}`;
  const args = ['commit-tree', tree, '-p', parent];
  const result = await tryGit(args, { ...at, env, input: message });
  if (result.exitCode === 0) return result.stdout.trim();
  throw new CiError('infra', `cannot record patch ${patch.index} "${patch.subject}"`, {
    detail: gitWords(result),
  });
}
