import { existsSync } from 'node:fs';
import path from 'node:path';
import { describeError } from './print-error.js';
import { wantsColour } from '../report/colour.js';
import type { TableContext } from '../report/terminal.js';
import { projectRoot } from '../store/paths.js';
import type { RunRecord } from '../store/records.js';
import { baselineFor } from '../verdict/baseline.js';
import type { Baseline } from '../verdict/baseline.js';
import { baselineNamed, loadBaselines } from '../verdict/baselines.js';
import { loadKnownIssues } from '../verdict/known-issues.js';
import type { KnownIssue } from '../verdict/known-issues.js';

const REPORT = 'report.html';
/** Width where nobody says how wide it is: a pipe, a log. */
export const PIPED_COLUMNS = 100;

/**
 * Where reports take their sentences from that are not in the record itself.
 * @param baselineName as `--baseline` takes it
 */
export async function pageContext(
  record: RunRecord,
  baselineName?: string,
): Promise<{
  readonly knownIssues: readonly KnownIssue[];
  readonly notes: readonly string[];
  readonly baseline?: Baseline;
}> {
  const knownIssues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
  const baseline = await chosenBaseline(record, baselineName);
  return { knownIssues, notes: record.notes, ...(baseline === undefined ? {} : { baseline }) };
}

/** The baseline of that name, `none`, or without a name the one of the same kernel version, profiles and machine. */
async function chosenBaseline(record: RunRecord, name: string | undefined): Promise<Baseline | undefined> {
  if (name === 'none') return undefined;
  if (name !== undefined) return baselineNamed(name);
  try {
    return baselineFor(record, await loadBaselines());
  } catch (error) {
    // Nobody asked for it: a baseline that cannot be read must not take the results away.
    process.stderr.write(describeError(error, false));
    return undefined;
  }
}

/**
 * How the final table is drawn on this stream.
 * @param baselineName as `--baseline` takes it
 */
export async function tableContext(
  dir: string,
  record: RunRecord,
  baselineName?: string,
  stream: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Promise<TableContext> {
  const relative = path.relative(process.cwd(), dir);
  const shown = relative.startsWith('..') ? dir : relative;
  return {
    ...(await pageContext(record, baselineName)),
    columns: stream.isTTY ? stream.columns : PIPED_COLUMNS,
    colour: wantsColour(env, stream),
    runDirectory: shown,
    ...(existsSync(path.join(dir, REPORT)) ? { report: path.join(shown, REPORT) } : {}),
  };
}
