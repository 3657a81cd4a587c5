import os from 'node:os';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { CiError, EXIT } from '../process/errors.js';
import type { Supervision } from '../process/signals.js';
import {
  DEFAULT_MACHINE,
  DEFAULT_MINUTES,
  DEFAULT_PROFILE,
  DEFAULT_SOURCE,
  DEFAULT_SUITES,
  SEEDS,
} from '../run/options.js';
import type { RunOptions } from '../run/options.js';
import { chooseProgress } from '../run/progress.js';
import { describePlan, plan } from '../run/plan.js';
import { run } from '../run/run.js';
import { collect, count, makeOption, once } from './arguments.js';
import { loadLater } from './load-later.js';
import { describeError } from './print-error.js';
import type { Outcome } from './program.js';

/** As commander names them; what it names otherwise than a run's options do is spelt out. */
interface Flags extends Omit<RunOptions, 'series' | 'suites' | 'profiles' | 'fragments' | 'makeOptions'> {
  readonly suite: readonly string[];
  readonly profile: readonly string[];
  readonly config: readonly string[];
  readonly makeOption: readonly string[];
}

function seed(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) >= SEEDS)
    throw new InvalidArgumentError(`expected a whole number from 0 to ${SEEDS - 1}`);
  return Number(text);
}

/** A day: what runs longer is better started again with another seed. */
const MINUTES = 1440;

function minutes(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value <= 0 || value > MINUTES)
    throw new InvalidArgumentError(`expected a number of minutes above 0, at most ${MINUTES}`);
  return value;
}

/** `flags` as options of a run. Contradictions are usage errors. */
export function runOptions(series: string | undefined, flags: Flags): RunOptions {
  if (flags.quiet && flags.verbose)
    throw new CiError('usage', '-q and -v exclude each other', { remedy: 'give only one of them' });
  if (flags.dryRun && flags.json)
    throw new CiError('usage', '--json prints run.json, and --dry-run makes none', {
      remedy: 'give only one of them',
    });
  const { suite, profile, config, makeOption: makeOptions, tree, base, test, out, ...same } = flags;
  const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];
  return {
    ...same,
    ...(series === undefined ? {} : { series }),
    ...(tree === undefined ? {} : { tree }),
    ...(base === undefined ? {} : { base }),
    ...(test === undefined ? {} : { test }),
    ...(out === undefined ? {} : { out }),
    suites: suite.length > 0 ? distinct(suite) : DEFAULT_SUITES,
    profiles: profile.length > 0 ? distinct(profile) : [DEFAULT_PROFILE],
    fragments: config,
    makeOptions,
  };
}

export function addRunCommand(program: Command, supervision: Supervision, outcome: Outcome): void {
  program
    .command('run')
    .description('build, boot and test every point of SERIES; without SERIES: the tree as it stands')
    .argument('[series]', 'mbox, directory of *.patch, - (mbox on stdin), A..B in --tree, or a message-id')
    .option(
      '--tree <dir>',
      'git checkout or plain kernel source; never written to (default: the managed Debian source)',
    )
    .option('--source <version>', 'version of the managed Debian source', DEFAULT_SOURCE)
    .option(
      '--base <rev>',
      'commit of --tree that the series applies to (default: base-commit:, blob hashes, head)',
    )
    .addOption(
      new Option('--points <which>', 'which points of the series to test')
        .choices(['all', 'ends'])
        .default('all'),
    )
    .option('--suite <name>', `test suite, repeatable (default: ${DEFAULT_SUITES.join(', ')})`, collect, [])
    .option('--test <glob>', 'only tests whose id matches, for example "mixed-order/A2/*"', once)
    .option('--profile <name>', 'kernel config profile, repeatable (default: default)', collect, [])
    .option('--config <fragment>', 'kernel config fragment on top of the profile, repeatable', collect, [])
    .option('--make-option <X=Y>', 'passed to make, repeatable', makeOption, [])
    .addOption(new Option('--accel <name>', 'accelerator').choices(['auto', 'kvm', 'tcg']).default('auto'))
    .option('--machine <name>', 'machine in guests/machines', DEFAULT_MACHINE)
    .option('--seed <n>', 'seed of the generated campaign of suite random (default: drawn, and said)', seed)
    .option('--minutes <n>', `time of that campaign for each kernel (default: ${DEFAULT_MINUTES})`, minutes)
    .option('--repeat <n>', 'times every test runs', count, 1)
    .option('--jobs <n>', 'parallel compilers, and guests at once', count, os.availableParallelism())
    .option('--out <dir>', 'run directory (default: results/runs/<id>)')
    .option('--fresh', 'reuse no earlier result', false)
    .option('--dry-run', 'say what would be built and tested, and stop', false)
    .option('--json', 'print run.json on stdout, and nothing else', false)
    .option('-v, --verbose', 'say more, one line each', false)
    .option('-q, --quiet', 'say nothing but errors', false)
    .action(async (series: string | undefined, flags: Flags): Promise<void> => {
      const options = runOptions(series, flags);
      const progress = chooseProgress(options, process.stderr, process.env);
      if (options.dryRun) {
        const planned = await plan(options, progress, supervision.signal);
        process.stdout.write(describePlan(planned, options));
        if (planned.prepared.intake.failed !== undefined) outcome.code = EXIT.cannotTell;
        return;
      }
      const reporting = loadLater(() => import('./run-report.js'));
      const { record, dir, stopped } = await run(options, progress, supervision);
      if (stopped !== undefined) process.stderr.write(describeError(stopped, options.verbose));
      outcome.code = record.exitCode;
      const text = await (await reporting()).reportOf(record, dir);
      process.stdout.write(options.json ? `${JSON.stringify(record, null, 2)}\n` : text);
    });
}
