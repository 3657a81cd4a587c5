import path from 'node:path';
import type { TableContext } from '../report/terminal.js';
import type { RunRecord } from '../store/records.js';

/** How the final table is drawn here: width and colour of stdout, NO_COLOR and dumb terminals respected. */
export function tableContext(
  dir: string,
  _record: RunRecord,
  stream: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): TableContext {
  const colour =
    stream.isTTY && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === '' && (env['CI'] ?? '') === '';
  const shown = path.relative(process.cwd(), dir);
  return {
    columns: stream.isTTY ? stream.columns : 100,
    colour,
    runDirectory: shown.startsWith('..') ? dir : shown,
    report: 'report.html',
  };
}
