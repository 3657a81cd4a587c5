import { randomInt } from 'node:crypto';
import { CiError } from '../process/errors.js';
import { loadSuite } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import { intake } from '../series/intake.js';
import type { Intake } from '../series/intake.js';
import { projectRoot } from '../store/paths.js';
import { announceOwner } from '../store/temp.js';
import { campaignNote, campaignOf } from './campaign.js';
import type { Campaign } from './campaign.js';
import { SEEDS } from './options.js';
import type { RunOptions } from './options.js';
import type { Progress } from './progress.js';
import { selectSuites } from './select.js';
import { chooseSource } from './source.js';
import type { Source } from './source.js';
import type { Stopwatch } from './stopwatch.js';

/** Everything before the first build: what to test, from where, on what. */
export interface Prepared {
  readonly source: Source;
  readonly intake: Intake;
  readonly suites: readonly Suite[];
  readonly notes: readonly string[];
  /** Where a suite draws its tests: by what, and for how long. */
  readonly campaign?: Campaign;
  /** What came on stdin, where SERIES is `-`: it cannot be read a second time. */
  readonly stdin?: Uint8Array;
}

/** Reads the user's input and finds the base. Throws CiError('usage') before anything costly has begun. */
export async function prepare(
  options: RunOptions,
  progress: Progress,
  signal: AbortSignal,
  watch: Stopwatch,
): Promise<Prepared> {
  const named = await Promise.all(options.suites.map((name) => loadSuite(projectRoot(), name)));
  const suites = selectSuites(named, options.test);
  const campaign = campaignOf(named, options, () => randomInt(SEEDS));
  assertSomeTest(options, suites);
  announceOwner();
  const stdin = tee(process.stdin);
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
        ...(process.stdin.isTTY ? {} : { stdin: stdin.stream }),
      }),
    ),
  );
  const drawn = campaign && suites.some(({ kind }) => kind === 'random') ? [campaignNote(campaign)] : [];
  const notes = [...source.notes, ...taken.notes, ...drawn];
  return {
    source,
    intake: taken,
    suites,
    notes,
    ...(campaign && { campaign }),
    ...(options.series === '-' ? { stdin: stdin.read() } : {}),
  };
}

/** `stream`, and all that was read from it. */
function tee(stream: AsyncIterable<Uint8Array | string>): {
  readonly stream: AsyncIterable<Uint8Array>;
  read(): Uint8Array;
} {
  const chunks: Uint8Array[] = [];
  async function* passed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      yield bytes;
    }
  }
  return { stream: passed(), read: () => Buffer.concat(chunks) };
}

/** Zero tests is an error, never a pass. */
function assertSomeTest(options: RunOptions, suites: readonly Suite[]): void {
  const { test } = options;
  if (suites.length === 0)
    throw new CiError('usage', `--test ${test ?? ''} matches no test of ${options.suites.join(', ')}`, {
      remedy:
        'a test is named suite/scenario/case, * stands for anything, [SA] for S or A: --test "mixed-order/A2/*"',
    });
}
