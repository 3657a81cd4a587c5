import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { CiError } from '../process/errors.js';
import type { Supervision } from '../process/signals.js';
import { painter, wantsColour } from '../report/colour.js';
import { DEFAULT_MACHINE, DEFAULT_SOURCE } from '../run/options.js';
import { chooseProgress } from '../run/progress.js';
import { loadMutants } from '../score/load.js';
import { MUTATE_SUITES } from '../score/options.js';
import type { MutateOptions } from '../score/options.js';
import { scoreFile } from '../score/record.js';
import { runMutants } from '../score/run-mutants.js';
import { exitCodeOfScore, scoreOf } from '../score/standing.js';
import { renderScore } from '../score/table.js';
import { projectRoot } from '../store/paths.js';
import { describeError } from './print-error.js';
import type { Outcome } from './program.js';
import { collect, count, makeOption } from './arguments.js';
import { PIPED_COLUMNS } from './table-context.js';

interface Flags extends Omit<MutateOptions, 'suites' | 'makeOptions'> {
  readonly suite: readonly string[];
  readonly makeOption: readonly string[];
}

const HELP = `
A mutant is a file in tests/mutants: one mail that changes the kernel in one place, with trailers that say what is to
come of it (docs/score.md). Each is built alone on the base. Our suite stops at the first failure that is certain or was
confirmed in a fresh guest and that the base does not have; hmm-tests run to their end on the same kernel.

Exit codes: 0 all as expected; 1 one survived that is to be killed, or one was killed that changes nothing; 125 one does
not apply or compile, or changes no code; 128 one came to no result; 129 usage.`;

export function addMutateCommand(program: Command, supervision: Supervision, outcome: Outcome): void {
  program
    .command('mutate')
    .description('break the kernel in one place at a time: which changes do our suite and hmm-tests see?')
    .argument(
      '[names...]',
      'mutants, files of tests/mutants without .patch; * stands for anything (default: all)',
    )
    .option('--tree <dir>', 'git checkout or plain kernel source (default: the managed Debian source)')
    .option('--source <version>', 'version of the managed Debian source', DEFAULT_SOURCE)
    .option('--profile <name>', 'kernel config profile for all (default: the one that each names)')
    .option('--suite <name>', `test suite, repeatable (default: ${MUTATE_SUITES.join(', ')})`, collect, [])
    .option('--make-option <X=Y>', 'passed to make, repeatable', makeOption, [])
    .addOption(new Option('--accel <name>', 'accelerator').choices(['auto', 'kvm', 'tcg']).default('auto'))
    .option('--machine <name>', 'machine in guests/machines', DEFAULT_MACHINE)
    .option('--jobs <n>', 'parallel compilers, and guests at once', count, os.availableParallelism())
    .option('--out <dir>', 'run directory for logs and consoles (default: results/runs/<id>)')
    .option('--record <file>', 'where results are kept (default: results/score/mutants.json)')
    .option('--fresh', 'reuse no earlier result', false)
    .option('--json', 'print the results as JSON on stdout, and nothing else', false)
    .option('-v, --verbose', 'say more, one line each', false)
    .option('-q, --quiet', 'say nothing but errors', false)
    .addHelpText('after', HELP)
    .action(async (names: readonly string[], flags: Flags): Promise<void> => {
      const { suite, makeOption: makeOptions, ...same } = flags;
      if (flags.quiet && flags.verbose)
        throw new CiError('usage', '-q and -v exclude each other', { remedy: 'give only one of them' });
      const options: MutateOptions = {
        ...same,
        makeOptions,
        suites: suite.length > 0 ? [...new Set(suite)] : MUTATE_SUITES,
      };
      const mutants = await loadMutants(projectRoot(), names, supervision.signal);
      const progress = chooseProgress(options, process.stderr, process.env);
      const { results, dir, stopped } = await runMutants(mutants, options, progress, supervision);
      if (stopped !== undefined) process.stderr.write(describeError(stopped, options.verbose));
      outcome.code = exitCodeOfScore(results);
      const stream = process.stdout;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ exitCode: outcome.code, score: scoreOf(results), results }, null, 2)}\n`
          : renderScore(results, {
              columns: stream.isTTY ? stream.columns : PIPED_COLUMNS,
              paint: painter(wantsColour(process.env, stream)),
              record: path.relative(process.cwd(), scoreFile(options.record)),
              runDirectory: path.relative(process.cwd(), dir.dir),
              exitCode: outcome.code,
            }),
      );
    });
}
