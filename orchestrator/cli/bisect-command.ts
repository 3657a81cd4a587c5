import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { bisect } from '../bisect/bisect.js';
import { JOURNAL, openBisect, unfinishedBisect } from '../bisect/directory.js';
import { bisectMail, MAIL_CONFIDENCE } from '../bisect/mail-text.js';
import type { BisectOptions } from '../bisect/options.js';
import { publishBisect, reproducer } from '../bisect/publish.js';
import type { BisectRecord } from '../bisect/record.js';
import { DEFAULT_OPTIONS } from '../bisect/state.js';
import { renderBisect } from '../bisect/text.js';
import type { Supervision } from '../process/signals.js';
import { painter, wantsColour } from '../report/colour.js';
import { DEFAULT_MACHINE, DEFAULT_PROFILE, DEFAULT_SOURCE, DEFAULT_SUITES } from '../run/options.js';
import { chooseProgress } from '../run/progress.js';
import { asked, checkFlags, given } from './bisect-flags.js';
import type { BisectFlags } from './bisect-flags.js';
import type { Outcome } from './program.js';
import { collect, count, makeOption, once } from './arguments.js';
import { PIPED_COLUMNS } from './table-context.js';

const HELP = `
SERIES is what ci run takes; its base is the good end, its last patch the bad one. With two arguments they are commits of
--tree, the older one first. With --config GOOD BAD (profiles, or files that end in .config and lie over --profile) the options
are searched in which the two differ, on the tip of a SERIES or on the tree as it stands. Without --test all suites run at the bad end, and what fails there and not at the good end is
looked for. The failure may come in some runs only: every commit is run as often as it takes (docs/bisect.md).

Exit codes: 0 a culprit passed its checks; 125 less can be said (a range, the failure comes at both ends or not at all);
128 infrastructure; 129 usage.`;

function probability(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value < 1)) throw new InvalidArgumentError('expected a number from 0.5 to below 1');
  return value;
}

function runsAtMost(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000)
    throw new InvalidArgumentError('expected a whole number from 1 to 100000');
  return value;
}

export function addBisectCommand(program: Command, supervision: Supervision, outcome: Outcome): void {
  program
    .command('bisect')
    .description('find the patch or commit that brought a failure, also one that comes now and then')
    .argument('[what...]', 'SERIES, or GOOD BAD: two commits of --tree; after --config GOOD: BAD [SERIES]')
    .option('--tree <dir>', 'git checkout; never written to (default: the managed Debian source)')
    .option('--source <version>', 'version of the managed Debian source', DEFAULT_SOURCE)
    .option('--base <rev>', 'commit of --tree that the series applies to (default: as ci run finds it)')
    .option('--from <run>', 'the failure that a finished run reported, in its series and configuration')
    .option('--test <glob>', 'the test whose failure is looked for', once)
    .option(
      '--failure <key>',
      'failure key that is looked for, * stands for anything (default: the first that comes)',
    )
    .option(
      '--fix',
      'find the commit that ended the failure: the old end fails and the new one does not',
      false,
    )
    .option('--suite <name>', `test suite, repeatable (default: ${DEFAULT_SUITES.join(', ')})`, collect, [])
    .option('--profile <name>', 'kernel config profile', DEFAULT_PROFILE)
    .option(
      '--config <fragment>',
      'kernel config fragment on top of the profile, repeatable; or the good end, before a bad one',
      collect,
      [],
    )
    .option('--make-option <X=Y>', 'passed to make, repeatable', makeOption, [])
    .addOption(new Option('--accel <name>', 'accelerator').choices(['auto', 'kvm', 'tcg']).default('auto'))
    .option('--machine <name>', 'machine in guests/machines', DEFAULT_MACHINE)
    .option(
      '--confidence <p>',
      `odds that are enough (default: ${DEFAULT_OPTIONS.confidence}, with --mail ${MAIL_CONFIDENCE})`,
      probability,
    )
    .option(
      '--max-runs <n>',
      'most runs, before what is known is the answer',
      runsAtMost,
      DEFAULT_OPTIONS.maxRuns,
    )
    .option('--jobs <n>', 'parallel compilers, and guests at once', count, os.availableParallelism())
    .option('--out <dir>', 'directory of the bisect (default: results/bisects/<id>)')
    .option('--resume [dir]', 'go on with a bisect that was broken off (default: the newest such)')
    .option('--json', 'print bisect.json on stdout, and nothing else', false)
    .option('--mail', 'print a mail to the author on stdout, and nothing else', false)
    .option('-v, --verbose', 'say more, one line each', false)
    .option('-q, --quiet', 'say nothing but errors', false)
    .addHelpText('after', HELP)
    .action(async (what: readonly string[], flags: BisectFlags): Promise<void> => {
      checkFlags(what, flags);
      const progress = chooseProgress(flags, process.stderr, process.env);
      const which =
        flags.resume === undefined
          ? { options: await asked(what, flags), ...given('out', flags.out) }
          : resumed(flags.resume);
      const { dir, options, events } = await openBisect(which);
      const record = await bisect(options, dir, events, progress, supervision).catch((error: unknown) => {
        if (existsSync(path.join(dir.dir, JOURNAL)))
          progress.note(`to go on: ci bisect --resume ${shown(dir.dir)}`);
        throw error;
      });
      await publishBisect(record, options, dir.dir);
      outcome.code = record.exitCode;
      process.stdout.write(printed(record, options, dir.dir, flags));
    });
}

function printed(
  record: BisectRecord,
  options: BisectOptions,
  dir: string,
  { json, mail }: BisectFlags,
): string {
  if (json) return `${JSON.stringify(record, null, 2)}\n`;
  if (mail && record.culprits.length > 0) return bisectMail(record, reproducer(record, options));
  const stream = process.stdout;
  return renderBisect(record, {
    columns: stream.isTTY ? stream.columns : PIPED_COLUMNS,
    paint: painter(wantsColour(process.env, stream)),
    directory: shown(dir),
  });
}

function shown(dir: string): string {
  const relative = path.relative(process.cwd(), dir);
  return relative.startsWith('..') ? dir : relative;
}

function resumed(resume: string | true): { readonly resume: string } {
  return { resume: resume === true ? unfinishedBisect() : path.resolve(resume) };
}
