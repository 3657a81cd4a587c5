import { CiError } from '../process/errors.js';
import type { RunOptions } from '../run/options.js';
import { selectSuites } from '../run/select.js';
import { loadSuite } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import { projectRoot } from '../store/paths.js';
import type { BisectOptions } from './options.js';

/** Zero tests is an error, and so is a suite whose tests nobody can name. */
export async function suitesOf({ suites: names, test }: BisectOptions): Promise<Suite[]> {
  const named = await Promise.all(names.map((name) => loadSuite(projectRoot(), name)));
  const drawn = named.find(({ kind }) => kind === 'random');
  if (drawn !== undefined)
    throw new CiError(
      'usage',
      `suite ${drawn.id} draws its tests: a search must run the same one everywhere`,
      {
        remedy: 'save the sequence as a scenario file and name that with --test',
      },
    );
  const chosen = selectSuites(named, test);
  if (chosen.length === 0)
    throw new CiError('usage', `--test ${test ?? ''} matches no test of ${names.join(', ')}`, {
      remedy:
        'a test is named suite/scenario/case, * stands for anything, [SA] for S or A: --test "mixed-order/A2/*"',
    });
  return chosen;
}

/** The suites as a run takes them; what it finds out about one kernel holds for each with its signature. */
export function runOptionsOf(options: BisectOptions): RunOptions {
  const { source, suites, profile, fragments, makeOptions, accel, machine, jobs, test } = options;
  return {
    series: 'bisect',
    source,
    points: 'all',
    suites,
    profiles: [profile],
    fragments,
    makeOptions,
    accel,
    machine,
    jobs,
    repeat: 1,
    fresh: false,
    dryRun: false,
    json: false,
    verbose: false,
    quiet: false,
    ...(test === undefined ? {} : { test }),
  };
}
