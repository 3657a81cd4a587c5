import { testsFor } from './coverage-map.js';
import type { CoverageMap, TimedTest } from './coverage-map.js';
import type { TestName } from './job.js';
import { modelText } from './files.js';
import { applied } from './mutant.js';
import type { Mutant } from './mutant.js';
import { Worker } from './worker.js';

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

/** How many times as long as on the unchanged model a test may compute, and how much longer, in milliseconds. */
const SLOWER = 8;
const GRACE_MS = 2000;
/** What the tests of a file compute once for all may fall to any of them, so that one has the time of all, with room. */
const SLOWER_FILE = 2;

/** A test with the time it may compute. */
function limited(map: CoverageMap, { file, suite, name, ms }: TimedTest): TestName {
  const all = map.tests.reduce((sum, test) => sum + (test.file === file ? test.ms : 0), 0);
  return { file, suite, name, limitMs: Math.ceil(GRACE_MS + SLOWER * ms + SLOWER_FILE * all) };
}

async function tryOne(worker: Worker, mutant: Mutant, map: CoverageMap, seed: number): Promise<Trial> {
  const tests = testsFor(map, mutant.file, mutant.from).map((test) => limited(map, test));
  if (tests.length === 0) return { mutant, fate: 'not covered', by: '' };
  const changed = { file: mutant.file, text: applied(modelText(mutant.file), mutant) };
  const { end, why } = await worker.run({ seed, coverage: false, changed, tests });
  return { mutant, fate: FATES[end], by: why };
}

/** Tries mutants, `jobs` at a time, each worker with a process of its own. */
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
    const worker = new Worker(options.signal);
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const trial = await tryOne(worker, mutant, map, options.seed);
      trials.push(trial);
      options.onTrial(trial);
    }
    await worker.stop();
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return trials;
}
