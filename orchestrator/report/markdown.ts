import type { PointRecord, RunRecord, SummaryEntry, TestRecord } from '../store/records.js';
import { byPoint, collapsed, spread } from './entries.js';
import type { Format } from './format.js';
import { printable } from './printable.js';
import { rerunWords } from './rerun.js';
import { splatExcerpt } from './splat-text.js';
import { triagedInWords } from './triage-text.js';
import { untested } from './untested.js';
import { countsInWords, duration, failureInWords, pointName, pointTime, testsOf, titleOf } from './words.js';

const TOLD = 5;
const SPLAT_LINES = 20;
const MARKS: Readonly<Record<RunRecord['verdict'], string>> = {
  good: '✅ good',
  bad: '❌ bad',
  skip: '⚠️ skip',
  infra: '⚠️ infra',
};

/** A summary in GitHub's Markdown, for a job summary or a comment. */
export const markdown: Format = {
  name: 'markdown',
  summary: "a summary in GitHub's Markdown",
  render: ({ run }) =>
    `${[
      `## ${MARKS[run.verdict]}: ${md(titleOf(run))}`,
      '',
      `Base ${md(run.base.describe)} (${code(run.base.commit.slice(0, 12))}), found by ${md(run.base.foundBy)}; profile ${md(run.profiles.join(', '))}; ${md(run.machine.qemuVersion)}, ${run.accelerator.name}.`,
      '',
      ...table(run),
      ...failures(run, 'Introduced', run.summary.introduced),
      ...failures(run, run.series === undefined ? 'Failing' : 'Still failing', run.summary.stillFailing),
      ...names(run, 'Fixed', run.summary.fixed),
      ...names(run, 'Flaky', run.summary.flaky),
      ...triaged(run),
      ...list('Not tested', untested(run)),
      '',
      '```sh',
      rerunWords(run).map(printable).join(' '),
      '```',
    ].join('\n')}\n`,
};

function table(run: RunRecord): string[] {
  const hasSeries = run.series !== undefined;
  const rows = run.points.map((point) =>
    [
      pointName(point.index, hasSeries),
      MARKS[point.verdict],
      md(point.subject),
      countsInWords(testsOf(run, point)),
      duration(pointTime(point)),
      md(point.reason),
    ].join(' | '),
  );
  return ['point | verdict | subject | tests | time | why', '--: | --- | --- | --- | --: | ---', ...rows].map(
    (row) => `| ${row} |`,
  );
}

function failures(run: RunRecord, title: string, entries: readonly SummaryEntry[]): string[] {
  if (entries.length === 0) return [];
  const lines = ['', `### ${title}: ${entries.length}`];
  for (const [index, group] of byPoint(entries)) {
    const point = run.points.find((one) => one.index === index);
    lines.push(
      '',
      `**${where(run, index)}**${point === undefined || index === 0 ? '' : `: ${md(point.subject)}`}`,
    );
    const told = spread(group).slice(0, TOLD);
    for (const entry of told) lines.push('', ...story(entry, testAt(run, point, entry.test)));
    const left = group.filter((entry) => !told.includes(entry));
    if (left.length > 0) lines.push('', `and ${md(collapsed(left))}`);
  }
  return lines;
}

function story(entry: SummaryEntry, test: TestRecord | undefined): string[] {
  const [first = entry.failureKey, ...more] = test === undefined ? [] : failureInWords(test);
  const splats = (test?.splats ?? []).flatMap(({ text }) => splatExcerpt(text, SPLAT_LINES));
  return [
    '<details>',
    `<summary><code>${html(entry.test)}</code> ${html(first)}</summary>`,
    '',
    ...more.flatMap((line) => [md(line), '']),
    ...(test !== undefined && test.runs > 1 ? [`failed in ${test.matches} of ${test.runs} runs`, ''] : []),
    // Not fenced: no line of a console can end it.
    ...(splats.length === 0 ? [] : ['<pre>', ...splats.map(html), '</pre>', '']),
    '</details>',
  ];
}

function names(run: RunRecord, title: string, entries: readonly SummaryEntry[]): string[] {
  const lines = byPoint(entries).map(([index, group]) => `${where(run, index)}: ${collapsed(group)}`);
  return entries.length === 0 ? [] : list(`${title}: ${entries.length}`, lines);
}

function triaged(run: RunRecord): string[] {
  const { triaged: entries = [] } = run.summary;
  const lines = entries.map((entry) => `${where(run, entry.point)}: ${triagedInWords(run, entry)}`);
  return lines.length === 0 ? [] : list(`Looked at and excused: ${lines.length}`, lines);
}

function list(title: string, lines: readonly string[]): string[] {
  return ['', `### ${title}`, '', ...lines.map((line) => `- ${md(line)}`)];
}

function where(run: RunRecord, index: number): string {
  const name = pointName(index, run.series !== undefined);
  return /^\d/.test(name) ? `Patch ${name}` : name;
}

function testAt(run: RunRecord, point: PointRecord | undefined, id: string): TestRecord | undefined {
  return point === undefined ? undefined : testsOf(run, point).find((test) => test.id === id);
}

function html(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text in which nothing is markup, a mention, the number of an issue, an address or the end of a cell. */
function md(text: string): string {
  const entity = (character: string): string => `&#${character.charCodeAt(0)};`;
  return printable(text)
    .replace(/[&<>"'\\`*[\]|~@]|#(?=\d)|(?<!\w)_|_(?!\w)|:(?=\/\/)/g, entity)
    .replace(/^[#+-](?= )|^\d+(?=[.)] )/, (start) => start.replace(/./g, entity));
}

function code(text: string): string {
  return `\`${printable(text).replaceAll('`', "'")}\``;
}
