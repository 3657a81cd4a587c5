import { CiError } from '../process/errors.js';
import { ask, tryGit } from './git.js';
import { inferBase } from './infer.js';
import { noCommit } from './snapshot.js';
import { assertKernelCommit, makefileVersion, resolveCommit } from './tree.js';
import type { Base, Clone, Series } from './types.js';

export interface BaseOptions {
  /** The user's `--base`. */
  readonly base?: string;
  /** Default: the clone's. */
  readonly head?: string;
  readonly signal?: AbortSignal;
}

/**
 * The commit that a series is applied to: `--base`, else the lower end of a range, else the series' base-commit:
 * trailer if the tree has that commit, else what the blob hashes in its diffs say, else the tree's head. `foundBy` says
 * which. Throws CiError('usage') for an unknown `--base` and for a base that holds no kernel.
 */
export async function findBase(clone: Clone, series: Series, options: BaseOptions = {}): Promise<Base> {
  const notes: string[] = [];
  const found = await choose(clone, series, options, notes);
  await assertKernelCommit(clone.gitDir, found.commit, `base ${found.commit.slice(0, 12)}`);
  const describe = await describeCommit(clone, found.commit, options.signal);
  return { ...found, describe, notes };
}

async function choose(
  clone: Clone,
  series: Series,
  options: BaseOptions,
  notes: string[],
): Promise<Pick<Base, 'commit' | 'foundBy'>> {
  if (options.base !== undefined) {
    return { commit: await revision(clone, options.base), foundBy: `--base ${options.base}` };
  }
  if (series.range !== undefined) {
    return { commit: series.range.from, foundBy: `below the range ${series.source}` };
  }
  if (series.baseCommit !== undefined) {
    const commit = await ask(['rev-parse', '--verify', '--quiet', `${series.baseCommit}^{commit}`], {
      gitDir: clone.gitDir,
      signal: options.signal,
    });
    if (commit !== undefined) return { commit, foundBy: 'base-commit: trailer' };
    notes.push(`the series' base-commit ${series.baseCommit.slice(0, 12)} is not in the tree`);
  }
  const head = options.head ?? clone.head;
  if (head === undefined) throw noCommit(clone.tree);
  const inferred = await inferBase(clone, series, head, options.signal);
  if (inferred === undefined) return { commit: head, foundBy: 'head of the tree' };
  const { commit, matched, total } = inferred;
  if (inferred.cutShort)
    notes.push('the search for a base ended at its limit: name one with --base if this is not it');
  return { commit, foundBy: `inferred: ${matched} of ${total} blob hashes match` };
}

async function revision(clone: Clone, name: string): Promise<string> {
  if (clone.tree.kind === 'git') return resolveCommit(clone.tree, name, '--base');
  const commit = await ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], {
    gitDir: clone.gitDir,
  });
  if (commit !== undefined) return commit;
  throw new CiError('usage', `--base ${name}: ${clone.tree.path} is plain source and has no revisions`, {
    remedy: 'Leave --base out, or pass a git checkout as --tree.',
  });
}

/** "v7.3-rc7-12-gabcdef012345", or "7.3.4 (abcdef012345)" where the tree has no tags. Never fails. */
export async function describeCommit(clone: Clone, commit: string, signal?: AbortSignal): Promise<string> {
  const short = commit.slice(0, 12);
  if (clone.tree.kind === 'git') {
    const answer = await tryGit(['describe', '--tags', '--abbrev=12', commit], {
      gitDir: clone.tree.gitDir,
      trust: '*',
      deadlineMs: 15_000,
      signal,
    }).catch((error: unknown) => {
      if (signal?.aborted === true) throw error;
      return undefined;
    });
    if (answer?.exitCode === 0) return answer.stdout.trim();
  }
  const version = await makefileVersion(clone.gitDir, commit);
  return version === undefined ? short : `${version} (${short})`;
}
