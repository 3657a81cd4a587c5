import type { PointRecord, RunRecord, SummaryEntry, TestRecord } from '../store/records.js';
import type { Baseline } from '../verdict/baseline.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import { besideBaseline } from './baseline-text.js';
import { painter } from './colour.js';
import type { Paint } from './colour.js';
import { byPoint, collapsed, skipInWords, skippedByReason, spread } from './entries.js';
import { fitInWords } from './model-fit.js';
import { printable } from './printable.js';
import { triagedInWords } from './triage-text.js';
import { clip, padEnd, padStart, wrap } from './width.js';
import {
  countsInWords,
  duration,
  failureInWords,
  firstSentence,
  isShrunk,
  knownCounts,
  pointName,
  pointTime,
  testsOf,
  titleOf,
  verdictShade,
} from './words.js';

/** What the table needs beside the record. */
export interface TableContext {
  /** Width of the terminal; less than 60 is taken for 60. */
  readonly columns: number;
  readonly colour: boolean;
  /** As shown to the user. */
  readonly runDirectory: string;
  readonly report?: string;
  /** The known issues of this kernel that held in the run, for their reasons. */
  readonly knownIssues?: readonly KnownIssue[];
  /** Those that have expired and would have held. */
  readonly expired?: readonly KnownIssue[];
  /** What the base is compared with. */
  readonly baseline?: Baseline;
  /** Said beside the verdicts: patches left out, a stand-in for the source. */
  readonly notes?: readonly string[];
}

/** Failures of one point that are told in full; the others are counted by scenario. */
const TOLD = 3;
/** Columns below which the subject does not stand beside the numbers. */
const SUBJECT_COLUMNS = 40;
const MIN_COLUMNS = 60;
const MAX_COLUMNS = 160;

/** The final table as plain text, newline at the end; every line fits the terminal. */
export function renderTable(run: RunRecord, context: TableContext): string {
  return new Table(run, context).render();
}

class Table {
  private readonly run: RunRecord;
  private readonly context: TableContext;
  private readonly paint: Paint;
  private readonly columns: number;
  private readonly lines: string[] = [];
  private readonly hasSeries: boolean;

