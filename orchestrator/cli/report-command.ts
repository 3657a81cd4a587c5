import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { mail } from '../report/mail.js';
import { FORMATS, formatOf } from '../report/formats.js';
import { reduceEvents } from '../report/reduce.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readJournal } from '../store/journal.js';
import { locateRun } from './locate-run.js';
import type { Outcome } from './program.js';
import { vouch } from './vouch.js';
import { tableContext } from './table-context.js';

interface Flags {
  readonly format: string;
  readonly out?: string;
  readonly testedBy: boolean;
}

const HELP = `
Formats:
${FORMATS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}`;

export function addReportCommand(program: Command, outcome: Outcome): void {
  const names = FORMATS.map(({ name }) => name);
  program
    .command('report')
    .description('make the report of a run again, from its events alone')
    .argument('<run>', 'id or path of a run directory')
    .addOption(new Option('--format <name>', 'what to make').choices(names).default('table'))
    .option('--out <file>', 'where to write it (default: stdout; html: report.html of the run)')
    .option('--tested-by', 'mail: vouch for a complete good run with your name from git', false)
    .addHelpText('after', HELP)
    .action(async (name: string, flags: Flags) => {
      const dir = locateRun(name);
      const events = readJournal(path.join(dir, 'events.jsonl'));
      const run = reduceEvents(events);
      const format = formatOf(flags.format);
      const context = await tableContext(dir, run);
      const testedBy = format === mail ? await vouch(run, flags.testedBy) : undefined;
      const text = format.render({ run, events }, { ...context, ...(testedBy && { testedBy }) });
      const out = flags.out ?? (format.file === undefined ? undefined : path.join(dir, format.file));
      if (out === undefined) process.stdout.write(text);
      else await writeFileAtomic(out, text);
      outcome.code = 0;
    });
}
