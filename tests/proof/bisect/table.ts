import { allBins, found, percent, REFERENCES } from './aims.js';
import type { CellResult } from './job.js';
import type { Figures } from './measure.js';

/** Shares in percent; runs as median, 95th percentile, and all runs over the right answers ("per right"). */
export function cellTable(results: readonly CellResult[]): string {
  const method = ['right', 'answ.', 'r/a', 'median', 'p95', 'per right'];
  const head = [
    [' '.repeat(21), 'ours', "syzkaller's rules", 'bare', 'git bisect']
      .map((title, group) => (group === 0 ? title : title.padEnd(([0, 60, 60, 10, 20] as const)[group] ?? 0)))
      .join(' | ')
      .trimEnd(),
    row(['n', 'rate', 'noise', 'skip'], method, method, ['per right'], ['right', 'per right']),
  ];
  const rows = results.map(({ cell, figures }) =>
    row(
      [
        `${cell.commits}`,
        `${cell.rate}`,
        cell.noise === 0 ? '' : `${cell.noise} ${cell.told ? 'told' : 'not'}`,
        cell.skips === 0 ? '' : `${cell.skips}`,
      ],
      columns(figures.ours),
      columns(figures['syzkaller, good end tested']),
      [runs(figures.syzkaller.runsPerRight)],
      [share(figures.git.right), runs(figures.git.runsPerRight)],
    ),
  );
  return [...head, ...rows].join('\n');
}

function columns(figures: Figures): string[] {
  const { right, answered, rightWhenAnswered, medianRuns, p95Runs, runsPerRight } = figures;
  return [
    share(right),
    share(answered),
    share(rightWhenAnswered),
    `${medianRuns}`,
    `${p95Runs}`,
    runs(runsPerRight),
  ];
}

function row(cell: readonly string[], ...groups: readonly (readonly string[])[]): string {
  const widths = [4, 5, 7, 5];
  const left = cell.map((text, index) => text.padEnd(widths[index] ?? 5)).join('');
  return [left, ...groups.map((group) => group.map((text) => text.padStart(10)).join(''))]
    .join(' | ')
    .trimEnd();
}

function share(value: number): string {
  return Number.isNaN(value) ? '-' : (value * 100).toFixed(1);
}

function runs(value: number): string {
  return Number.isFinite(value) ? value.toFixed(0) : '-';
}

/** What others found for the same rules, and what was found here. */
export function referenceTable(results: readonly CellResult[]): string {
  return REFERENCES.map((reference) => {
    const { rate, noise, method, figure, value } = reference;
    const inWords = (number: number): string => (figure === 'meanRuns' ? number.toFixed(1) : percent(number));
    const what = `8 commits, ${rate} %, noise ${noise} %: ${method}, ${figure}`;
    return `${what.padEnd(60)} ${inWords(value).padStart(8)} ${inWords(found(reference, results)).padStart(8)}`;
  }).join('\n');
}

/** What answers said of themselves, and how many were right. */
export function calibrationTable(results: readonly CellResult[]): string {
  return allBins(results)
    .map(({ from, answers, right, said }) =>
      answers === 0
        ? `from ${percent(from)}: no answers`
        : `from ${percent(from).padStart(7)}: ${String(answers).padStart(7)} answers, said ${percent(said / answers)} on average, right ${percent(right / answers)}`,
    )
    .join('\n');
}
