import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import type { Declared } from './fast-suite.js';
import type { Covered, Job, Word } from './job.js';
import { Coverage } from './v8-coverage.js';

/**
 * Runs tests of the model in this one process, from the copy of dist/ that it stands in. Ends with 1 at the first that
 * fails.
 */

const dist = path.join(import.meta.dirname, '../../..');
const job = JSON.parse(readFileSync(0, 'utf8')) as Job;
fc.configureGlobal({ seed: job.seed });
// In the copy suite.js is fast-suite.js.
const { declared } = (await import('../../harness/suite.js')) as unknown as { declared: Declared[] };

const say = (word: Word): void => void process.stdout.write(`${JSON.stringify(word)}\n`);
const coverage = job.coverage ? new Coverage(path.join(dist, 'orchestrator')) : undefined;
const taken = (): Covered => coverage?.take() ?? {};

async function runOne({ suite, name, run }: Declared): Promise<void> {
  say({ say: 'begin', suite, name });
  const began = performance.now();
  try {
    await run();
  } catch (error) {
    say({ say: 'failed', suite, name, error: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
  say({ say: 'passed', suite, name, ms: performance.now() - began, covered: taken() });
}

const loaded = new Map<string, Declared[]>();
for (const { file, suite, name } of job.tests) {
  if (!loaded.has(file)) {
    const first = declared.length;
    await import(pathToFileURL(path.join(dist, file)).href);
    loaded.set(file, declared.slice(first));
    say({ say: 'loaded', file, covered: taken() });
  }
  const wanted = (loaded.get(file) ?? []).filter(
    (one) => name === '' || (one.suite === suite && one.name === name),
  );
  if (wanted.length === 0) throw new Error(`${file} has no test "${suite}: ${name}"`);
  for (const one of wanted) await runOne(one);
}
say({ say: 'done' });
process.exit(0);
