import { CiError } from '../process/errors.js';
import type { Progress } from '../run/progress.js';
import { chooseSource } from '../run/source.js';
import { intake } from '../series/intake.js';
import { configGround } from './config-ground.js';
import type { Ground } from './ground.js';
import type { BisectOptions } from './options.js';
import { rangeGround } from './range-ground.js';
import { seriesGround } from './series-ground.js';

/**
 * What the user wants to be searched, from the arguments to a history.
 * @param dir of the bisect
 * @throws CiError('usage') for what is no series, no tree and no revision
 */
export async function openGround(
  options: BisectOptions,
  dir: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Ground> {
  const { series, between, configs, base } = options;
  const { tree } = options;
  const wanted = { source: options.source, ...(tree === undefined ? {} : { tree }) };
  const source = await progress.stage('Source', (say) => chooseSource(wanted, say, signal));
  const config = { profile: options.profile, fragments: options.fragments };
  if (between !== undefined)
    return progress.stage('History', () => rangeGround(source.tree, between, config, signal));
  if (series === undefined && configs === undefined)
    throw new CiError('usage', 'nothing to bisect was given', {
      remedy: 'pass a SERIES, --tree DIR with the commits GOOD and BAD, or --config GOOD BAD',
    });
  const taken = await progress.stage(series === undefined ? 'Tree' : 'Series', (say) =>
    intake({
      tree: source.tree,
      signal,
      progress: say,
      ...(series === undefined ? {} : { spec: series }),
      ...(base === undefined ? {} : { base }),
    }),
  );
  progress.note(`base ${taken.base.describe} (${taken.base.foundBy})`);
  const all = { ...taken, notes: [...source.notes, ...taken.notes] };
  if (configs === undefined) return seriesGround(all, config, signal, options.last);
  return progress.stage('Options', () => configGround(all, configs, options.profile, dir, signal));
}
