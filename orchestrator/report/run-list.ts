import type { Paint } from './colour.js';
import { printable } from './printable.js';
import type { RunHead } from './runs.js';
import { clip, padEnd } from './width.js';
import { verdictShade } from './words.js';

export interface ListContext {
  readonly columns: number;
  readonly paint: Paint;
}

/** Columns that a title gets at least; the list is then wider than a narrow terminal. */
const TITLE_COLUMNS = 20;
/** Columns from which on the time stands beside the id, which begins with it. */
const WIDE = 100;

/** A line for each run, newline at the end; `no runs` where there are none. */
export function renderRunList(runs: readonly RunHead[], { columns, paint }: ListContext): string {
  if (runs.length === 0) return 'no runs\n';
  const time = columns >= WIDE;
  const titles = ['run', ...(time ? ['when'] : []), 'verdict', 'points', 'what'];
  const rows = runs.map((run) => [
    run.id,
    ...(time ? [when(run)] : []),
    run.verdict,
    pointsOf(run),
    titleOf(run),
  ]);
  const last = titles.length - 1;
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0);
  const line = (cells: readonly string[], shade?: 'good' | 'bad' | 'warn'): string => {
    const shown = cells.map((cell, i) =>
      i === last ? clip(cell, Math.max(TITLE_COLUMNS, columns - before)) : padEnd(cell, widths[i] ?? 0),
    );
    const verdict = titles.indexOf('verdict');
    if (shade !== undefined) shown[verdict] = paint(shade, shown[verdict] ?? '');
    return shown.join('  ').trimEnd();
  };
  return `${[paint('dim', line(titles)), ...rows.map((row, i) => line(row, verdictShade(runs[i]?.verdict ?? 'infra')))].join('\n')}\n`;
}

/** `2026-11-26 06:41`, in UTC as everything in a record. */
function when({ startedAt }: RunHead): string {
  return startedAt.slice(0, 16).replace('T', ' ');
}

/** `3, 1 bad` for three patches of which one is bad; `cut off` where the run did not come to its end. */
function pointsOf({ points, series, ended }: RunHead): string {
  const patches = series === undefined ? 'tree' : String(points.filter(({ index }) => index > 0).length);
  const bad = points.filter(({ verdict, index }) => verdict === 'bad' && index > 0).length;
  return [patches, ...(bad > 0 ? [`${bad} bad`] : []), ...(ended ? [] : ['cut off'])].join(', ');
}

function titleOf({ series, base, profiles }: RunHead): string {
  const version = series !== undefined && series.version > 1 ? `v${series.version} ` : '';
  const what = series === undefined ? base.describe : `${version}${series.title}`;
  const other = profiles.join(',') === 'default' ? '' : ` [${profiles.join(', ')}]`;
  return printable(`${what}${other}`);
}
