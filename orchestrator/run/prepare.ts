import { CiError } from '../process/errors.js';
import { loadSuite, selectCases } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import { intake } from '../series/intake.js';
import type { Intake } from '../series/intake.js';
import { projectRoot } from '../store/paths.js';
import type { RunOptions } from './options.js';
import type { Progress } from './progress.js';
import { chooseSource } from './source.js';
import type { Source } from './source.js';
import type { Stopwatch } from './stopwatch.js';

/** Everything before the first build: what to test, from where, on what. */
export interface Prepared {
  readonly source: Source;
  readonly intake: Intake;
  readonly suites: readonly Suite[];
  readonly notes: readonly string[];
}

/** Reads the user's input and finds the base. Throws CiError('usage') before anything costly has begun. */
export async function prepare(
  options: RunOptions,
  progress: Progress,
  signal: AbortSignal,
  watch: Stopwatch,
): Promise<Prepared> {
  const suites = await Promise.all(options.suites.map((name) => loadSuite(projectRoot(), name)));
  assertSomeTest(options, suites);
  const source = await watch.time('source', () =>
    progress.stage('Source', (say) => chooseSource(options, say, signal)),
  );
  const taken = await watch.time('series', () =>
    progress.stage('Series', (say) =>
      intake({
        tree: source.tree,
        signal,
        progress: say,
        ...(options.series === undefined ? {} : { spec: options.series }),
        ...(options.base === undefined ? {} : { base: options.base }),
        stdin: process.stdin,
      }),
    ),
  );
  return { source, intake: taken, suites, notes: [...source.notes, ...taken.notes] };
}

/** Zero tests is an error, never a pass. */
function assertSomeTest(options: RunOptions, suites: readonly Suite[]): void {
  const { test } = options;
  if (test === undefined) return;
  const chosen = suites.flatMap((suite) =>
    suite.kind === 'scenarios' ? selectCases(suite.cases, test) : [],
  );
  if (chosen.length === 0)
    throw new CiError('usage', `--test ${test} matches no test of ${options.suites.join(', ')}`, {
      remedy: 'a test is named suite/scenario/case, and * stands for anything: --test "mixed-order/A2/*"',
    });
}
