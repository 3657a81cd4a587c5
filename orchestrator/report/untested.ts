import { DEFAULT_SUITES } from '../run/options.js';
import type { RunRecord } from '../store/records.js';
import { skipInWords, skippedByReason } from './entries.js';

/** What a reader might think was tested and was not, one sentence each; the first ones are about the series. */
export function untested(run: RunRecord): readonly string[] {
  const { series, askedFor, points, profiles, machine } = run;
  const patch = (index: number): string =>
    series === undefined ? 'the tree' : index === 0 ? 'the base' : `patch ${index}`;
  const files = points
    .filter(({ notCompiled }) => notCompiled.length > 0)
    .map(
      ({ index, notCompiled }) => `${patch(index)}: not compiled by this config: ${notCompiled.join(', ')}`,
    );
  const blocked = points
    .filter(({ verdict }) => verdict === 'skip' || verdict === 'infra')
    .map(({ index, reason }) => `${patch(index)}: ${reason}`);
  const between =
    series !== undefined && askedFor?.points === 'ends' && series.patches > 1
      ? ['the patches before the last one, each on its own (--points ends)']
      : [];
  const only = askedFor?.test === undefined ? [] : [`tests that do not match ${askedFor.test}`];
  const left = DEFAULT_SUITES.filter((suite) => askedFor !== undefined && !askedFor.suites.includes(suite));
  const suites = left.length === 0 ? [] : [`suite ${left.join(', ')}`];
  const skips = [...skippedByReason(run)].map(([why, ids]) => skipInWords(why, ids));
  return [
    ...files,
    ...blocked,
    ...between,
    ...only,
    ...suites,
    ...skips,
    `other configurations than profile ${profiles.join(', ')}; other machines than ${machine.name}`,
    'drivers and devices: the folios are those of a test module in a virtual machine',
  ];
}
