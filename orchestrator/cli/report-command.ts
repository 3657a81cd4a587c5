import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { CiError } from '../process/errors.js';
import { compareRuns } from '../report/compare-runs.js';
import { renderComparison } from '../report/compare-text.js';
import type { Told } from '../report/format.js';
import { digestOf, writeDigest } from '../report/digest.js';
import { FORMATS, formatOf } from '../report/formats.js';
import { mail } from '../report/mail.js';
import { reduceEvents } from '../report/reduce.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readJournal } from '../store/journal.js';
import { locateRun } from './locate-run.js';
import type { Outcome } from './program.js';
import { recordsContext } from './records-context.js';
import { tableContext } from './table-context.js';
import { vouch } from './vouch.js';

interface Flags {
  readonly format: string;
  readonly out?: string;
  readonly baseline?: string;
  readonly testedBy: boolean;
}

const HELP = `
Formats:
${FORMATS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}
With two runs: what the second one says beside the first, as table or json. (docs/formats.md)`;

export function addReportCommand(program: Command, outcome: Outcome): void {
  const names = FORMATS.map(({ name }) => name);
  program
    .command('report')
    .description('make the report of a run again, from its events alone; of two runs, what differs')
    .argument('<run>', 'id or path of a run directory')
    .argument('[other]', 'a second run, to be compared with the first')
    .addOption(new Option('--format <name>', 'what to make').choices(names).default('table'))
    .option('--out <file>', 'where to write it (default: stdout; html: report.html of the run)')
    .option(
      '--baseline <name>',
      'table: what the base is compared with, or none (default: that of its version)',
    )
    .option('--tested-by', 'mail: vouch for a complete good run with your name from git', false)
    .addHelpText('after', HELP)
    .action(async (name: string, other: string | undefined, flags: Flags) => {
      const format = formatOf(flags.format);
      if (flags.testedBy && format !== mail)
        throw new CiError('usage', '--tested-by is for --format mail', { remedy: 'leave it out' });
      const dir = locateRun(name);
      const told = read(dir);
      const text =
        other === undefined
          ? await one(dir, told, flags)
          : await two(dir, told, read(locateRun(other)), flags);
      const own = other === undefined && format.file !== undefined ? path.join(dir, format.file) : undefined;
      const out = flags.out ?? own;
      if (out === undefined) process.stdout.write(text);
      else await writeFileAtomic(out, text);
      // For the trend of later runs; one of an older version of the program has none.
      if (format.name === 'html' && out === own) await writeDigest(dir, digestOf(told.run));
      outcome.code = 0;
    });
}

function read(dir: string): Told {
  const events = readJournal(path.join(dir, 'events.jsonl'));
  return { events, run: reduceEvents(events) };
}

async function one(dir: string, told: Told, flags: Flags): Promise<string> {
  const format = formatOf(flags.format);
  const context = {
    ...(await tableContext(dir, told.run, flags.baseline)),
    ...(await recordsContext(dir)),
  };
  const testedBy = format === mail ? await vouch(told.run, flags.testedBy) : undefined;
  return format.render(told, { ...context, ...(testedBy === undefined ? {} : { testedBy }) });
}

async function two(dir: string, before: Told, now: Told, flags: Flags): Promise<string> {
  const compared = compareRuns(before.run, now.run);
  if (flags.format === 'json') return `${JSON.stringify(compared, null, 2)}\n`;
  if (flags.format !== 'table')
    throw new CiError('usage', `two runs are compared as table or json, not as ${flags.format}`, {
      remedy: 'leave --format out, or name one run',
    });
  return renderComparison(before.run, now.run, compared, await tableContext(dir, now.run, 'none'));
}
