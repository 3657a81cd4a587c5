import type { Command } from 'commander';
import { painter, wantsColour } from '../report/colour.js';
import { renderRunList } from '../report/run-list.js';
import { runsIn } from '../report/runs.js';
import { RUNS_FOLDER } from './locate-run.js';
import type { Outcome } from './program.js';
import { count } from './arguments.js';
import { PIPED_COLUMNS } from './table-context.js';

interface Flags {
  readonly limit: number;
  readonly runs: string;
  readonly json: boolean;
}

const LIMIT = 20;

export function addListCommand(program: Command, outcome: Outcome): void {
  program
    .command('list')
    .description('runs and their verdicts, newest first')
    .option('--limit <n>', 'at most so many', count, LIMIT)
    .option('--runs <dir>', 'folder of run directories', RUNS_FOLDER)
    .option('--json', 'print it as JSON', false)
    .action(async (flags: Flags) => {
      const runs = (await runsIn(flags.runs)).slice(0, flags.limit);
      const stream = process.stdout;
      const context = {
        columns: stream.isTTY ? stream.columns : PIPED_COLUMNS,
        paint: painter(wantsColour(process.env, stream)),
      };
      stream.write(flags.json ? `${JSON.stringify(runs, null, 2)}\n` : renderRunList(runs, context));
      outcome.code = 0;
    });
}
