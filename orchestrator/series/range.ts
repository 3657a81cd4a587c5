import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { tempDir } from '../store/temp.js';
import { parseDiff } from './diff.js';
import { ask, git, splitNul } from './git.js';
import { patchIdOf, titleOf } from './patch.js';
import { resolveCommit } from './tree.js';
import type { AppliedPoint, Clone, Patch, Series, Tree } from './types.js';

const MAX_COMMITS = 1000;

/**
 * Reads A..B of a git tree as a series. A merge counts as one patch: the line of first parents is followed, so that
 * every point is a commit of the tree. Throws CiError('usage'): not a git tree, unknown revision, empty range, no line
 * of first parents from A to B.
 */
export async function readRange(
  tree: Tree,
  fromName: string,
  toName: string,
  signal?: AbortSignal,
): Promise<Series> {
  const source = `${fromName}..${toName}`;
  if (tree.kind === 'plain') {
    throw new CiError('usage', `SERIES ${source} is a range, and ${tree.path} is not a git repository`, {
      remedy: 'Pass a git checkout as --tree, or the series as an mbox.',
    });
  }
  const from = await resolveCommit(tree, fromName, `SERIES ${source}`);
  const to = await resolveCommit(tree, toName, `SERIES ${source}`);
  const at = { gitDir: tree.gitDir, trust: '*', signal };
  const listed = await git(
    [
      'rev-list',
      '--first-parent',
      '--reverse',
      `--max-count=${MAX_COMMITS + 1}`,
      '--parents',
      `${from}..${to}`,
    ],
    at,
  );
  const rows = listed
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((row) => row.split(' '));
  const below = rows[0]?.[1];
  if (rows.length === 0 || below === undefined) {
    throw new CiError('usage', `SERIES ${source} holds no commits`, {
      remedy: `Write the older revision first: is ${toName} older than ${fromName}?`,
    });
  }
  if (rows.length > MAX_COMMITS) {
    throw new CiError('usage', `SERIES ${source} holds more than ${MAX_COMMITS} commits`, {
      remedy: 'Pass a shorter range; `ci bisect` searches long ones.',
    });
  }
  const notes = await startNotes(at, { from, to, below, fromName, source });
  const merges = rows.filter((row) => row.length > 2).length;
  if (merges > 0)
    notes.push(`${merges} of the commits are merges: each counts as one patch, against its first parent`);
  const commits = rows.map(([commit = '']) => commit);
  const folder = tempDir('range');
  const patches: Patch[] = [];
  for (const [i, commit] of commits.entries()) {
    patches.push(await patchOf(tree, commit, i + 1, join(folder, `${i + 1}.diff`), signal));
  }
  return { source, title: titleOf(patches), version: 1, patches, range: { from: below, commits }, notes };
}

interface Ends {
  readonly from: string;
  readonly to: string;
  readonly below: string;
  readonly fromName: string;
  readonly source: string;
}

/** The commit below the first of the range is A itself, or where the two lines of history part. */
async function startNotes(at: { gitDir: string; trust: string }, ends: Ends): Promise<string[]> {
  if (ends.below === ends.from) return [];
  const fork = await ask(['merge-base', ends.from, ends.to], at);
  if (fork === ends.below) return [`${ends.fromName} is not below the range: base is where the two part`];
  throw new CiError('usage', `SERIES ${ends.source}: there is no line of first parents between the two`, {
    remedy: 'Pass a range on one branch; merged branches count as their merge.',
  });
}

async function patchOf(
  tree: Tree & { kind: 'git' },
  commit: string,
  index: number,
  file: string,
  signal?: AbortSignal,
): Promise<Patch> {
  const at = { gitDir: tree.gitDir, trust: '*', signal };
  const format = ['%an <%ae>', '%ad', '%s', '%b'].join('%x00');
  const log = await git(['log', '-1', '--date=raw', `--format=${format}`, '--encoding=UTF-8', commit], at);
  const [author = '', date = '', subject = '', body = ''] = log.split('\0');
  // Into a file, since a diff need not be UTF-8.
  await git(
    [
      'diff-tree',
      '-p',
      '--binary',
      '--full-index',
      '-M',
      '--no-ext-diff',
      '--no-textconv',
      '--no-color',
      `--output=${file}`,
      `${commit}^1`,
      commit,
    ],
    at,
  );
  const diff = await readFile(file);
  const facts = parseDiff(diff.toString('utf8'));
  const message = body.trim();
  return {
    index,
    subject,
    author,
    date: `@${date}`,
    message,
    mail: `From ${commit} Mon Sep 17 00:00:00 2001\nFrom: ${author}\nSubject: [PATCH] ${subject}\n\n${message}\n---\n${diff.toString('utf8')}`,
    diff,
    strip: 1,
    files: facts.files,
    preimages: facts.preimages,
    patchId: await patchIdOf(diff, signal),
  };
}

/** The commits of a range as points: they exist already, in the objects that the clone borrows. */
export async function rangePoints(
  clone: Clone,
  series: Series,
  signal?: AbortSignal,
): Promise<AppliedPoint[]> {
  const range = series.range;
  if (range === undefined) return [];
  const at = { gitDir: clone.gitDir, signal };
  const points: AppliedPoint[] = [];
  for (const [i, commit] of range.commits.entries()) {
    const before = i === 0 ? range.from : (range.commits[i - 1] ?? range.from);
    const patch = series.patches[i];
    points.push({
      index: i + 1,
      commit,
      tree: (await git(['rev-parse', `${commit}^{tree}`], at)).trim(),
      subject: patch?.subject ?? '',
      ...(patch === undefined || patch.patchId === '' ? {} : { patchId: patch.patchId }),
      changed: await changedPaths(clone.gitDir, before, commit, signal),
    });
  }
  return points;
}

/** Paths that differ between two commits or trees; both names of a renamed file. */
export async function changedPaths(
  gitDir: string,
  from: string,
  to: string,
  signal?: AbortSignal,
): Promise<string[]> {
  return splitNul(
    await git(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to], { gitDir, signal }),
  );
}
