import { CiError } from '../process/errors.js';
import { applySeries } from './apply.js';
import { describeCommit, findBase } from './base.js';
import { openClone } from './clone.js';
import { git, tryGit } from './git.js';
import { readSeries, type ReadOptions } from './read.js';
import { snapshotTree } from './snapshot.js';
import { assertKernelCommit } from './tree.js';
import type { AppliedPoint, ApplyFailure, Base, Clone, Series } from './types.js';

export interface IntakeOptions {
  /** The user's SERIES; without it the tree as it stands is the only point. */
  readonly spec?: string;
  /** A git tree, a bare repository or plain source. */
  readonly tree: string;
  readonly base?: string;
  readonly stdin?: NonNullable<ReadOptions['stdin']>;
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
}

/** Everything that the stations after this one need to know of the user's input. */
export interface Intake {
  readonly clone: Clone;
  readonly series?: Series;
  readonly base: Base;
  /** Point 0 is the base (or the tree as it stands); the others follow in order. */
  readonly points: readonly AppliedPoint[];
  /** The first patch that does not apply; the points before it are there. */
  readonly failed?: ApplyFailure;
  readonly notes: readonly string[];
}

/** From the user's arguments to commits that can be built. Throws CiError('usage') for what the user got wrong. */
export async function intake(options: IntakeOptions): Promise<Intake> {
  const { spec, signal } = options;
  const reading = {
    tree: options.tree,
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    ...(signal === undefined ? {} : { signal }),
  };
  // Read before the tree is opened: a wrong file is said at once, not after an import.
  const series = spec === undefined ? undefined : await readSeries(spec, reading);
  options.progress?.('opening the source tree');
  const clone = await openClone(options.tree, {
    ...(signal === undefined ? {} : { signal }),
    ...(options.progress === undefined ? {} : { progress: options.progress }),
  });
  return series === undefined ? asItStands(clone, options) : withSeries(clone, series, options);
}

async function asItStands(clone: Clone, options: IntakeOptions): Promise<Intake> {
  if (options.base !== undefined) {
    throw new CiError('usage', '--base is for a SERIES, and none was given', {
      remedy: 'Pass a SERIES, or check the revision out and leave --base out.',
    });
  }
  const point = await snapshotTree(clone, options.signal);
  await assertKernelCommit(clone.gitDir, point.commit, clone.tree.path);
  const count = point.changed.length;
  const dirty = point.commit !== clone.head;
  const describe = await describeCommit(clone, clone.head ?? point.commit, options.signal);
  const base: Base = {
    commit: point.commit,
    describe: dirty ? `${describe}-dirty` : describe,
    foundBy: dirty
      ? `tree as it stands, ${count} changed ${count === 1 ? 'file' : 'files'}`
      : 'tree as it stands',
    notes: [],
  };
  const notes = [...clone.notes, ...(point.note === undefined ? [] : [point.note])];
  return { clone, base, points: [point], notes };
}

async function withSeries(clone: Clone, series: Series, options: IntakeOptions): Promise<Intake> {
  const { signal } = options;
  const given = signal === undefined ? {} : { signal };
  options.progress?.('looking for the base');
  const base = await findBase(clone, series, {
    ...given,
    ...(options.base === undefined ? {} : { base: options.base }),
  });
  const zero: AppliedPoint = {
    index: 0,
    commit: base.commit,
    ...(await treeAndSubject(clone.gitDir, base.commit, signal)),
    changed: [],
  };
  const outcome = await applySeries(clone, zero, series, {
    ...given,
    onPoint: ({ index }) => options.progress?.(`applied ${index} of ${series.patches.length}`),
  });
  const applied = outcome.points.flatMap(({ index, note }) =>
    note === undefined ? [] : [`patch ${index}: ${note}`],
  );
  return {
    clone,
    series,
    base,
    points: [zero, ...outcome.points],
    ...(outcome.failed === undefined ? {} : { failed: outcome.failed }),
    notes: [...clone.notes, ...series.notes, ...base.notes, ...applied, ...(await dirtyNote(clone, signal))],
  };
}

async function treeAndSubject(
  gitDir: string,
  commit: string,
  signal?: AbortSignal,
): Promise<Pick<AppliedPoint, 'tree' | 'subject'>> {
  // `show` would compare a commit without parents with nothing, whatever it is asked for: all files of the kernel.
  const said = await git(['log', '-1', '--format=%T%n%s', commit], { gitDir, signal });
  const [tree = '', subject = ''] = said.split('\n');
  return { tree, subject };
}

/** A series is applied to commits; who has edits in the tree should know that they are not part of it. */
async function dirtyNote(clone: Clone, signal?: AbortSignal): Promise<string[]> {
  const { tree } = clone;
  if (tree.kind === 'plain' || tree.workTree === undefined) return [];
  const status = await tryGit(['status', '--porcelain', '--untracked-files=no', '-z'], {
    gitDir: tree.gitDir,
    workTree: tree.workTree,
    cwd: tree.workTree,
    signal,
    deadlineMs: 30_000,
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    // A courtesy: a tree on a slow disk shall not end the run.
    return undefined;
  });
  return status?.exitCode === 0 && status.stdout !== ''
    ? ['uncommitted changes in the tree are not part of the run: it tests the series on a commit']
    : [];
}
