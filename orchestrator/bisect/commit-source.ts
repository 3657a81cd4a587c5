import { git } from '../series/git.js';
import { revertCommits } from '../series/revert.js';
import type { Clone } from '../series/types.js';
import type { Source } from './ground.js';
import type { History, Place } from './types.js';

/** What every kernel of a search is built with. */
export interface BuildConfig {
  readonly profile: string;
  readonly fragments: readonly string[];
}

/** The source of a place whose commits are in a clone; the new end without some of them is made there by reverting them. */
export async function commitSource(
  at: Place,
  clone: Pick<Clone, 'gitDir'>,
  { commits }: History,
  config: BuildConfig,
  signal: AbortSignal,
): Promise<Source> {
  const { gitDir } = clone;
  const idOf = (number: number): string => commits[number]?.id ?? '';
  if (at.kind === 'commit') {
    const commit = idOf(at.commit);
    const tree = (await git(['rev-parse', `${commit}^{tree}`], { gitDir, signal })).trim();
    return { gitDir, ...config, commit, tree };
  }
  const newestFirst = at.commits.toSorted((a, b) => b - a).map(idOf);
  const made = await revertCommits(clone, idOf(commits.length - 1), newestFirst, signal);
  if ('commit' in made) return { gitDir, ...config, ...made };
  return { why: `git cannot take it back at the new end: ${made.gitSays.split('\n')[0] ?? ''}` };
}
