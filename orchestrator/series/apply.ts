import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { tempDir } from '../store/temp.js';
import { Applier, type Applied } from './applier.js';
import { git, gitWords, tryGit } from './git.js';
import { rangePoints } from './range.js';
import type { AppliedPoint, ApplyOutcome, Base, Clone, Patch, Series } from './types.js';

export interface ApplyOptions {
  readonly signal?: AbortSignal;
  readonly onPoint?: (point: AppliedPoint) => void;
}

/**
 * Applies a series to a base one patch at a time, without a work tree: to an index of our own, and commit-tree with the
 * patch's author and date. Equal input gives equal commits. Does what `git am --3way` does: a plain
 * application first, a three-way merge where that fails and the blobs are there. The first patch that does not apply
 * ends it; the points before it are kept. Points of a range on its own base are its own commits.
 */
export async function applySeries(
  clone: Clone,
  base: Pick<Base, 'commit'> & { readonly tree?: string },
  series: Series,
  options: ApplyOptions = {},
): Promise<ApplyOutcome> {
  if (series.range !== undefined && series.range.from === base.commit) {
    const points = await rangePoints(clone, series, options.signal);
    for (const point of points) options.onPoint?.(point);
    return { points };
  }
  const folder = tempDir('apply');
  const at = { gitDir: clone.gitDir, signal: options.signal };
  let parent = base.commit;
  let parentTree = base.tree ?? (await git(['rev-parse', `${parent}^{tree}`], at)).trim();
  const paths = series.patches.flatMap(({ files }) => files);
  const applier = await Applier.open(parentTree, paths, { ...at, folder });
  const points: AppliedPoint[] = [];
  for (const patch of series.patches) {
    const applied = await applyOne(patch, parentTree, folder, applier);
    if ('gitSays' in applied) {
      return { points, failed: { index: patch.index, subject: patch.subject, gitSays: applied.gitSays } };
    }
    const commit = await commitTree(patch, applied.tree, parent, at);
    const point: AppliedPoint = {
      index: patch.index,
      commit,
      tree: applied.tree,
      subject: patch.subject,
      ...(patch.patchId === '' ? {} : { patchId: patch.patchId }),
      changed: applied.changed,
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
  readonly signal: AbortSignal | undefined;
}

async function applyOne(patch: Patch, before: string, folder: string, applier: Applier): Promise<Applied> {
  if (!hasChanges(patch)) return { tree: before, changed: [], note: 'the patch is empty' };
  const file = join(folder, `${patch.index}.diff`);
  await writeFile(file, patch.diff);
  const applied = await applier.apply(file, patch.strip);
  if (!('gitSays' in applied)) return applied;
  const hint = (await applier.reversible(file, patch.strip))
    ? '\nThe patch seems to be in the tree already: it can be taken back there.'
    : '';
  return { gitSays: applied.gitSays + hint };
}

function hasChanges(patch: Patch): boolean {
  return patch.files.length > 0 || patch.patchId !== '';
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
