import { createHash } from 'node:crypto';
import type { PointRecord, RunRecord, SummaryEntry, TestRecord } from '../store/records.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import { Markup, markup, webAddress } from './markup.js';
import { matrix } from './matrix.js';
import { fitInWords, testFitInWords } from './model-fit.js';
import { STYLE } from './style.js';
import {
  countsInWords,
  deviationInWords,
  duration,
  failureInWords,
  knownCounts,
  pointName,
  pointTime,
  testsOf,
  titleOf,
} from './words.js';

export interface PageContext {
  readonly knownIssues?: readonly KnownIssue[];
  readonly expired?: readonly KnownIssue[];
  readonly notes?: readonly string[];
}

/** Failures of one list that are told in full: the page stays readable when everything breaks at once. */
const TOLD = 200;
const DEVIATIONS = 20;

/** The report as one self-contained page: no script, nothing loaded, works from a file. */
export function renderHtml(run: RunRecord, context: PageContext = {}): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  const { summary } = run;
  const failing = run.series === undefined ? 'Failing' : 'Still failing';
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${run.verdict}: ${titleOf(run)}</title>
        <style>${Markup.trusted(STYLE)}</style>
      </head>
      <body>
        <h1><span class="${run.verdict}">${run.verdict}</span> ${titleOf(run)}</h1>
        ${facts(run, context)}
        <h2>Points</h2>
        ${points(run)} ${failures(run, 'Introduced', summary.introduced)}
        ${failures(run, failing, summary.stillFailing)} ${names(run, 'Fixed', summary.fixed)}
        ${names(run, 'Flaky', summary.flaky)}
        <h2>Points × tests</h2>
        ${matrix(run)} ${known(run, context)}
      </body>
    </html> `;
  return page.text;
}

function facts(run: RunRecord, context: PageContext): Markup {
  const { base, accelerator, machine } = run;
  const rows: readonly (readonly [string, string])[] = [
    ['base', `${base.describe} (${base.commit}), found by ${base.foundBy}`],
    ['tree', base.tree],
    ['profiles', run.profiles.join(', ')],
    ['guest', `${machine.name}, ${machine.qemuVersion}`],
    ['accelerator', `${accelerator.name}: ${accelerator.why}`],
    ['run', `${run.id}, started ${run.startedAt}`],
    [
      'time',
      Object.entries(run.timings)
        .map(([name, ms]) => `${name} ${duration(ms)}`)
        .join(', '),
    ],
    ['seed', run.seed],
    ['exit code', String(run.exitCode)],
    ...(context.notes ?? []).map((note) => ['note', note] as const),
  ];
  const list = rows.map(
    ([name, value]) =>
      markup`<dt>${name}</dt>
        <dd>${value === '' ? '–' : value}</dd> `,
  );
  const argv = machine.argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const command =
    argv === ''
      ? undefined
      : markup`<details>
          <summary>QEMU command</summary>
          <pre>${argv}</pre>
        </details>`;
  return markup`<dl>${list}</dl>
    ${command}`;
}

function points(run: RunRecord): Markup {
  const hasSeries = run.series !== undefined;
  const rows = run.points.map((point) => {
    const files = point.notCompiled;
    const left =
      files.length === 0
        ? undefined
        : markup`<br /><span class="skip">not compiled:</span> ${files.join(', ')}`;
    const fit = fitInWords(testsOf(run, point));
    const model = fit === undefined ? undefined : markup`<br /><span class="dim">${fit}</span>`;
    const signature = point.kernelSignature === undefined ? '' : point.kernelSignature.slice(0, 12);
    return markup`<tr>
      <td>${pointName(point.index, hasSeries)}</td>
      <td class="${point.verdict}">${point.verdict}</td>
      <td>${point.subject}<br /><span class="dim">${point.reason}</span>${left}</td>
      <td>${countsInWords(testsOf(run, point))}${model}</td>
      <td>${point.build.status}</td>
      <td><code>${signature}</code></td>
      <td>${duration(pointTime(point))}</td>
    </tr> `;
  });
  const heads = ['point', 'verdict', 'subject', 'tests', 'build', 'kernel', 'time'];
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => markup`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function failures(run: RunRecord, title: string, entries: readonly SummaryEntry[]): Markup | undefined {
  if (entries.length === 0) return undefined;
  const told = entries.slice(0, TOLD).map((entry) => story(run, entry));
  const left = entries.length - told.length;
  const more = left > 0 ? markup`<p>and ${left} more, in run.json</p>` : undefined;
  return markup`<h2>${title} (${entries.length})</h2>
    ${told}${more}`;
}

