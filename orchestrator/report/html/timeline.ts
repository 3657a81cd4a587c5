import type { Event, PointRecord, RunRecord } from '../../store/records.js';
import { markup } from '../markup.js';
import type { Markup } from '../markup.js';
import { printable } from '../printable.js';
import { clip } from '../width.js';
import { duration, pointName } from '../words.js';
import { courseOf } from './spans.js';
import type { Course, Span } from './spans.js';
import { countedIn, reasonFor, tickInWords } from './timeline-words.js';

const WIDTH = 1000;
const LEFT = 230;
const ROW = 30;
/** Letters of a label, which ends where the bars begin. */
const LABEL = 30;
const LOAD = 60;
const TOP = 22;

/** Width of a letter in the drawing, on the safe side: what does not fit into a bar is not written there. */
const LETTER = 6.7;

/** What was built, booted and tested when, and how many processors were busy meanwhile. */
export function timelineSection(run: RunRecord, events: readonly Event[]): Markup | undefined {
  const course = courseOf(events);
  const points = run.points.filter(({ index }) => course.spans.some(({ point }) => point === index));
  if (course.durationMs <= 0 || points.length === 0) return undefined;
  const hasSeries = run.series !== undefined;
  const x = (ms: number): number => round(LEFT + (ms / course.durationMs) * (WIDTH - LEFT - 10));
  const rows = points.map((point, i) => {
    const y = TOP + i * ROW;
    const own = course.spans.filter((span) => span.point === point.index);
    const name = pointName(point.index, hasSeries);
    const sorted = own.toSorted((a, b) => depth(a) - depth(b));
    const failed = course.failures.filter((one) => one.point === point.index).map(({ at }) => at);
    return markup`<g><text x="0" y="${y + ROW / 2 + 3}">${clip(printable(`${name} ${point.subject}`), LABEL)}</text>${sorted.map((span) => bar(span, name, y, x))}${failed.map((at) => markup`<path class="t-fail" d="M${x(at)} ${y}v10" />`)}${sorted.map((span) => inBar(span, own, run, y, x))}${remark(point, own, run, y, x)}</g>`;
  });
  const bottom = TOP + points.length * ROW;
  const height = bottom + (course.load.length > 1 ? LOAD + 26 : 6);
  return markup`<section id="time">
    <h2>When what was done</h2>
    <p class="legend">${legend(course)}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Time line">
      <svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${inWords(course)}">
        ${axis(course.durationMs, bottom, x)}${rows}${load(course, bottom, x)}
      </svg>
    </div>
    <details><summary>as a table</summary>${asTable(course, hasSeries)}</details>
  </section>`;
}

