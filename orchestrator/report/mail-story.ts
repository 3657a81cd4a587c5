import type { PointRecord, RunRecord, SummaryEntry, TestRecord } from '../store/records.js';
import { byPoint, collapsed, spread } from './entries.js';
import { splatExcerpt } from './splat-text.js';
import type { Text } from './text.js';
import { countsInWords, failureInWords, isShrunk, testsOf, titleOf } from './words.js';

/** Failures of one patch that are told in full. */
const TOLD = 3;
const SPLAT_LINES = 12;

/** What the run found, most important first: what each patch breaks, decoded; what it fixes; what was so before. */
export function tellStory(out: Text, run: RunRecord): void {
  const { summary, series } = run;
  if (series === undefined && summary.stillFailing.length > 0) {
    out.text(
      `${sentence(titleOf(run))}: ${count(summary.stillFailing.length, 'test fails', 'tests fail')}.`,
      0,
    );
    stories(out, run, summary.stillFailing);
    return;
  }
  if (run.verdict === 'good') out.text(`No regression found: ${good(run)}`, 0);
  out.blank();
  for (const [index, entries] of byPoint(summary.introduced)) {
    const subject = run.points.find((point) => point.index === index)?.subject ?? '';
    const pass = entries.length === 1 ? '1 test fail that passes' : `${entries.length} tests fail that pass`;
    out.text(`${sentence(patch(run, index))} "${subject}" makes ${pass} before it:`, 0);
    stories(out, run, entries);
    out.blank();
  }
  const told = new Set(summary.introduced.map(({ point }) => point));
  for (const { index, verdict, reason } of run.points)
    if (verdict !== 'good' && !told.has(index))
      out.text(`${sentence(patch(run, index))}: ${verdict}: ${reason}.`, 0);
  out.blank();
  for (const [index, entries] of byPoint(summary.fixed)) {
    out.text(`${sentence(patch(run, index))} fixes ${collapsed(entries)}`, 0);
    out.blank();
  }
  if (summary.stillFailing.length > 0) {
    const distinct = summary.stillFailing.filter(
      (entry, i, all) => all.findIndex(({ test }) => test === entry.test) === i,
    );
    out.text(`Failing before the series and not by it: ${collapsed(distinct)}`, 0);
    out.blank();
  }
  for (const { point, test, failureKey } of summary.triaged ?? [])
    out.text(`Looked at and excused at ${patch(run, point)}: ${test}, ${failureKey}`, 0);
  flaky(out, run);
}

function flaky(out: Text, run: RunRecord): void {
  const names = new Set(run.summary.flaky.map(({ test }) => test));
  for (const name of names) {
    const rates = run.summary.flaky
      .filter(({ test }) => test === name)
      .flatMap(({ point }) => {
        const found = testAt(run, point, name);
        return found === undefined ? [] : [`${found.matches} of ${found.runs} runs at ${patch(run, point)}`];
      });
    out.text(`Intermittent: ${name} failed in ${rates.join(', in ')}`, 0);
  }
  out.blank();
}

function good(run: RunRecord): string {
  const last = run.points.at(-1);
  const counts = countsInWords(last === undefined ? [] : testsOf(run, last));
  if (run.series === undefined) return `the tree builds and boots: ${counts}.`;
  const patches = run.points.length - 1;
  return patches === 1
    ? `the patch builds and boots: ${counts}.`
    : `each of ${patches} patches builds and boots; after the last one: ${counts}.`;
}

function stories(out: Text, run: RunRecord, entries: readonly SummaryEntry[]): void {
  const shrunk = (entry: SummaryEntry): boolean => isShrunk(testAt(run, entry.point, entry.test));
  const told = spread(entries)
    .toSorted((a, b) => Number(shrunk(b)) - Number(shrunk(a)))
    .slice(0, TOLD);
  for (const entry of told) {
    const test = testAt(run, entry.point, entry.test);
    out.blank();
    out.text(entry.test);
    for (const line of test === undefined ? [entry.failureKey] : failureInWords(test)) out.text(line, 4);
    const [splat] = test?.splats ?? [];
    if (splat !== undefined) for (const line of splatExcerpt(splat.text, SPLAT_LINES)) out.cutLine(line, 6);
    if (test !== undefined && test.runs > 1) out.text(`failed in ${test.matches} of ${test.runs} runs`, 4);
  }
  const left = entries.filter((entry) => !told.includes(entry));
  if (left.length > 0) {
    out.blank();
    out.text(`and ${collapsed(left)}`);
  }
}

function testAt(run: RunRecord, index: number, id: string): TestRecord | undefined {
  const point: PointRecord | undefined = run.points.find((one) => one.index === index);
  return point === undefined ? undefined : testsOf(run, point).find((test) => test.id === id);
}

/** `patch 2/3`, `the base`, `the tree`. */
export function patch({ series }: RunRecord, index: number): string {
  if (series === undefined) return 'the tree';
  return index === 0 ? 'the base' : `patch ${index}/${series.patches}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
