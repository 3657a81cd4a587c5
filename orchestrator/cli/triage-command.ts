import path from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { printable } from '../report/printable.js';
import { reduceEvents } from '../report/reduce.js';
import { readJournal } from '../store/journal.js';
import { triageEntry } from '../verdict/triage.js';
import type { TriageEntry } from '../verdict/triage.js';
import { addTriage, triageFile } from '../verdict/triage-file.js';
import { locateRun } from './locate-run.js';
import type { Outcome } from './program.js';

/** Long enough for the next versions of a series, short enough not to rot. */
const DAYS = 90;
const DAY_MS = 86_400_000;

const HELP = `
The entry in results/triage.yaml is known by the signature of the failure and by the series, and is honoured for its next
versions until it expires: such a failure is listed and makes no point bad. A splat, a hang or a lost boot is never
excused. Deviations that the kernel itself shows belong into results/known-issues.yaml. (docs/formats.md)`;

interface Flags extends Pick<TriageEntry, 'as' | 'reason' | 'link' | 'expires'> {}

function day(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('expected a day, for example 2027-03-31');
  return text;
}

export function addTriageCommand(program: Command, outcome: Outcome): void {
  const expires = new Date(Date.now() + DAYS * DAY_MS).toISOString().slice(0, 10);
  program
    .command('triage')
    .description('say that a failure is not the doing of its series, for the next version too')
    .argument('<run>', 'id or path of a run directory')
    .argument('<test>', 'id of the failing test, for example mixed-order/S2')
    .addOption(
      new Option('--as <what>', 'real but not of this series, or the test is wrong')
        .choices(['unrelated', 'invalid'])
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'how you know, in a sentence')
    .requiredOption('--link <url>', 'where it is discussed')
    .option('--expires <day>', `last day on which it holds (default: in ${DAYS} days)`, day, expires)
    .addHelpText('after', HELP)
    .action(async (name: string, test: string, flags: Flags) => {
      const run = reduceEvents(readJournal(path.join(locateRun(name), 'events.jsonl')));
      const entry = triageEntry(run, test, flags);
      await addTriage(entry);
      process.stderr.write(
        `ci: ${path.relative(process.cwd(), triageFile())}: "${printable(entry.signature)}" is ${entry.as} for "${printable(entry.series)}" until ${entry.expires}\n`,
      );
      outcome.code = 0;
    });
}
