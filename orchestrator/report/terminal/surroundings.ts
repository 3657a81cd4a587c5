import { besideBaseline } from '../baseline-text.js';
import { skipInWords, skippedByReason } from '../entries.js';
import type { TableContext } from '../terminal.js';
import { firstSentence, knownCounts } from '../words.js';
import type { Sheet } from './sheet.js';

/** What stands beside the failures: what the kernel is known for, what was not tested, and how the base stands. */
export function tellSurroundings(sheet: Sheet, context: TableContext): void {
  known(sheet, context);
  notTested(sheet);
  baseline(sheet, context);
}

function known({ run, out }: Sheet, { expired = [], knownIssues = [] }: TableContext): void {
  const counts = knownCounts(run);
  if (counts.size === 0 && expired.length === 0) return;
  out.section('known deviations', 'dim');
  for (const [id, tests] of counts) {
    const reason = knownIssues.find((issue) => issue.id === id)?.reason;
    const many = tests === 1 ? '1 test' : `${tests} tests`;
    out.text(`${id}, in ${many}${reason === undefined ? '' : `: ${firstSentence(reason)}`}`);
  }
  for (const { id, expires } of expired) out.text(`${id} expired on ${expires} and excuses nothing any more`);
}

function notTested(sheet: Sheet): void {
  const { run, out } = sheet;
  const lists = run.points.filter(({ notCompiled }) => notCompiled.length > 0);
  const skips = skippedByReason(run);
  if (lists.length === 0 && skips.size === 0) return;
  out.section('not tested', 'warn');
  for (const { index, notCompiled } of lists)
    out.text(`${sheet.where(index)} changes, and this config does not compile: ${notCompiled.join(', ')}`);
  for (const [why, ids] of skips) out.text(skipInWords(why, ids));
}

function baseline({ run, out }: Sheet, { baseline: chosen }: TableContext): void {
  const lines = chosen === undefined ? [] : besideBaseline(run, chosen);
  if (lines.length === 0) return;
  out.section('baseline', lines.length > 1 ? 'warn' : 'dim');
  for (const line of lines) out.text(line);
}
