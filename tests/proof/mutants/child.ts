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

/** How long a test file may take to load, in milliseconds. */
const LOAD_MS = 10_000;

function endOf(error: unknown): End {
  if (error instanceof SyntaxError) return 'no code';
  const { code } = error as { code?: unknown };
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'timed out' : 'failed';
}

async function work(job: Job): Promise<{ end: End; why: string }> {
  fc.configureGlobal({ seed: job.seed });
  if (job.coverage) coverage ??= new Coverage(path.join(DIST, 'orchestrator'));
  const generation = new Generation(job.changed);
  const loaded = new Map<string, Declared[]>();
  declared.length = 0;
  let doing = '';
  const runOne = async ({ suite, name, run }: Declared, { limitMs }: TestName): Promise<void> => {
    doing = `${suite}: ${name}`;
    const began = performance.now();
    await callWithin(run, limitMs);
    say({ say: 'passed', suite, name, ms: performance.now() - began, covered: taken() });
  };
  try {
    for (const test of job.tests) {
      const { file, suite, name } = test;
      doing = `loading ${file}`;
      if (!loaded.has(file)) {
        const first = declared.length;
        await generation.load(file, LOAD_MS);
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
    return { end: endOf(error), why: `${doing}: ${message.split('\n')[0]}` };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  say({ say: 'end', ...(await work(JSON.parse(line) as Job)) });
