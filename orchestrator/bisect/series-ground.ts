import { CiError } from '../process/errors.js';
import type { Intake } from '../series/intake.js';
import { commitSource } from './commit-source.js';
import type { BuildConfig } from './commit-source.js';
import type { CommitName, Ground } from './ground.js';
import { line } from './history.js';

/**
 * The points of a series, its base as the old end.
 * @param last number of the patch that is the new end; absent: the last
 * @throws CiError('usage') for a series of which no patch applies
 */
export function seriesGround(
  taken: Pick<Intake, 'clone' | 'series' | 'base' | 'points' | 'failed' | 'notes'>,
  config: BuildConfig,
  signal: AbortSignal,
  last?: number,
): Ground {
  const { clone, series, failed } = taken;
  const points = taken.points.filter(({ index }) => last === undefined || index <= last);
  if (points.length < 2)
    throw new CiError('usage', 'there is nothing to bisect: no patch of the series applies', {
      ...(failed === undefined ? {} : { detail: failed.gitSays }),
      remedy: 'name the commit that it is made for with --base',
    });
  const total = taken.points.length - 1;
  const names = points.map(({ index, subject }): CommitName => {
    const patch = series?.patches.find((one) => one.index === index);
    return {
      label: index === 0 ? 'base' : `${index}/${total}`,
      subject,
      ...(patch === undefined ? {} : { author: patch.author }),
      ...(patch?.messageId === undefined ? {} : { messageId: patch.messageId }),
    };
  });
  const history = line(points.map(({ commit }) => commit));
  const own = series?.range !== undefined && clone.tree.kind === 'git';
  return {
    kind: 'series',
    title: series?.title ?? 'the series',
    history,
    names,
    replayIn: own ? clone.tree.path : clone.gitDir,
    notes: [
      ...taken.notes,
      ...(failed === undefined ? [] : [`patch ${failed.index} does not apply: the search ends before it`]),
      ...(total < points.length
        ? []
        : [`the search ends at patch ${last ?? total}: a later one ends the failure`]),
    ],
    source: (at) => commitSource(at, clone, history, config, signal),
  };
}
