import type { RunRecord, SummaryEntry } from '../../store/records.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { countsInWords, duration, testsOf, titleOf } from '../words.js';
import { changesOf, pointsInWords } from './changes.js';
import { signOf } from './verdicts.js';

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

function says(run: RunRecord): Markup[] {
  const lines = changesOf(run).map(({ points, sign, shade, clauses, subject }) => {
    const words = clauses.map(
      ({ verb, shade: own, count, kinds }) =>
        markup`${verb} <b class="${own}">${count === 1 ? '1 failure' : `${count} failures`}</b>${kinds === '' ? '' : `: ${kinds}`}`,
    );
    const text = words.flatMap((clause, i) => (i === 0 ? [clause] : ['; ', clause]));
    return markup`<li class="${shade}"><span aria-hidden="true">${sign}</span> <b>${pointsInWords(points, run.series !== undefined)}</b> ${text}${subject === undefined ? undefined : markup`<br><span class="subject">${subject}</span>`}</li>`;
  });
  if (lines.length === 0) lines.push(nothing(run));
  const { flaky, known, triaged = [] } = run.summary;
  return [
    ...lines,
    ...unjudged(run),
    ...aside(triaged, 'was looked at and excused', 'were looked at and excused', 't'),
    ...aside(flaky, 'is flaky', 'are flaky', '≈'),
    ...aside(known, 'has known deviations only', 'have known deviations only', 'k'),
  ];
}

/** Points of which nothing can be said, those in a row for one reason once. */
function unjudged(run: RunRecord): Markup[] {
  const groups: { points: number[]; verb: string; reason: string; verdict: 'skip' | 'infra' }[] = [];
  for (const point of run.points) {
    const { index, verdict, reason } = point;
    if (verdict !== 'skip' && verdict !== 'infra') continue;
    const tested = testsOf(run, point).length > 0;
    const verb = verdict === 'infra' ? 'not done' : tested ? 'cannot be judged' : 'not tested';
    const last = groups.at(-1);
    if (last?.verb === verb && last.reason === reason && last.points.at(-1) === index - 1)
      last.points.push(index);
    else groups.push({ points: [index], verb, reason, verdict });
  }
  return groups.map(({ points, verb, reason, verdict }) => {
    const be = verb.startsWith('cannot') ? '' : points.length === 1 ? 'was ' : 'were ';
    return markup`<li class="warn"><span aria-hidden="true">${signOf(verdict)}</span> <b>${pointsInWords(points, run.series !== undefined)}</b> ${be}${verb}: ${reason}</li>`;
  });
}

/** What counts neither way, once for the whole run: points of one kernel have it all alike. */
function aside(entries: readonly SummaryEntry[], one: string, more: string, sign: string): Markup[] {
  const tests = [...new Set(entries.map(({ test }) => test))];
  const [first] = tests;
  if (first === undefined) return [];
  const text = tests.length === 1 ? `1 test ${one}: ${first}` : `${tests.length} tests ${more}`;
  return [markup`<li class="dim"><span aria-hidden="true">${sign}</span> ${text}</li>`];
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
