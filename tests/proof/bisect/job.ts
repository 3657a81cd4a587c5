import { json } from 'node:stream/consumers';
import { calibrationOf } from './calibration.js';
import { figuresOf, METHODS, trialsOf, type Figures, type Method } from './measure.js';
import type { Bin } from './calibration.js';
import type { Cell } from './world.js';

/** What a process is asked on stdin; it answers with a `CellResult` on stdout. */
export interface Job {
  readonly cell: Cell;
  readonly trials: number;
  readonly seed: number;
}

export interface CellResult {
  readonly cell: Cell;
  readonly figures: Readonly<Record<Method, Figures>>;
  /** Of our answers. */
  readonly calibration: readonly Bin[];
}

if (process.argv[1] === import.meta.filename) {
  const { cell, trials, seed } = (await json(process.stdin)) as Job;
  const all = Object.keys(METHODS).map((name) => {
    const method = name as Method;
    return [method, trialsOf(cell, method, trials, seed)] as const;
  });
  const result: CellResult = {
    cell,
    figures: Object.fromEntries(
      all.map(([method, some]) => [method, figuresOf(some)]),
    ) as CellResult['figures'],
    calibration: calibrationOf(all.flatMap(([method, some]) => (method === 'ours' ? some : []))),
  };
  process.stdout.write(JSON.stringify(result));
}
