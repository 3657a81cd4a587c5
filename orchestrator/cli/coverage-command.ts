import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { CiError } from '../process/errors.js';
import type { Supervision } from '../process/signals.js';
import { painter, wantsColour } from '../report/colour.js';
import { DEFAULT_MACHINE, DEFAULT_SOURCE } from '../run/options.js';
import { chooseProgress } from '../run/progress.js';
import { runCoverage } from '../score/coverage/run-coverage.js';
import type { CoverageOptions } from '../score/coverage/run-coverage.js';
import { exitCodeOfCoverage } from '../score/coverage/sums.js';
import { renderCoverage } from '../score/coverage/table.js';
import { coverageFile, readCoverage } from '../store/coverage-record.js';
import type { CoverageRecord } from '../store/coverage-record.js';
import type { Outcome } from './program.js';
import { collect, count, makeOption } from './arguments.js';
import { PIPED_COLUMNS } from './table-context.js';

interface Flags extends Omit<CoverageOptions, 'sides' | 'makeOptions' | 'record'> {
  readonly side: readonly string[];
  readonly makeOption: readonly string[];
  readonly record?: string;
  readonly show: boolean;
  readonly json: boolean;
}

const HELP = `
A page goes from one role to another: first tail of an order-9 folio, then a folio of order 0. Which of these transitions
can be made at all is what "ci model cover" says; which were made is seen in guests: by the struct pages after every answer
where our suite runs, by kprobes where hmm-tests run (docs/score.md).

Exit codes: 0 our suite makes all that can be made; 1 it leaves one out, or something was seen that the model rules out;
125 our suite was not measured, or there is no kernel to measure on; 128 a trace with holes; 129 usage.`;

export function addCoverageCommand(program: Command, supervision: Supervision, outcome: Outcome): void {
  program
    .command('coverage')
    .description(
      'which transitions between roles pages went through in our suite and in hmm-tests, of all that there are',
    )
    .option('--side <name>', 'ours or hmm-tests, repeatable (default: both)', collect, [])
    .option('--show', 'measure nothing, show the record', false)
    .option('--tree <dir>', 'git checkout or plain kernel source (default: the managed Debian source)')
    .option('--source <version>', 'version of the managed Debian source', DEFAULT_SOURCE)
    .option('--make-option <X=Y>', 'passed to make, repeatable', makeOption, [])
    .addOption(new Option('--accel <name>', 'accelerator').choices(['auto', 'kvm', 'tcg']).default('auto'))
    .option('--machine <name>', 'machine in guests/machines', DEFAULT_MACHINE)
    .option('--jobs <n>', 'parallel compilers, and guests at once', count, os.availableParallelism())
    .option('--out <dir>', 'run directory for logs and consoles (default: results/runs/<id>)')
    .option('--record <file>', 'where the result is kept (default: results/score/coverage.json)')
    .option('--json', 'print the record as JSON on stdout, and nothing else', false)
    .option('-v, --verbose', 'say more, one line each', false)
    .option('-q, --quiet', 'say nothing but errors', false)
    .addHelpText('after', HELP)
    .action(
      async ({ side, makeOption: makeOptions, show, json, record: file, ...same }: Flags): Promise<void> => {
        if (same.quiet && same.verbose)
          throw new CiError('usage', '-q and -v exclude each other', { remedy: 'give only one of them' });
        const record = coverageFile(file);
        const options: CoverageOptions = { ...same, makeOptions, record, sides: sidesOf(side) };
        const measured = show
          ? { record: await kept(record) }
          : await runCoverage(options, chooseProgress(options, process.stderr, process.env), supervision);
        outcome.code = exitCodeOfCoverage(measured.record);
        const stream = process.stdout;
        const here = (to: string): string => path.relative(process.cwd(), to);
        process.stdout.write(
          json
            ? `${JSON.stringify({ exitCode: outcome.code, ...measured.record }, null, 2)}\n`
            : renderCoverage(measured.record, {
                columns: stream.isTTY ? stream.columns : PIPED_COLUMNS,
                paint: painter(wantsColour(process.env, stream)),
                record: here(record),
                ...('dir' in measured ? { runDirectory: here(measured.dir.dir) } : {}),
                exitCode: outcome.code,
              }),
        );
      },
    );
}

async function kept(file: string): Promise<CoverageRecord> {
  const record = await readCoverage(file);
  if (record) return record;
  throw new CiError('usage', 'there is no record of coverage', { where: file, remedy: 'leave --show out' });
}

const SIDE_NAMES = { ours: 'ours', 'hmm-tests': 'upstream' } as const;

function sidesOf(names: readonly string[]): CoverageOptions['sides'] {
  if (names.length === 0) return ['ours', 'upstream'];
  return names.map((name) => {
    const side = Object.entries(SIDE_NAMES).find(([known]) => known === name)?.[1];
    if (side !== undefined) return side;
    throw new CiError('usage', `--side ${name}`, { remedy: 'ours or hmm-tests' });
  });
}
