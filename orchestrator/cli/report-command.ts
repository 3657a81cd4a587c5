import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { renderHtml } from '../report/html.js';
import { reduceEvents } from '../report/reduce.js';
import { renderTable } from '../report/terminal.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readJournal } from '../store/journal.js';
import { locateRun } from './locate-run.js';
import type { Outcome } from './program.js';
import { pageContext, tableContext } from './table-context.js';

export function addReportCommand(program: Command, outcome: Outcome): void {
  program
    .command('report')
    .description('make the report of a run again, from its events alone')
    .argument('<run>', 'id or path of a run directory')
    .addOption(
      new Option('--format <name>', 'what to make').choices(['table', 'html', 'json']).default('table'),
    )
    .option('--out <file>', 'where to write it (default: stdout; html: report.html of the run)')
    .action(
      async (name: string, flags: { readonly format: 'table' | 'html' | 'json'; readonly out?: string }) => {
        const dir = locateRun(name);
        const record = reduceEvents(readJournal(path.join(dir, 'events.jsonl')));
        const out = flags.out ?? (flags.format === 'html' ? path.join(dir, 'report.html') : undefined);
        const text = await {
          table: async () => renderTable(record, await tableContext(dir, record)),
          html: async () => renderHtml(record, await pageContext(record)),
          json: () => Promise.resolve(`${JSON.stringify(record, null, 2)}\n`),
        }[flags.format]();
        if (out === undefined) process.stdout.write(text);
        else await writeFileAtomic(out, text);
        outcome.code = 0;
      },
    );
}
