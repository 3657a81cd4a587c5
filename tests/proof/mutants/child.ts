import path from 'node:path';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { declared } from './fast-suite.js';
import type { Declared } from './fast-suite.js';
import { DIST } from './files.js';
import { Generation } from './generation.js';
import type { Covered, End, Job, Word } from './job.js';
import { Coverage } from './v8-coverage.js';

/** Takes jobs on stdin, one at a time, and answers each on stdout. */

const say = (word: Word): void => void process.stdout.write(`${JSON.stringify(word)}\n`);
let coverage: Coverage | undefined;
const taken = (): Covered => coverage?.take() ?? {};

/** CPU time of this process so far, in milliseconds. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function work(job: Job): Promise<{ end: End; why: string }> {
  fc.configureGlobal({ seed: job.seed });
  if (job.coverage) coverage ??= new Coverage(path.join(DIST, 'orchestrator'));
  const generation = new Generation(job.changed);
  const loaded = new Map<string, Declared[]>();
  declared.length = 0;
  let doing = '';
  const runOne = async ({ suite, name, run }: Declared): Promise<void> => {
    doing = `${suite}: ${name}`;
    const began = computedMs();
    await run();
    say({ say: 'passed', suite, name, ms: computedMs() - began, covered: taken() });
  };
  try {
    for (const test of job.tests) {
      const { file, suite, name } = test;
      doing = `loading ${file}`;
      if (!loaded.has(file)) {
        const first = declared.length;
        await generation.load(file);
        loaded.set(file, declared.slice(first));
        say({ say: 'loaded', file, covered: taken() });
      }
      const wanted = (loaded.get(file) ?? []).filter(
        (one) => name === '' || (one.suite === suite && one.name === name),
      );
      if (wanted.length === 0) throw new Error('no such test');
      for (const one of wanted) await runOne(one);
    }
    return { end: 'passed', why: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const end: End = error instanceof SyntaxError ? 'no code' : 'failed';
    return { end, why: `${doing}: ${message.split('\n')[0]}` };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  say({ say: 'end', ...(await work(JSON.parse(line) as Job)) });
