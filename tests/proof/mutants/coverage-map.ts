import { CiError } from '../../../orchestrator/process/errors.js';
import { modelTests } from './files.js';
import type { Covered, Word } from './job.js';
import { Worker } from './worker.js';

export interface TimedTest {
  /** Below dist/. */
  readonly file: string;
  readonly suite: string;
  readonly name: string;
  /** CPU time, in milliseconds. */
  readonly ms: number;
  readonly covered: Covered;
}

/** Which test of the model runs which part of it, and for how long, on the model as it is. */
export interface CoverageMap {
  readonly tests: readonly TimedTest[];
  /** What loading a test file runs already: the tables, mostly. */
  readonly loads: readonly { readonly file: string; readonly covered: Covered }[];
}

/**
 * Runs every test file once, each in a process of its own, `jobs` at a time.
 * @throws CiError('mismatch') where a test fails on the model as it is: no mutant could be told from it
 */
export async function measure(seed: number, jobs: number, signal: AbortSignal): Promise<CoverageMap> {
  const tests: TimedTest[] = [];
  const loads: { file: string; covered: Covered }[] = [];
  const queue = [...modelTests()];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      for (const word of await measureFile(file, seed, signal)) {
        if (word.say === 'loaded') loads.push({ file, covered: word.covered });
        if (word.say === 'passed')
          tests.push({ file, suite: word.suite, name: word.name, ms: word.ms, covered: word.covered });
      }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { tests, loads };
}

async function measureFile(file: string, seed: number, signal: AbortSignal): Promise<readonly Word[]> {
  const worker = new Worker(signal);
  const job = { seed, coverage: true, tests: [{ file, suite: '', name: '', limitMs: 120_000 }] };
  const { words, end, why } = await worker.run(job);
  await worker.stop();
  if (end !== 'passed') throw new CiError('mismatch', `${file} on the model as it is ${end}: ${why}`);
  return words;
}

function covers(covered: Covered, file: string, offset: number): boolean {
  return (covered[file] ?? []).some(([from, to]) => from <= offset && offset < to);
}

/**
 * The tests that could notice a change at an offset of a file, likeliest and quickest first: those that run the place,
 * then the others of their files (what one test computes may be kept for the next).
 */
export function testsFor(map: CoverageMap, file: string, offset: number): readonly TimedTest[] {
  const own = `tests/unit/${file.replace(/\.js$/, '.test.js')}`;
  const files = new Set<string>();
  const direct = new Set<TimedTest>();
  for (const load of map.loads) if (covers(load.covered, file, offset)) files.add(load.file);
  for (const test of map.tests) {
    if (!covers(test.covered, file, offset)) continue;
    direct.add(test);
    files.add(test.file);
  }
  const rank = (test: TimedTest): number =>
    (direct.has(test) || direct.size === 0 ? 0 : 2) + (test.file === own ? 0 : 1);
  return map.tests
    .filter((test) => files.has(test.file))
    .toSorted((a, b) => rank(a) - rank(b) || a.ms - b.ms);
}
