import type { SummaryEntry } from '../../store/records.js';
import { byPoint, collapsed, spread } from '../entries.js';
import { triagedInWords } from '../triage-text.js';
import { failureInWords, isShrunk } from '../words.js';
import type { Sheet } from './sheet.js';

/** Failures of one point that are told in full; the others are counted by scenario. */
const TOLD = 3;

/** What fails, what no longer does, what does now and then, and what somebody has excused. */
export function tellFailures(sheet: Sheet): void {
  const { introduced, stillFailing, fixed, flaky, triaged = [] } = sheet.run.summary;
  list(sheet, 'introduced', 'bad', introduced, TOLD);
  // Without a series nothing is compared: what fails is what there is to tell.
  if (sheet.hasSeries) list(sheet, 'still failing', 'warn', stillFailing, 0);
  else list(sheet, 'failing', 'warn', stillFailing, TOLD);
  list(sheet, 'fixed', 'good', fixed, 0);
  if (flaky.length > 0) sheet.out.section('flaky', 'warn');
  for (const { point, test, failureKey } of flaky) {
    const record = sheet.testAt(point, test);
    const rate = record === undefined ? '' : ` ${record.matches}/${record.runs}`;
    sheet.out.text(`${sheet.where(point)}: ${test}${rate}, ${failureKey}`);
  }
  if (triaged.length > 0) sheet.out.section('triaged', 'warn');
  for (const entry of triaged)
    sheet.out.text(`${sheet.where(entry.point)}: ${triagedInWords(sheet.run, entry)}`);
}

/** @param inFull entries of a point that have their story; those of other scenarios come first */
function list(
  sheet: Sheet,
  title: string,
  shade: 'good' | 'bad' | 'warn',
  entries: readonly SummaryEntry[],
  inFull: number,
): void {
  if (entries.length === 0) return;
  sheet.out.section(title, shade);
  for (const [index, group] of byPoint(entries)) {
    sheet.out.text(sheet.whereAndWhat(index));
    const shrunk = ({ test }: SummaryEntry): boolean => isShrunk(sheet.testAt(index, test));
    const told = inFull === 0 ? [] : spread(group).toSorted((a, b) => Number(shrunk(b)) - Number(shrunk(a)));
    const full = told.slice(0, inFull);
    for (const entry of full) story(sheet, entry);
    const left = group.filter((entry) => !full.includes(entry));
    if (left.length > 0) sheet.out.text(`${full.length > 0 ? 'and ' : ''}${collapsed(left)}`, 4);
  }
}

function story(sheet: Sheet, { test: id, point, failureKey }: SummaryEntry): void {
  const { out } = sheet;
  const test = sheet.testAt(point, id);
  out.text(id, 4, 'bold');
  const [first = failureKey, ...more] = test === undefined ? [failureKey] : failureInWords(test);
  out.text(first, 6);
  for (const line of more) out.text(line, 6, 'dim');
  if (test !== undefined && test.runs > 1)
    out.text(`failed in ${test.matches} of ${test.runs} runs`, 6, 'dim');
}
