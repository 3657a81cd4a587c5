import type { PointRecord } from '../../store/records.js';
import type { Shade } from '../colour.js';
import { fitInWords } from '../model-fit.js';
import { printable } from '../printable.js';
import { clip, padEnd, padStart } from '../width.js';
import { countsInWords, duration, pointName, pointTime, testsOf, verdictShade } from '../words.js';
import type { Sheet } from './sheet.js';

/** Columns below which the subject does not stand beside the numbers. */
const SUBJECT_COLUMNS = 40;

type Cells = readonly [point: string, verdict: string, time: string, tests: string];

const TITLES: Cells = ['point', 'verdict', 'time', 'tests'];

/** The points, a line each, and below it why its verdict is what it is. */
export function pointsTable(sheet: Sheet): void {
  const { run, out, columns } = sheet;
  const rows = run.points.map((point) => ({ point, cells: cellsOf(point, sheet) }));
  const width = (i: number): number =>
    Math.max(...[TITLES, ...rows.map(({ cells }) => cells)].map((row) => row[i]?.length ?? 0));
  const widths: Widths = { point: width(0), verdict: width(1), time: width(2), tests: width(3) };
  const indent = widths.point + 2;
  const room = columns - (indent + widths.verdict + widths.time + widths.tests + 6);
  // A subject that would be cut to a few letters gets a line of its own.
  const beside = room >= SUBJECT_COLUMNS;
  const line = (cells: Cells, subject: string, shade?: Shade): string =>
    [
      padStart(cells[0], widths.point),
      shaded(sheet, padEnd(cells[1], widths.verdict), shade),
      padStart(cells[2], widths.time),
      padEnd(clip(cells[3], room + widths.tests), beside ? widths.tests : 0),
      ...(beside ? [clip(subject, room)] : []),
    ]
      .join('  ')
      .trimEnd();
  out.ready(sheet.paint('dim', line(TITLES, 'subject')));
  for (const { point, cells } of rows) {
    out.ready(line(cells, printable(point.subject), verdictShade(point.verdict)));
    if (!beside) out.text(point.subject, indent);
    out.text(point.reason, indent, 'dim');
    const fit = fitInWords(testsOf(run, point));
    if (fit !== undefined) out.text(fit, indent, 'dim');
  }
}

type Widths = Readonly<Record<'point' | 'verdict' | 'time' | 'tests', number>>;

function cellsOf(point: PointRecord, { run, hasSeries }: Sheet): Cells {
  return [
    pointName(point.index, hasSeries),
    point.verdict,
    duration(pointTime(point)),
    countsInWords(testsOf(run, point)) + origin(point),
  ];
}

function shaded({ paint }: Sheet, text: string, shade: Shade | undefined): string {
  return shade === undefined ? text : paint(shade, text);
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
