import type { RunRecord } from '../store/records.js';
import type { Baseline } from '../verdict/baseline.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import { tellFailures } from './terminal/failures.js';
import { pointsTable } from './terminal/points-table.js';
import { Sheet } from './terminal/sheet.js';
import { tellSurroundings } from './terminal/surroundings.js';
import { clip } from './width.js';
import { duration, titleOf, verdictShade } from './words.js';
import { printable } from './printable.js';

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

/** The final table as plain text, newline at the end; every line fits the terminal. */
export function renderTable(run: RunRecord, context: TableContext): string {
  const sheet = new Sheet(run, context);
  tellHead(sheet, context);
  pointsTable(sheet);
  tellFailures(sheet);
  tellSurroundings(sheet, context);
  tellFoot(sheet, context);
  return sheet.out.toString();
}

function tellHead({ run, out, columns, paint, hasSeries }: Sheet, { notes = [] }: TableContext): void {
  const { base, accelerator, machine, profiles } = run;
  out.ready(paint('bold', clip(printable(titleOf(run)), columns)));
  const commit = base.commit.slice(0, 12);
  if (hasSeries) fact(out, 'base', `${base.describe} (${commit}), found by ${base.foundBy}`);
  fact(out, 'guest', `${machine.name}, ${machine.qemuVersion}, profile ${profiles.join(', ')}`);
  fact(out, 'accel', `${accelerator.name}: ${accelerator.why}`);
  for (const note of notes) fact(out, 'note', note);
  out.blank();
}

function tellFoot({ run, out, paint }: Sheet, { runDirectory, report }: TableContext): void {
  const { verdict, exitCode, timings } = run;
  out.blank();
  const parts = Object.entries(timings).map(([name, ms]) => `${name} ${duration(ms)}`);
  if (parts.length > 0) fact(out, 'time', parts.join(', '));
  fact(out, 'run', runDirectory);
  if (report !== undefined) fact(out, 'report', report);
  out.ready(`${paint(verdictShade(verdict), verdict)}, exit code ${exitCode}`);
}

/** Width of the names of facts. */
const NAMES = 6;

function fact(out: Sheet['out'], name: string, value: string): void {
  out.pair(name, NAMES, value, undefined, 0);
}
