import { joined, type Bin } from './calibration.js';
import { cellInWords } from './cells.js';
import type { CellResult } from './job.js';
import type { Figures, Method } from './measure.js';

const RIGHT_WHEN_ANSWERED = 0.95;
const ANSWERED = 0.9;
/** In percent: from here on the share of answers has an aim. */
const ANSWERED_FROM_RATE = 20;

/** What is not as it should be in a cell, one line each. */
export function missedIn({ cell, figures }: CellResult): string[] {
  const { ours } = figures;
  // The rules begin with a good end that the reference figures take for granted; ours is counted, so theirs is, too.
  const rules = figures['syzkaller, good end tested'];
  const missed: string[] = [];
  const where = cellInWords(cell);
  if (!(ours.rightWhenAnswered >= RIGHT_WHEN_ANSWERED))
    missed.push(`${where}: right in ${percent(ours.rightWhenAnswered)} of the answers`);
  if (cell.rate >= ANSWERED_FROM_RATE && ours.answered < ANSWERED)
    missed.push(`${where}: answered in ${percent(ours.answered)}`);
  if (!cell.noCure && !(ours.runsPerRight < rules.runsPerRight))
    missed.push(
      `${where}: ${ours.runsPerRight.toFixed(1)} runs for a right answer, syzkaller's rules ${rules.runsPerRight.toFixed(1)}`,
    );
  return missed;
}

/** Bins in which fewer were right than the lowest of them said. */
export function miscalibrated(results: readonly CellResult[]): string[] {
  return allBins(results).flatMap(({ from, answers, right }) =>
    answers > 0 && right / answers < from
      ? [`of the answers that said ${percent(from)} or more, ${percent(right / answers)} were right`]
      : [],
  );
}

export function allBins(results: readonly CellResult[]): Bin[] {
  return joined(results.map(({ calibration }) => calibration));
}

/** Figures that others found for the same rules; ours must come out alike before they are a measure for anything. */
export interface Reference {
  readonly rate: number;
  readonly noise: number;
  readonly method: Method;
  readonly figure: 'right' | 'answered' | 'rightWhenAnswered' | 'meanRuns';
  readonly value: number;
  readonly tolerance: number;
}

/** Of 8 commits without skips. Shares are told in whole percent, and theirs come from a sample, too. */
export const REFERENCES: readonly Reference[] = [
  { rate: 50, noise: 2, method: 'git', figure: 'right', value: 0.42, tolerance: 0.03 },
  { rate: 50, noise: 2, method: 'syzkaller', figure: 'rightWhenAnswered', value: 0.98, tolerance: 0.03 },
  { rate: 50, noise: 2, method: 'syzkaller', figure: 'answered', value: 0.78, tolerance: 0.03 },
  { rate: 50, noise: 2, method: 'syzkaller', figure: 'meanRuns', value: 70, tolerance: 3 },
  { rate: 20, noise: 0, method: 'git', figure: 'right', value: 0.2, tolerance: 0.03 },
  { rate: 20, noise: 0, method: 'syzkaller', figure: 'rightWhenAnswered', value: 0.98, tolerance: 0.03 },
  { rate: 20, noise: 0, method: 'syzkaller', figure: 'answered', value: 0.65, tolerance: 0.03 },
  { rate: 20, noise: 0, method: 'syzkaller', figure: 'meanRuns', value: 69, tolerance: 3 },
];

/** What was found for a reference. Throws where the cell was not measured. */
export function found({ rate, noise, method, figure }: Reference, results: readonly CellResult[]): number {
  const result = results.find(
    ({ cell }) =>
      cell.commits === 8 &&
      cell.rate === rate &&
      cell.noise === noise &&
      cell.skips === 0 &&
      (noise === 0 || !cell.told),
  );
  if (result === undefined) throw new Error(`8 commits, ${rate} %, noise ${noise} % was not measured`);
  const figures: Figures = result.figures[method];
  return figures[figure];
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
