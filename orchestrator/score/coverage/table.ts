import type { Paint, Shade } from '../../report/colour.js';
import { Text } from '../../report/text.js';
import { padEnd, padStart } from '../../report/width.js';
import { duration } from '../../report/words.js';
import type { CoverageRecord, CoverageSide, CoverageTransition } from '../../store/coverage-record.js';
import { SIDES } from './record.js';
import type { Side } from './record.js';
import { between, covered, FROM_CLASSES, missing, TO_CLASSES } from './sums.js';
import type { Ratio } from '../standing.js';

export interface CoverageContext {
  readonly columns: number;
  readonly paint: Paint;
  /** Where the record is, as shown to the user. */
  readonly record: string;
  /** Absent where nothing was measured now. */
  readonly runDirectory?: string;
  readonly exitCode: number;
}

const NAMES: Readonly<Record<Side, string>> = { ours: 'our suite', upstream: 'hmm-tests' };
const NAME = 12;
const ROW = 10;
const CELL = 8;
const TABLE = ROW + TO_CLASSES.length * CELL;
const GAP = 4;

/** The record as text: both sums, the same by order class side by side where there is room, and what is missing. Newline at the end. */
export function renderCoverage(record: CoverageRecord, context: CoverageContext): string {
  const text = new Text(context.columns, context.paint);
  const rest = record.unreachable.reduce((sum, { transitions }) => sum + transitions.length, 0);
  const can = record.transitions.length;
  text.text(`transitions of a page between roles: ${can} of ${can + rest} can be made`, 0, 'bold');
  for (const side of SIDES) sum(text, record, side);
  text.section('by order class of the folio before (rows) and after (columns), seen / can be made');
  const tables = SIDES.filter((side) => record[side]).map((side) => matrix(record, side));
  const beside = context.columns >= 2 * TABLE + GAP + 2;
  // Lines as they are: wrapping would take the blanks out of a table.
  for (const line of beside ? joined(tables) : tables.flatMap((one, i) => (i > 0 ? ['', ...one] : one)))
    text.line(line);
  for (const side of SIDES) left(text, record, side);
  text.section(`cannot be made: ${rest}`);
  for (const { why, transitions } of record.unreachable)
    text.pair(String(transitions.length), 3, `${why}; for example ${named(transitions[0])}`);
  text.blank();
  text.text(`record  ${context.record}`, 0);
  if (context.runDirectory !== undefined) text.text(`run     ${context.runDirectory}`, 0);
  text.text(`exit code ${context.exitCode}`, 0);
  return text.toString();
}

function sum(text: Text, record: CoverageRecord, side: Side): void {
  const about = record[side];
  if (about === undefined) return text.pair(NAMES[side], NAME, 'not measured', 'warn');
  const ratio = covered(record, side);
  const shade: Shade | undefined = side === 'ours' ? (ratio.k === ratio.n ? 'good' : 'bad') : undefined;
  text.pair(NAMES[side], NAME, `${ratio.k} of ${ratio.n} (${percent(ratio)})`, shade);
  text.pair('', NAME, sourceOf(about));
}

function sourceOf({ suites, base, profile, tests, failed, ms, at, by, ...about }: CoverageSide): string {
  const bad = failed.length === 0 ? '' : `, ${failed.length} of them failed`;
  const { uncertain, contradictions } = about;
  const unsure =
    uncertain === 0 ? '' : `; on ${uncertain} pages more it could not be told which transition it was`;
  const odd = contradictions === 0 ? '' : `; ${contradictions} times pages were not what they had been`;
  return (
    `${suites.join(', ')} on ${base}, profile ${profile}: ${tests} tests${bad} in ${duration(ms)}, ` +
    `${at.slice(0, 10)}; by ${by}${unsure}${odd}`
  );
}

/** Rounded down: 100 % is all of them. */
function percent({ k, n }: Ratio): string {
  return `${n === 0 ? 0 : Math.floor((100 * k) / n)} %`;
}

function matrix(record: CoverageRecord, side: Side): string[] {
  const cell = (from: (typeof FROM_CLASSES)[number], to: (typeof TO_CLASSES)[number]): string => {
    const { k, n } = covered(record, side, between(from, to));
    return padStart(n === 0 ? '–' : `${k}/${n}`, CELL);
  };
  return [
    padEnd(NAMES[side], ROW) + TO_CLASSES.map((to) => padStart(to, CELL)).join(''),
    ...FROM_CLASSES.map((from) => padEnd(from, ROW) + TO_CLASSES.map((to) => cell(from, to)).join('')),
  ];
}

function joined(tables: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = tables;
  return first.map((line, i) =>
    [line, ...others.map((table) => table[i] ?? '')].map((part) => padEnd(part, TABLE)).join(' '.repeat(GAP)),
  );
}

/** What can be made and was not seen; all of it for our suite, for the other as many as it takes to see what is meant. */
function left(text: Text, record: CoverageRecord, side: Side): void {
  const about = record[side];
  if (about === undefined) return;
  if (about.unforeseen.length > 0) {
    text.section(`${NAMES[side]}: seen, although the model says that it cannot be`, 'bad');
    text.text(about.unforeseen.join(', '));
  }
  const all = missing(record, side);
  if (all.length === 0) return;
  text.section(`not seen by ${NAMES[side]}: ${all.length}`, side === 'ours' ? 'bad' : 'bold');
  const shown = side === 'ours' ? all : all.slice(0, SHOWN);
  const more = all.length > shown.length ? `, … (all in the record)` : '';
  text.text(shown.map(named).join(', ') + more);
}

const SHOWN = 12;

function named(one: Pick<CoverageTransition, 'from' | 'to'> | undefined): string {
  return one === undefined ? 'none' : `${one.from}→${one.to}`;
}
