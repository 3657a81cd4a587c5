import path from 'node:path';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { declared } from './fast-suite.js';
import type { Declared } from './fast-suite.js';
import { DIST } from './files.js';
import { Generation, callWithin } from './generation.js';
import type { Covered, End, Job, TestName, Word } from './job.js';
import { Coverage } from './v8-coverage.js';

/** Takes jobs on stdin, one at a time, and answers each on stdout. */

const say = (word: Word): void => void process.stdout.write(`${JSON.stringify(word)}\n`);
let coverage: Coverage | undefined;
const taken = (): Covered => coverage?.take() ?? {};

/** How long a test file may compute while it loads, in milliseconds. */
const LOAD_MS = 10_000;

/** CPU time of this process so far, in milliseconds. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @param leftMs what of its time was left to compute when it failed */
function endOf(error: unknown, leftMs: number): End {
  if (error instanceof SyntaxError) return 'no code';
  const { code } = error as { code?: unknown };
  if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'failed';
  return leftMs > 0 ? 'starved' : 'timed out';
}

async function work(job: Job): Promise<{ end: End; why: string }> {
  fc.configureGlobal({ seed: job.seed });
  if (job.coverage) coverage ??= new Coverage(path.join(DIST, 'orchestrator'));
  const generation = new Generation(job.changed);
  const loaded = new Map<string, Declared[]>();
  declared.length = 0;
  let doing = '';
  /** Until when by computedMs() what is being done may compute. */
  let endMs = 0;
  const runOne = async ({ suite, name, run }: Declared, { limitMs }: TestName): Promise<void> => {
    doing = `${suite}: ${name}`;
    const began = computedMs();
    endMs = began + limitMs;
    await callWithin(run, limitMs * job.patience);
    say({ say: 'passed', suite, name, ms: computedMs() - began, covered: taken() });
  };
  try {
    for (const test of job.tests) {
      const { file, suite, name } = test;
      doing = `loading ${file}`;
      if (!loaded.has(file)) {
        const first = declared.length;
        endMs = computedMs() + LOAD_MS;
        await generation.load(file, LOAD_MS * job.patience);
        loaded.set(file, declared.slice(first));
        say({ say: 'loaded', file, covered: taken() });
      }
      const wanted = (loaded.get(file) ?? []).filter(
        (one) => name === '' || (one.suite === suite && one.name === name),
      );
      if (wanted.length === 0) throw new Error('no such test');
      for (const one of wanted) await runOne(one, test);
    }
    return { end: 'passed', why: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { end: endOf(error, endMs - computedMs()), why: `${doing}: ${message.split('\n')[0]}` };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  say({ say: 'end', ...(await work(JSON.parse(line) as Job)) });