function legend({ load: samples }: Course): Markup[] {
  const keys: readonly (readonly [string, string])[] = [
    ['t-build', 'built'],
    ['t-cached', 'kernel from the cache'],
    ['t-boot', 'booted'],
    ['t-test', 'tested'],
    ['t-failkey', 'a test failed'],
    ...(samples.length > 1 ? ([['t-load', 'processors busy']] as const) : []),
  ];
  return keys.map(([kind, words]) => markup`<span><span class="key ${kind}"></span> ${words}</span> `);
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** A boot lies within the time of the tests. */
function depth({ what }: Span): number {
  return what === 'boot' ? 1 : 0;
}

function bar({ what, from, to, detail }: Span, name: string, y: number, x: (ms: number) => number): Markup {
  const kind = what === 'build' && detail === 'cached' ? 'cached' : what;
  const width = Math.max(2, round(x(to) - x(from)));
  const words = `${name}: ${what}${detail === undefined ? '' : `, ${detail}`}, ${duration(to - from)} from ${duration(from)} on`;
  return markup`<rect class="t-${kind}" x="${x(from)}" y="${y + 3}" width="${width}" height="${ROW - 7}"><title>${words}</title></rect>`;
}

/** What a bar says of itself, in the longest form that it has room for. */
function inBar(
  { point, what, from, to, detail }: Span,
  own: readonly Span[],
  run: RunRecord,
  y: number,
  x: (ms: number) => number,
): Markup | undefined {
  // A boot lies upon the first part of the tests.
  const boots = what === 'test' ? own.filter((one) => one.what === 'boot' && one.to > from) : [];
  const begin = Math.max(from, ...boots.map((one) => Math.min(one.to, to)));
  const room = x(to) - x(begin) - 10;
  const time = duration(to - from);
  const texts =
    what === 'test'
      ? [`${countedIn(run, point)}, ${time}`, countedIn(run, point), time]
      : what === 'boot'
        ? [`boot ${time}`, time]
        : [`${detail === 'cached' ? 'from the cache' : 'build'} ${time}`, time];
  const text = texts.find((one) => one.length * LETTER <= room);
  if (text === undefined || (what === 'build' && detail === 'cached')) return undefined;
  return markup`<text class="t-in${what === 'boot' ? ' dark' : ''}" x="${round(x(begin) + 6)}" y="${y + ROW - 9}">${text}</text>`;
}

/** Why so little was done for a point, where that is so and there is room to say it. */
function remark(
  point: PointRecord,
  own: readonly Span[],
  run: RunRecord,
  y: number,
  x: (ms: number) => number,
): Markup | undefined {
  const text = reasonFor(point, run);
  const end = Math.max(LEFT, ...own.map(({ to }) => x(to)));
  if (text === undefined || end + 10 + text.length * LETTER > WIDTH) return undefined;
  return markup`<text class="t-remark" x="${round(end + 8)}" y="${y + ROW / 2 + 3}">${text}</text>`;
}

/** A step of the axis that gives five to ten lines. */
function stepOf(ms: number): number {
  const steps = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 36_000,
  ];
  return (steps.find((step) => ms / 1000 / step <= 9) ?? 86_400) * 1000;
}

function axis(total: number, bottom: number, x: (ms: number) => number): Markup[] {
  const step = stepOf(total);
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, i) => i * step).map(
    (ms) =>
      markup`<path class="t-axis" d="M${x(ms)} 16V${bottom}" /><text class="t-tick" x="${x(ms)}" y="11">${tickInWords(ms)}</text>`,
  );
}

function load(
  { load: samples, cores }: Course,
  bottom: number,
  x: (ms: number) => number,
): Markup | undefined {
  const last = samples.at(-1);
  if (samples.length < 2 || last === undefined) return undefined;
  const base = bottom + LOAD + 16;
  const y = (busy: number): number => round(base - (busy / cores) * LOAD);
  let d = `M${x(0)} ${base}`;
  let at = 0;
  for (const sample of samples) {
    d += `L${x(at)} ${y(sample.busy)}L${x(sample.at)} ${y(sample.busy)}`;
    at = sample.at;
  }
  const mean = samples.reduce((sum, { busy }) => sum + busy, 0) / samples.length;
  return markup`<path class="t-load" d="${d}L${x(last.at)} ${base}z" /><path class="t-axis" d="M${x(0)} ${y(cores)}H${WIDTH - 10}M${x(0)} ${base}H${WIDTH - 10}" />
    <text x="0" y="${y(cores) + 12}">${cores === 1 ? '1 processor' : `${cores} processors`}</text><text class="dim" x="0" y="${base - 4}">busy ${mean.toFixed(1)} on average</text>`;
}

function inWords({ durationMs, spans }: Course): string {
  return `${spans.length} stations in ${duration(durationMs)}; the table below has them one by one`;
}

function asTable({ spans }: Course, hasSeries: boolean): Markup {
  const rows = spans
    .toSorted((a, b) => a.from - b.from)
    .map(
      ({ point, what, detail, from, to }) =>
        markup`<tr><th scope="row">${pointName(point, hasSeries)}</th><td>${what}${detail === undefined ? '' : `, ${detail}`}</td><td class="num">${duration(from)}</td><td class="num">${duration(to - from)}</td></tr> `,
    );
  return markup`<table><thead><tr><th scope="col">point</th><th scope="col">what</th><th scope="col">from</th><th scope="col">for</th></tr></thead><tbody>${rows}</tbody></table>`;
}