  constructor(run: RunRecord, context: TableContext) {
    this.run = run;
    this.context = context;
    this.paint = painter(context.colour);
    this.columns = Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, context.columns));
    this.hasSeries = run.series !== undefined;
  }

  render(): string {
    this.head();
    this.points();
    this.failures('introduced', 'bad', this.run.summary.introduced);
    // Without a series nothing is compared: what fails is what there is to tell.
    this.failures(this.hasSeries ? 'still failing' : 'failing', 'warn', this.run.summary.stillFailing);
    this.fixed();
    this.flaky();
    this.triaged();
    this.known();
    this.notTested();
    this.baseline();
    this.foot();
    return `${this.lines.join('\n')}\n`;
  }

  private head(): void {
    const { base, accelerator, machine, profiles } = this.run;
    this.line(this.paint('bold', clip(printable(titleOf(this.run)), this.columns)));
    if (this.hasSeries)
      this.pair('base', `${base.describe} (${base.commit.slice(0, 12)}), found by ${base.foundBy}`);
    this.pair('guest', `${machine.name}, ${machine.qemuVersion}, profile ${profiles.join(', ')}`);
    this.pair('accel', `${accelerator.name}: ${accelerator.why}`);
    for (const note of this.context.notes ?? []) this.pair('note', note);
    this.line('');
  }

  private points(): void {
    const rows = this.run.points.map((point) => ({
      point,
      cells: [
        pointName(point.index, this.hasSeries),
        point.verdict,
        duration(pointTime(point)),
        countsInWords(testsOf(this.run, point)) + origin(point),
      ] as const,
    }));
    const titles = ['point', 'verdict', 'time', 'tests'] as const;
    const width = (i: number): number =>
      Math.max(...[titles, ...rows.map(({ cells }) => cells)].map((row) => row[i]?.length ?? 0));
    const widths = titles.map((_title, i) => width(i));
    const [first = 0, second = 0, third = 0, fourth = 0] = widths;
    const indent = first + 2;
    const before = indent + second + third + fourth + 6;
    // A subject that would be cut to a few letters gets a line of its own.
    const beside = this.columns - before >= SUBJECT_COLUMNS;
    const format = (cells: readonly string[], subject: string, shade?: 'good' | 'bad' | 'warn'): string => {
      const verdict = padEnd(cells[1] ?? '', second);
      const parts = [
        padStart(cells[0] ?? '', first),
        shade === undefined ? verdict : this.paint(shade, verdict),
        padStart(cells[2] ?? '', third),
        padEnd(clip(cells[3] ?? '', this.columns - before + fourth), beside ? fourth : 0),
        ...(beside ? [clip(subject, this.columns - before)] : []),
      ];
      return parts.join('  ').trimEnd();
    };
    this.line(this.paint('dim', format(titles, 'subject')));
    for (const { point, cells } of rows) {
      this.line(format(cells, printable(point.subject), verdictShade(point.verdict)));
      if (!beside) this.text(point.subject, indent);
      this.text(point.reason, indent, 'dim');
      const fit = fitInWords(testsOf(this.run, point));
      if (fit !== undefined) this.text(fit, indent, 'dim');
    }
  }

  private failures(title: string, shade: 'bad' | 'warn', entries: readonly SummaryEntry[]): void {
    if (entries.length === 0) return;
    this.section(title, shade);
    for (const [index, group] of byPoint(entries)) {
      const point = this.point(index);
      this.item(`${this.where(index)}${point === undefined ? '' : `: ${point.subject}`}`);
      const shrunk = (entry: SummaryEntry): boolean =>
        point !== undefined && isShrunk(this.testOf(point, entry.test));
      const told = spread(group).toSorted((a, b) => Number(shrunk(b)) - Number(shrunk(a)));
      const full = title === 'still failing' ? [] : told.slice(0, TOLD);
      for (const entry of full) this.story(entry, point);
      const left = group.filter((entry) => !full.includes(entry));
      if (left.length > 0) this.text(`${full.length > 0 ? 'and ' : ''}${collapsed(left)}`, 4);
    }
  }

  private story(entry: SummaryEntry, point: PointRecord | undefined): void {
    const test = point === undefined ? undefined : this.testOf(point, entry.test);
    this.text(entry.test, 4, 'bold');
    const [first = entry.failureKey, ...more] =
      test === undefined ? [entry.failureKey] : failureInWords(test);
    this.text(first, 6);
    for (const line of more) this.text(line, 6, 'dim');
    if (test !== undefined && test.runs > 1)
      this.text(`failed in ${test.matches} of ${test.runs} runs`, 6, 'dim');
  }

  private fixed(): void {
    const { fixed } = this.run.summary;
    if (fixed.length === 0) return;
    this.section('fixed', 'good');
    for (const [index, group] of byPoint(fixed)) {
      const subject = this.point(index)?.subject;
      this.item(`${this.where(index)}${subject === undefined ? '' : `: ${subject}`}`);
      this.text(collapsed(group), 4);
    }
  }

  private flaky(): void {
    const { flaky } = this.run.summary;
    if (flaky.length === 0) return;
    this.section('flaky', 'warn');
    for (const entry of flaky) {
      const point = this.point(entry.point);
      const test = point === undefined ? undefined : this.testOf(point, entry.test);
      const rate = test === undefined ? '' : ` ${test.matches}/${test.runs}`;
      this.item(`${this.where(entry.point)}: ${entry.test}${rate}, ${entry.failureKey}`);
    }
  }

  private triaged(): void {
    const { triaged = [] } = this.run.summary;
    if (triaged.length === 0) return;
    this.section('triaged', 'warn');
    for (const entry of triaged) this.item(`${this.where(entry.point)}: ${triagedInWords(this.run, entry)}`);
  }

  private known(): void {
    const { expired = [], knownIssues = [] } = this.context;
    const counts = knownCounts(this.run);
    if (counts.size === 0 && expired.length === 0) return;
    this.section('known deviations', 'dim');
    for (const [id, tests] of counts) {
      const reason = knownIssues.find((issue) => issue.id === id)?.reason;
      const many = tests === 1 ? '1 test' : `${tests} tests`;
      this.item(`${id}, in ${many}${reason === undefined ? '' : `: ${firstSentence(reason)}`}`);
    }
    for (const { id, expires } of expired)
      this.item(`${id} expired on ${expires} and excuses nothing any more`);
  }

  private notTested(): void {
    const lists = this.run.points.filter(({ notCompiled }) => notCompiled.length > 0);
    const skips = skippedByReason(this.run);
    if (lists.length === 0 && skips.size === 0) return;
    this.section('not tested', 'warn');
    for (const { index, notCompiled } of lists) {
      this.item(`${this.where(index)} changes, and this config does not compile: ${notCompiled.join(', ')}`);
    }
    for (const [why, ids] of skips) this.item(skipInWords(why, ids));
  }

  private baseline(): void {
    const { baseline } = this.context;
    const lines = baseline === undefined ? [] : besideBaseline(this.run, baseline);
    if (lines.length === 0) return;
    this.section('baseline', lines.length > 1 ? 'warn' : 'dim');
    for (const line of lines) this.item(line);
  }

  private foot(): void {
    const { verdict, exitCode, timings } = this.run;
    this.line('');
    const parts = Object.entries(timings).map(([name, ms]) => `${name} ${duration(ms)}`);
    if (parts.length > 0) this.pair('time', parts.join(', '));
    this.pair('run', this.context.runDirectory);
    if (this.context.report !== undefined) this.pair('report', this.context.report);
    this.line(`${this.paint(verdictShade(verdict), verdict)}, exit code ${exitCode}`);
  }

  private section(title: string, shade: 'good' | 'bad' | 'warn' | 'dim'): void {
    this.line('');
    this.line(this.paint(shade, title));
  }

  private pair(name: string, value: string): void {
    const indent = 8;
    wrap(printable(value), this.columns - indent).forEach((line, i) => {
      this.line((i === 0 ? padEnd(name, indent) : ' '.repeat(indent)) + line);
    });
  }

  private item(text: string): void {
    this.text(text, 2);
  }

  private text(text: string, indent: number, shade?: 'dim' | 'bold'): void {
    for (const line of wrap(printable(text), this.columns - indent)) {
      this.line(' '.repeat(indent) + (shade === undefined ? line : this.paint(shade, line)));
    }
  }

  private line(text: string): void {
    this.lines.push(text);
  }

  private where(index: number): string {
    const name = pointName(index, this.hasSeries);
    return /^\d/.test(name) ? `point ${name}` : name;
  }

  private point(index: number): PointRecord | undefined {
    return this.run.points.find((point) => point.index === index);
  }

  private testOf(point: PointRecord, id: string): TestRecord | undefined {
    return testsOf(this.run, point).find((test) => test.id === id);
  }
}

/** Where results come from that were not obtained at this point in this run. */
function origin(point: PointRecord): string {
  if (point.tests.length === 0 && point.inheritedFrom !== undefined) {
    return point.inheritedFrom === 0 ? ' (of the base)' : ` (of ${point.inheritedFrom})`;
  }
  const reused = point.tests.filter((test) => test.reused).length;
  if (reused === 0) return '';
  return reused === point.tests.length ? ' (reused)' : ` (${reused} reused)`;
}
