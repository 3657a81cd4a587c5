import { digestOf, writeDigest } from '../report/digest.js';
import { pageNeeds } from '../report/html/page-lines.js';
import { renderHtml } from '../report/html.js';
import { renderTable } from '../report/terminal.js';
import type { RunDirectory } from '../run/directory.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readOwnJournal } from '../store/journal.js';
import type { RunRecord } from '../store/records.js';
import { describeError } from './print-error.js';
import { recordsContext } from './records-context.js';
import { pageContext, tableContext } from './table-context.js';

/** Writes the page of a run that is over, and gives its table. */
export async function reportOf(record: RunRecord, dir: RunDirectory): Promise<string> {
  await writeReport(record, dir);
  return renderTable(record, await tableContext(dir.dir, record));
}

/** The page can be made again at any time; that it cannot be written now does not change what the run found. */
async function writeReport(record: RunRecord, { dir, events, report }: RunDirectory): Promise<void> {
  try {
    const context = { ...(await pageContext(record)), ...(await recordsContext(dir)) };
    await writeDigest(dir, digestOf(record));
    await writeFileAtomic(
      report,
      renderHtml({ run: record, events: readOwnJournal(events, pageNeeds) }, context),
    );
  } catch (error) {
    process.stderr.write(describeError(error, false));
  }
}
