import type { RunRecord, SummaryEntry, TestRecord } from '../../store/records.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { countsInWords, duration, pointName, testsOf, titleOf } from '../words.js';
import { kindsInWords, signOf } from './verdicts.js';

/** What a maintainer wants in five seconds: verdict, series, base, and which patch did what. */
export function headSection(run: RunRecord): Markup {
  const { base, series, points, notes } = run;
  const tests = points.reduce((sum, { tests: own }) => sum + own.length, 0);
  const numbers = [
    points.length === 1 ? '1 point' : `${points.length} points`,
    tests === 1 ? '1 result' : `${tests} results`,
    ...(run.timings['total'] === undefined ? [] : [duration(run.timings['total'])]),
    run.startedAt.slice(0, 16).replace('T', ' '),
  ];
  return markup`<header class="head v-${run.verdict}">
    <p class="verdict"><span aria-hidden="true">${signOf(run.verdict)}</span> ${run.verdict}</p>
    <div>
      <h1>${titleOf(run)}</h1>
      <p class="sub">${series?.author === undefined ? '' : `${series.author} · `}on <b>${base.describe}</b> <span>(base: ${base.foundBy})</span></p>
      <ul class="says">${says(run).map((line) => line)}</ul>
      <p class="sub">${numbers.join(' · ')}</p>
      ${notes.map((note) => markup`<p class="note">${note}</p>`)}
    </div>
  </header>`;
}

interface Change {
  readonly verb: string;
  readonly shade: 'bad' | 'good' | 'warn';
  readonly entries: readonly SummaryEntry[];
}

function says(run: RunRecord): Markup[] {
  const { introduced, fixed, stillFailing, flaky, known } = run.summary;
  const hasSeries = run.series !== undefined;
  const changes: readonly Change[] = [
    { verb: 'introduces', shade: 'bad', entries: introduced },
    { verb: 'fixes', shade: 'good', entries: fixed },
    { verb: hasSeries ? 'still has' : 'has', shade: hasSeries ? 'warn' : 'bad', entries: stillFailing },
  ];
  const lines = run.points.flatMap((point) =>
    changes.flatMap(({ verb, shade, entries }) => {
      const own = entries.filter((entry) => entry.point === point.index);
      if (own.length === 0) return [];
      const ids = new Set(own.map(({ test }) => test));
      const tests = testsOf(run, point).filter(({ id }) => ids.has(id));
      const who = !hasSeries ? 'the tree' : point.index === 0 ? 'the base' : `patch ${point.index}`;
      const kinds = shade === 'good' ? '' : kindsIn(tests);
      const what = own.length === 1 ? '1 failure' : `${own.length} failures`;
      const sign = shade === 'good' ? '✓' : shade === 'bad' ? '✗' : '≈';
      return markup`<li class="${shade}"><span aria-hidden="true">${sign}</span> <b>${who}</b> ${verb} <b>${what}</b>${kinds}${subject(point.index, point.subject)}</li>`;
    }),
  );
  const odd = run.points
    .filter(({ verdict }) => verdict === 'skip' || verdict === 'infra')
    .map(
      ({ index, verdict, reason }) =>
        markup`<li class="warn"><span aria-hidden="true">${signOf(verdict)}</span> <b>${pointName(index, hasSeries) === 'base' ? 'the base' : hasSeries ? `patch ${index}` : 'the tree'}</b> ${verdict === 'skip' ? 'was not tested' : 'was not done'}: ${reason}</li>`,
    );
  if (lines.length === 0) lines.push(nothing(run));
  return [...lines, ...odd, ...aside(flaky, 'flaky', '≈'), ...aside(known, 'known', 'k')];
}

/** What counts neither way, once for the whole run: points of one kernel have it all alike. */
function aside(entries: readonly SummaryEntry[], word: string, sign: string): Markup[] {
  const tests = [...new Set(entries.map(({ test }) => test))];
  const [first] = tests;
  if (first === undefined) return [];
  const text = tests.length === 1 ? `1 test is ${word}: ${first}` : `${tests.length} tests are ${word}`;
  return [markup`<li class="dim"><span aria-hidden="true">${sign}</span> ${text}</li>`];
}

function kindsIn(tests: readonly TestRecord[]): string {
  const kinds = kindsInWords(tests);
  return kinds === '' ? '' : `: ${kinds}`;
}

function subject(index: number, text: string): Markup | undefined {
  return index === 0 ? undefined : markup`<br><span class="subject">${text}</span>`;
}

function nothing(run: RunRecord): Markup {
  const last = run.points.findLast((point) => testsOf(run, point).length > 0);
  const counts = last === undefined ? 'nothing was tested' : countsInWords(testsOf(run, last));
  const text =
    run.verdict === 'good'
      ? `${run.series === undefined ? 'no test fails' : 'the series breaks nothing'}: ${counts}`
      : counts;
  return markup`<li class="${run.verdict === 'good' ? 'good' : 'warn'}"><span aria-hidden="true">${signOf(run.verdict)}</span> ${text}</li>`;
}
