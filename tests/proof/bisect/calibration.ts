import type { Trial } from './world.js';

/** Answers whose posterior is at least `from`, up to that of the next bin. */
export interface Bin {
  readonly from: number;
  readonly answers: number;
  readonly right: number;
  /** Sum of what they said. */
  readonly said: number;
}

const EDGES = [0.95, 0.97, 0.99, 0.997, 0.999];

/** How often answers were right, by what they said. */
export function calibrationOf(trials: readonly Trial[]): Bin[] {
  const answers = trials.filter(({ answered }) => answered);
  return EDGES.map((from, index) => {
    const to = EDGES[index + 1] ?? Number.POSITIVE_INFINITY;
    const here = answers.filter(({ posterior = 0 }) => posterior >= from && posterior < to);
    return {
      from,
      answers: here.length,
      right: here.filter(({ right }) => right).length,
      said: here.reduce((sum, { posterior = 0 }) => sum + posterior, 0),
    };
  });
}

/** The bins of several cells together. */
export function joined(all: readonly (readonly Bin[])[]): Bin[] {
  return EDGES.map((from, index) => {
    const bins = all.flatMap((one) => one[index] ?? []);
    const sum = (of: (bin: Bin) => number): number => bins.reduce((total, bin) => total + of(bin), 0);
    return {
      from,
      answers: sum((bin) => bin.answers),
      right: sum((bin) => bin.right),
      said: sum((bin) => bin.said),
    };
  });
}
