import type { AppliedPoint } from '../series/types.js';
import { campaignWords } from './campaign.js';
import type { RunOptions } from './options.js';
import { choosePoints } from './points.js';
import type { Progress } from './progress.js';
import { prepare } from './prepare.js';
import type { Prepared } from './prepare.js';
import { Stopwatch } from './stopwatch.js';

/** What `--dry-run` shows: everything that is decided before the first build. */
export interface Plan {
  readonly prepared: Prepared;
  readonly points: readonly AppliedPoint[];
}

/** Reads series and source and chooses the points; builds and boots nothing. */
export async function plan(options: RunOptions, progress: Progress, signal: AbortSignal): Promise<Plan> {
  const prepared = await prepare(options, progress, signal, new Stopwatch());
  return { prepared, points: choosePoints(prepared.intake.points, options.points) };
}

/** The plan as text, newline at the end. */
export function describePlan({ prepared, points }: Plan, options: RunOptions): string {
  const { source, intake, suites, notes } = prepared;
  const cases = (index: number): string =>
    suites[index]?.kind === 'scenarios' ? ` (${suites[index].cases.length} cases)` : '';
  const { campaign } = prepared;
  const drawn = (index: number): string =>
    suites[index]?.kind === 'random' && campaign ? ` (${campaignWords(campaign)})` : '';
  const lines = [
    `source    ${source.name}`,
    `base      ${intake.base.describe} (${intake.base.foundBy})`,
    `profiles  ${options.profiles.join(', ')}`,
    `suites    ${suites.map((suite, index) => `${suite.id}${cases(index)}${drawn(index)}`).join(', ')}`,
    'points',
    ...points.map(({ index, commit, subject, changed }) => {
      const files = index === 0 ? '' : ` (${changed.length} ${changed.length === 1 ? 'file' : 'files'})`;
      return `  ${index} ${commit.slice(0, 12)} ${subject}${files}`;
    }),
    ...(intake.failed === undefined
      ? []
      : [`  ${intake.failed.index} does not apply: ${intake.failed.subject}`]),
    ...notes.map((note) => `note      ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}
