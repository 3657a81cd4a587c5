import type { Paint, Shade } from '../report/colour.js';
import { splatExcerpt } from '../report/splat-text.js';
import { Text } from '../report/text.js';
import { clip, padEnd, padStart, widthOf } from '../report/width.js';
import { duration, failureInWords } from '../report/words.js';
import type { TestRecord } from '../store/records.js';
import { rateInWords, verdictInWords } from './answer-words.js';
import { percent } from './percent.js';
import type { BisectPoint, BisectRecord } from './record.js';

export interface TextContext {
  readonly columns: number;
  readonly paint: Paint;
  /** Of the bisect, as the user would write it. */
  readonly directory: string;
}

/** Points with a line of their own; of a longer history only those that were tested or have a part of the posterior. */
const ROWS = 40;
/** Less than this of the posterior needs no line. */
const NEGLIGIBLE = 0.0005;
const SPLAT_LINES = 12;
const NAMES = 10;
/** Columns of a label: that of a commit, and most for the longest option. */
const LABEL = 12;
const WIDEST = 40;

/** The answer for a terminal, newline at the end. */
export function renderBisect(record: BisectRecord, { columns, paint, directory }: TextContext): string {
  const out = new Text(Math.max(60, columns), paint);
  answerLines(out, record);
  failureLines(out, record);
  pointTable(out, record, Math.max(60, columns));
  checkLines(out, record);
  for (const other of record.others) {
    out.section(`on the way, another failure: ${other.id}`, 'warn');
    testLines(out, other);
  }
  costLines(out, record);
  for (const note of record.notes) out.text(`note: ${note}`, 0, 'dim');
  out.blank();
  if (record.kind === 'config') out.text(`fragments of what lies between: ${directory}/config`, 0);
  else out.text(`git -C ${record.replayIn} bisect replay ${directory}/git-bisect.log`, 0);
  if (record.kind !== 'config' && record.culprits.length > 0) out.text(`mail: ${directory}/mail.txt`, 0);
  out.text(`all of it: ${directory}/bisect.json`, 0);
  return out.toString();
}

function answerLines(out: Text, record: BisectRecord): void {
  const shade: Shade = record.exitCode === 0 ? 'good' : 'warn';
  out.text(verdictInWords(record), 0, shade);
  if (record.moved !== undefined)
    out.text(`what the two configurations around it have otherwise: ${record.moved.join(', ')}`);
  for (const number of record.kind === 'config' ? [] : record.culprits) {
    const point = record.points[number];
    if (point !== undefined) out.text(`${point.commit.slice(0, 12)} ${point.subject}`);
  }
  if (record.why !== undefined) out.text(record.why);
}

function failureLines(out: Text, record: BisectRecord): void {
  const { target, foundBy, failure } = record;
  if (target === undefined) return;
  out.section(`looked for: ${target.test}`);
  const { keys, first = keys } = target;
  out.text(`${first.join(' | ')}${foundBy === undefined ? '' : ` (${foundBy})`}`);
  const more = keys.filter((key) => !first.includes(key));
  if (more.length > 0)
    out.text(`taken for the same failure, since the end that fails shows them in turn: ${more.join(' | ')}`);
  if (failure !== undefined) testLines(out, failure);
  out.text(rateInWords(record));
}

function testLines(out: Text, test: TestRecord): void {
  for (const line of failureInWords(test)) out.text(line, 4);
  const [splat] = test.splats;
  if (splat !== undefined) for (const line of splatExcerpt(splat.text, SPLAT_LINES)) out.cutLine(line, 6);
}

/** The points that say something, at most ROWS of them. */
export function shownPoints(points: readonly BisectPoint[]): readonly BisectPoint[] {
  if (points.length <= ROWS) return points;
  return points.filter(
    ({ match, pass, other, untestable, posterior }) =>
      match + pass + other > 0 || untestable !== undefined || posterior >= NEGLIGIBLE,
  );
}

/** A line for each point: what ran there, and what it has of the posterior. */
export function pointTable(
  out: Pick<Text, 'section' | 'line' | 'text'>,
  record: Pick<BisectRecord, 'points' | 'without' | 'culprits'>,
  columns: number,
): void {
  out.section('points');
  const shown = shownPoints(record.points);
  const width = Math.max(LABEL, ...shown.map(({ label }) => Math.min(widthOf(label), WIDEST)));
  const row = (label: string, runs: string, matches: string, odds: string, rest: string): void =>
    out.line(
      clip(
        `${padEnd(clip(label, width), width)} ${padStart(runs, 5)} ${padStart(matches, 8)} ${padStart(odds, 10)}  ${rest}`,
        columns - 2,
      ),
    );
  row('', 'runs', 'matches', 'posterior', '');
  for (const point of shown) {
    const { number, label, match, pass, posterior, subject } = point;
    const odds = number === 0 ? `(${percent(posterior)})` : percent(posterior);
    const mark = record.culprits.includes(number) ? '<- ' : '';
    row(label, String(match + pass), String(match), odds, `${mark}${subject}${asideOf(point)}`);
  }
  for (const one of record.without)
    row('', String(one.match + one.pass), String(one.match), '', `${one.label}${asideOf(one)}`);
  const left = record.points.length - shown.length;
  if (left > 0) out.text(`and ${left} that were not tested and cannot be it`);
}

function asideOf({ other, infra, untestable }: Pick<BisectPoint, 'other' | 'infra' | 'untestable'>): string {
  const parts = [
    ...(untestable === undefined ? [] : [`cannot be tested: ${untestable}`]),
    ...(other === 0 ? [] : [`${other} with other failures`]),
    ...(infra === 0 ? [] : [`${infra} came to nothing`]),
  ];
  return parts.length === 0 ? '' : ` [${parts.join('; ')}]`;
}

function checkLines(out: Text, { checks }: BisectRecord): void {
  if (checks.length === 0) return;
  out.section('end checks');
  for (const { name, result, at, wanted, why } of checks) {
    const said = result === 'could not' ? 'could not be done' : result;
    const runs = wanted > 0 && result !== 'could not' ? ` (asks for ${wanted})` : '';
    out.pair(
      name,
      NAMES,
      `${said}: ${why}${runs}${name === 'no-op' ? '' : `, at ${at.join(' and ')}`}`,
      result === 'pass' ? 'good' : result === 'fail' ? 'bad' : 'warn',
    );
  }
}

function costLines(out: Text, { cost }: BisectRecord): void {
  out.section('cost');
  const { runs, kernelsBuilt, wallMs, buildMs, testMs, cpuMs, criticalMs, ratio } = cost;
  out.text(
    `${runs} runs, ${kernelsBuilt} kernels built; ${duration(wallMs)}: builds ${duration(buildMs)}, runs with boots ${duration(testMs)}, overlapping`,
  );
  out.text(
    `critical path ${duration(criticalMs)}, CPU time ${duration(cpuMs)} on ${cost.processors} processors: wall is ${ratio.toFixed(2)} times what it must be`,
  );
}
