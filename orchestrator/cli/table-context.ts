import { existsSync } from 'node:fs';
import path from 'node:path';
import { wantsColour } from '../report/colour.js';
import type { TableContext } from '../report/terminal.js';
import { projectRoot } from '../store/paths.js';
import type { RunRecord } from '../store/records.js';
import { loadKnownIssues } from '../verdict/known-issues.js';
import type { KnownIssue } from '../verdict/known-issues.js';

const REPORT = 'report.html';
/** Width where nobody says how wide it is: a pipe, a log. */
export const PIPED_COLUMNS = 100;

/** Where reports take their sentences from that are not in the record itself. */
export async function pageContext(
  record: RunRecord,
): Promise<{ readonly knownIssues: readonly KnownIssue[]; readonly notes: readonly string[] }> {
  const knownIssues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
  return { knownIssues, notes: record.notes };
}

/** How the final table is drawn on this stream. */
export async function tableContext(
  dir: string,
  record: RunRecord,
  stream: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Promise<TableContext> {
  const shown = path.relative(process.cwd(), dir);
  return {
    ...(await pageContext(record)),
    columns: stream.isTTY ? stream.columns : PIPED_COLUMNS,
    colour: wantsColour(env, stream),
    runDirectory: shown.startsWith('..') ? dir : shown,
    ...(existsSync(path.join(dir, REPORT)) ? { report: REPORT } : {}),
  };
}
