import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Copy, DIST } from './copy.js';
import { testsFor } from './coverage-map.js';
import type { CoverageMap } from './coverage-map.js';
import { applied } from './mutant.js';
import type { Mutant } from './mutant.js';
import { runChild } from './run-child.js';

/** `no code`: it does not parse, so the operator that made it is wrong. */
export type Fate = 'killed' | 'timed out' | 'survived' | 'not covered' | 'no code';

const FATES = {
  passed: 'survived',
  failed: 'killed',
  'timed out': 'timed out',
  'no code': 'no code',
} as const satisfies Record<string, Fate>;

export interface Trial {
  readonly mutant: Mutant;
  readonly fate: Fate;
  /** The test that noticed. */
  readonly by: string;
}

/** A silent child is given this long beside what its next test should take, in milliseconds. */
const GRACE_MS = 5000;
/** How many times as long as on the unchanged model a test may take. */
const SLOWER = 10;

async function tryOne(
  copy: Copy,
  mutant: Mutant,
  map: CoverageMap,
  seed: number,
  signal: AbortSignal,
): Promise<Trial> {
  const tests = testsFor(map, mutant.file, mutant.from);
  if (tests.length === 0) return { mutant, fate: 'not covered', by: '' };
  const text = readFileSync(path.join(DIST, 'orchestrator', mutant.file), 'utf8');
  const times = new Map(tests.map(({ suite, name, ms }) => [`${suite}\n${name}`, ms]));
  const job = {
    seed,
    coverage: false,
    tests: tests.map(({ file, suite, name }) => ({ file, suite, name })),
  };
  copy.write(mutant.file, applied(text, mutant));
  try {
    const { end, why } = await runChild(
      copy,
      job,
      {
        start: 2 * GRACE_MS,
        next: (suite, name) => GRACE_MS + SLOWER * (times.get(`${suite}\n${name}`) ?? 0),
      },
      signal,
    );
    return { mutant, fate: FATES[end], by: why };
  } finally {
    copy.write(mutant.file, text);
  }
}

/** Tries mutants, `jobs` at a time, each worker in a copy of its own. */
export async function tryAll(
  mutants: readonly Mutant[],
  map: CoverageMap,
  options: {
    readonly seed: number;
    readonly jobs: number;
    readonly signal: AbortSignal;
    readonly onTrial: (trial: Trial) => void;
  },
): Promise<Trial[]> {
  const queue = [...mutants];
  const trials: Trial[] = [];
  const work = async (): Promise<void> => {
    const copy = new Copy();
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const trial = await tryOne(copy, mutant, map, options.seed, options.signal);
      trials.push(trial);
      options.onTrial(trial);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return trials;
}