function story(run: RunRecord, entry: SummaryEntry): Markup {
  const point = run.points.find(({ index }) => index === entry.point);
  const test = point === undefined ? undefined : testsOf(run, point).find(({ id }) => id === entry.test);
  const where = place(run, point, entry);
  const first = test === undefined ? entry.failureKey : (failureInWords(test)[0] ?? '');
  return markup`<details>
    <summary>${where}: <code>${entry.test}</code> <span class="dim">${first}</span></summary>
    ${test === undefined ? undefined : body(test)}
  </details> `;
}

function body(test: TestRecord): Markup {
  const shown = test.deviations.slice(0, DEVIATIONS).map((deviation) => {
    const mark =
      deviation.known === undefined
        ? undefined
        : markup` <span class="known">(known: ${deviation.known})</span>`;
    const why =
      deviation.story === undefined ? undefined : markup`<br /><span class="dim">${deviation.story}</span>`;
    return markup`<li>${deviationInWords(deviation)}${mark}${why}</li> `;
  });
  const left = test.deviations.length - shown.length;
  const splats = test.splats.map(
    (splat) =>
      markup`<p class="bad">${splat.title}</p>
        <pre>${splat.text}</pre> `,
  );
  return markup`<p>
      ${failureInWords(test).map((line) => markup`${line}<br />`)}
      <span class="dim">failed in ${test.matches} of ${test.runs} runs</span>
    </p>
    <ul>
      ${shown}${left > 0 ? markup`<li>and ${left} more</li>` : undefined}
    </ul>
    ${test.model === undefined ? undefined : markup`<p class="dim">model: ${testFitInWords(test.model).join('; ')}</p>`}
    ${splats}${test.evidence.map((line) => markup`<pre>${line}</pre>`)}`;
}

function names(run: RunRecord, title: string, entries: readonly SummaryEntry[]): Markup | undefined {
  if (entries.length === 0) return undefined;
  const items = entries.map((entry) => {
    const point = run.points.find(({ index }) => index === entry.point);
    return markup`<li>
      ${place(run, point, entry)}: <code>${entry.test}</code> <span class="dim">${entry.failureKey}</span>
    </li> `;
  });
  return markup`<h2>${title} (${entries.length})</h2>
<details${Markup.trusted(entries.length <= 10 ? ' open' : '')}><summary>${entries.length} tests</summary><ul>${items}</ul></details>`;
}

function place(run: RunRecord, point: PointRecord | undefined, entry: SummaryEntry): string {
  const name = pointName(entry.point, run.series !== undefined);
  return point === undefined || entry.point === 0 ? name : `${name}, ${point.subject}`;
}

function known(run: RunRecord, context: PageContext): Markup | undefined {
  const counts = knownCounts(run);
  const { knownIssues = [], expired = [] } = context;
  if (counts.size === 0 && expired.length === 0) return undefined;
  const items = [...counts].map(([id, tests]) => {
    const issue = knownIssues.find((one) => one.id === id);
    const address = issue === undefined ? undefined : webAddress(issue.link);
    const link =
      address === undefined ? undefined : markup` <a href="${address}" rel="noreferrer">source</a>`;
    return markup`<li>
      <code>${id}</code>, in ${tests} tests${issue === undefined ? '' : `: ${issue.reason}`}${link}
    </li> `;
  });
  const late = expired.map(({ id, expires }) => markup`<li><code>${id}</code> expired on ${expires}</li> `);
  return markup`<h2>Known deviations</h2>
    <ul>
      ${items}${late}
    </ul>`;
}
