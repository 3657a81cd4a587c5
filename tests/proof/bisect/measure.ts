import { ours } from './ours.js';
import { oneRunAStep, syzkaller } from './rivals.js';
import { World, type Cell, type Trial } from './world.js';

/** Shares are of all trials, but `rightWhenAnswered`. */
export interface Figures {
  readonly trials: number;
  readonly right: number;
  readonly answered: number;
  readonly rightWhenAnswered: number;
  readonly meanRuns: number;
  readonly medianRuns: number;
  readonly p95Runs: number;
  /** All runs of all trials over the right answers. */
  readonly runsPerRight: number;
}

export const METHODS = {
  ours,
  git: oneRunAStep,
  syzkaller: (world: World) => syzkaller(world, { testsGoodEnd: false }),
  'syzkaller, good end tested': (world: World) => syzkaller(world, { testsGoodEnd: true }),
} as const satisfies Record<string, (world: World) => Trial>;

export type Method = keyof typeof METHODS;

/** The trials of one method; the same seed gives every method the same worlds. */
export function trialsOf(cell: Cell, method: Method, count: number, seed: number): Trial[] {
  return Array.from({ length: count }, (_, index) => METHODS[method](new World(cell, seedOf(seed, index))));
}

/** Seeds that are far apart, whatever the first one is. */
function seedOf(seed: number, index: number): number {
  return Math.imul(seed + index * 7919, 0x9e3779b1) >>> 0;
}

export function figuresOf(trials: readonly Trial[]): Figures {
  const right = trials.filter((one) => one.right).length;
  const answered = trials.filter((one) => one.answered).length;
  const runs = trials.map((one) => one.runs).toSorted((a, b) => a - b);
  const total = runs.reduce((sum, one) => sum + one, 0);
  const at = (share: number): number => runs[Math.min(runs.length - 1, Math.floor(share * runs.length))] ?? 0;
  return {
    trials: trials.length,
    right: right / trials.length,
    answered: answered / trials.length,
    rightWhenAnswered: answered === 0 ? Number.NaN : right / answered,
    meanRuns: total / trials.length,
    medianRuns: at(0.5),
    p95Runs: at(0.95),
    runsPerRight: total / right,
  };
}
