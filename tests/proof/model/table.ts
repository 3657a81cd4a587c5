import { comparedPart } from './counts.js';
import type { NamedResult } from './result.js';
import type { StoredResult } from './store.js';

const thousands = (value: number): string => value.toLocaleString('en-US');

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const HEADINGS = [
  'kernel',
  'S',
  'pairs',
  'random',
  'steps',
  'pages compared',
  'bits compared',
  'share',
  'differences',
  'ends as foretold',
  'cut',
  'pokes found',
  'seed',
  'seconds',
];

/** One row a kernel: what was compared and what came of it. */
export function kernelTable(results: readonly StoredResult[]): string {
  const rows = results.map((one) => [
    one.kernel,
    String(one.sequences.S),
    String(one.sequences.pairs),
    String(one.sequences.random),
    thousands(one.steps),
    thousands(one.pages),
    thousands(one.bits),
    `${(100 * comparedPart(one)).toFixed(2)} %`,
    String(one.differences.length),
    String(sum(one.ends)),
    String(one.cut),
    `${one.pokes - one.missed.length} of ${one.pokes}`,
    String(one.seed),
    one.seconds.toFixed(0),
  ]);
  return columns([HEADINGS, ...rows]);
}

/** Where the kernels ended and warned, and which rules masked how many bits. */
export function detailsOf(result: StoredResult): string {
  const { layout } = result;
  const lines = [
    ...(layout === undefined
      ? []
      : [`  layout: ${layout.fields} fields compared with pahole, ${layout.wrong.length} elsewhere`]),
    ...result.skipped.map((one) => `  left out: ${one}`),
    ...Object.entries(result.ends).map(([end, count]) => `  ${count} × ${end}, as foretold`),
    ...Object.entries(result.warnings).map(([line, count]) => `  ${count} × warning ${line}, as foretold`),
    ...Object.entries(result.masked).map(([rule, bits]) => `  ${thousands(bits)} bits masked, ${rule}`),
  ];
  return [result.kernel, ...lines].join('\n');
}

/** What a sequence came to, in few words. */
export function cell({ deviations, warnings, end }: NamedResult): string {
  const parts = [
    ...(end === undefined ? [] : [end]),
    ...warnings.map((line) => `WARN ${line}`),
    ...(deviations.length === 0 ? [] : [`${deviations.length} deviations`]),
  ];
  return parts.length === 0 ? 'clean' : parts.join(', ');
}

/** Kernels × sequences, beside §3.1 of the first measurements. */
export function sequenceTable(results: readonly StoredResult[]): string {
  const ids = [...new Set(results.flatMap(({ named }) => named.map(({ id }) => id)))];
  const rows = ids.map((id) => [
    id,
    ...results.map(({ named }) => {
      const found = named.find((one) => one.id === id);
      return found === undefined ? '–' : cell(found);
    }),
  ]);
  return columns([['sequence', ...results.map(({ kernel }) => kernel)], ...rows]);
}
