import { CiError } from '../process/errors.js';
import type { Progress } from '../run/progress.js';
import { chooseSource } from '../run/source.js';
import { intake } from '../series/intake.js';
import type { Ground } from './ground.js';
import type { BisectOptions } from './options.js';
import { rangeGround } from './range-ground.js';
import { seriesGround } from './series-ground.js';

/**
 * What the user wants to be searched, from the arguments to a history.
 * @throws CiError('usage') for what is no series, no tree and no revision
 */
export async function openGround(
  options: BisectOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Ground> {
  const { series, between, base } = options;
  const { tree } = options;
  const wanted = { source: options.source, ...(tree === undefined ? {} : { tree }) };
  const source = await progress.stage('Source', (say) => chooseSource(wanted, say, signal));
  const config = { profile: options.profile, fragments: options.fragments };
  if (between !== undefined)
    return progress.stage('History', () => rangeGround(source.tree, between, config, signal));
  if (series === undefined)
    throw new CiError('usage', 'nothing to bisect was given', {
      remedy: 'pass a SERIES, or --tree DIR with the commits GOOD and BAD',
    });
  const taken = await progress.stage('Series', (say) =>
    intake({
      tree: source.tree,
      spec: series,
      signal,
      progress: say,
      ...(base === undefined ? {} : { base }),
    }),
  );
  progress.note(`base ${taken.base.describe} (${taken.base.foundBy})`);
  return seriesGround({ ...taken, notes: [...source.notes, ...taken.notes] }, config, signal);
}
