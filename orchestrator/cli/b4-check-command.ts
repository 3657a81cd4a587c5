import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import { CiError } from '../process/errors.js';
import { checkResult } from '../report/b4-check.js';
import type { CheckResult } from '../report/b4-check.js';
import { findRun } from '../report/find-run.js';
import { printable } from '../report/printable.js';
import { reduceEvents } from '../report/reduce.js';
import { runsIn } from '../report/runs.js';
import { readMails } from '../series/mail.js';
import { patchIdOf } from '../series/patch.js';
import { readJournal } from '../store/journal.js';
import { RUNS_FOLDER } from './locate-run.js';
import type { Outcome } from './program.js';
import { readStdin } from './stdin.js';

const HELP = `
For b4 0.15 and later, in .git/config:
  [b4]
    review-perpatch-check-cmd = /path/to/ci b4-check
    review-series-check-cmd = /path/to/ci b4-check --series

Reads one mail on stdin and prints a JSON array: the verdict of the newest run that tested this patch (by message-id, or
by patch-id where it was tested before it was sent). A series that was not tested has nothing to say: []. It never
starts a run. (docs/formats.md)`;

interface Flags {
  readonly series: boolean;
  readonly runs: string;
}

/** The part of b4's tracking data that is about which mails belong together. */
const Mailed = z.object({ 'header-info': z.object({ msgid: z.string().optional() }).optional() });
const Tracking = z.object({ series: Mailed.optional(), patches: z.array(Mailed).optional() });

export function addB4CheckCommand(program: Command, outcome: Outcome): void {
  program
    .command('b4-check')
    .description('what our runs say of a patch, for `b4 review`: a mail on stdin, JSON on stdout')
    .option('--series', 'of the whole series, whichever of its mails comes', false)
    .option('--runs <dir>', 'folder of run directories', RUNS_FOLDER)
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const results = await checks(await readStdin('b4 pipes a mail in: ci b4-check < patch.eml'), flags);
      process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
      outcome.code = 0;
    });
}

async function checks(bytes: Uint8Array, flags: Flags): Promise<CheckResult[]> {
  const [mail] = await readMails([{ name: 'standard input', bytes }]);
  if (mail === undefined)
    throw new CiError('usage', 'there is no mail on standard input', { remedy: 'pipe one mail in' });
  const found = findRun(await runsIn(flags.runs), {
    ...(mail.messageId === undefined ? {} : { messageId: mail.messageId }),
    patchId: mail.facts.hasChanges ? await patchIdOf(mail.diff) : '',
    series: trackedIds(process.env['B4_TRACKING_FILE']),
  });
  if (found === undefined) {
    process.stderr.write(
      `ci: no run tested ${printable(mail.title)}: b4 am -o - ${printable(mail.messageId ?? 'ID')} | ci run -\n`,
    );
    return [];
  }
  const { dir } = found.run;
  const run = reduceEvents(readJournal(path.join(dir, 'events.jsonl')));
  const page = path.join(dir, 'report.html');
  const url = existsSync(page) ? pathToFileURL(page).href : undefined;
  // Of a cover letter there is only the series to tell; of a patch that we do not have, nothing.
  const cover = mail.subject.position?.k === 0 || !mail.facts.hasChanges;
  if (!flags.series && !cover && found.point === undefined) return [];
  return [checkResult(run, flags.series || cover ? undefined : found.point, url)];
}

/** Message-ids of the series that is being checked. Without the file, or with one of another shape, none are known. */
function trackedIds(file: string | undefined): readonly string[] {
  if (file === undefined || file === '') return [];
  try {
    const { series, patches = [] } = Tracking.parse(JSON.parse(readFileSync(file, 'utf8')));
    return [series, ...patches].flatMap((one) => one?.['header-info']?.msgid ?? []);
  } catch (error) {
    process.stderr.write(`ci: B4_TRACKING_FILE is left out: ${printable((error as Error).message)}\n`);
    return [];
  }
}
