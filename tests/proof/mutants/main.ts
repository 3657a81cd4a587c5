import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { formatDuration } from '../../../orchestrator/process/deadline.js';
import { CiError, EXIT } from '../../../orchestrator/process/errors.js';
import { supervise } from '../../../orchestrator/process/signals.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { measure } from './coverage-map.js';
import { LIST, isListed, readEquivalents } from './equivalent.js';
import type { Entry } from './equivalent.js';
import { allMutants, sample } from './generate.js';
import { keysOf } from './mutant.js';
import type { Mutant } from './mutant.js';
import { lives, sourceLine, survivorText, tables } from './report.js';
import { tryAll } from './trial.js';
import type { Trial } from './trial.js';

/**
 * `npm run proof:model-mutants`: changes the compiled model in one place at a time and asks its unit tests whether they
 * notice. Good only where every change that lives is listed as equivalent, and every listed one does exist and live.
 */

/** Ends within 15 minutes on two cores. */
const DEFAULT_SAMPLE = 600;

function options(): { count: number; seed: number; jobs: number; files: readonly string[] } {
  const { values } = parseArgs({
    options: {
      sample: { type: 'string' },
      all: { type: 'boolean', default: false },
      seed: { type: 'string' },
      jobs: { type: 'string' },
      file: { type: 'string', multiple: true, default: [] },
    },
  });
  const number = (name: string, text: string | undefined, fallback: number): number => {
    const value = text === undefined ? fallback : Number(text);
    if (Number.isInteger(value) && value > 0) return value;
    throw new CiError('usage', `--${name}: not a whole number above 0: ${text}`);
  };
  if (values.all && values.sample !== undefined)
    throw new CiError('usage', '--all and --sample exclude each other');
  return {
    count: values.all ? Number.POSITIVE_INFINITY : number('sample', values.sample, DEFAULT_SAMPLE),
    seed: number('seed', values.seed, randomInt(1, 2 ** 31)),
    jobs: number('jobs', values.jobs, Math.min(2, availableParallelism())),
    files: values.file,
  };
}

const out = (text: string): void => void process.stdout.write(`${text}\n`);

await supervise(async ({ signal }) => {
  const { count, seed, jobs, files } = options();
  const all = allMutants();
  const explained = await readEquivalents(projectRoot());
  const keys = new Set(all.flatMap(keysOf));
  const stale = [...explained.keys()].filter((key) => !keys.has(key));
  const wanted = all.filter(({ file }) => files.length === 0 || files.some((text) => file.includes(text)));
  const chosen = sample(wanted, count, seed);
  out(`${chosen.length} of ${wanted.length} mutants, --seed ${seed}`);

  const began = performance.now();
  const map = await measure(seed, jobs, signal);
  const total = map.tests.reduce((sum, { ms }) => sum + ms, 0);
  out(`${map.tests.length} tests of the model, ${formatDuration(total)}`);
  const trials = await tryAll(chosen, map, {
    seed,
    jobs,
    signal,
    onTrial: progress(chosen.length, explained),
  });

  const living = trials.filter(lives).toSorted((a, b) => order(a.mutant, b.mutant));
  const open = living.filter(({ mutant }) => !isListed(mutant, explained));
  const wrong = trials.filter((trial) => !lives(trial) && isListed(trial.mutant, explained));
  out(`\n${tables(trials, explained)}`);
  for (const { mutant, by } of trials.filter(({ fate }) => fate === 'timed out'))
    out(`${sourceLine(mutant)}: ${mutant.what}: timed out: ${by}`);
  for (const trial of open) out(`\n${survivorText(trial)}`);
  for (const { mutant, by } of wrong)
    out(`\n${sourceLine(mutant)}: listed as equivalent (${mutant.what}), but noticed by ${by}`);
  for (const key of stale) out(`\n${LIST}: no such mutant: ${key.replaceAll('\n', ', ')}`);
  const broken = trials.filter(({ fate }) => fate === 'no code');
  for (const { mutant, by } of broken) out(`\n${sourceLine(mutant)}: no code: ${mutant.what}: ${by}`);
  const good =
    open.length + broken.length === 0 && wrong.length === 0 && stale.length === 0 && trials.length > 0;
  const figures = `${open.length} survivors not explained, ${wrong.length + stale.length} wrong explanations`;
  out(`\n${good ? 'good' : 'FAIL'}: ${figures}, ${formatDuration(performance.now() - began)}`);
  return good ? EXIT.good : EXIT.bad;
});

function order(a: Mutant, b: Mutant): number {
  return a.file.localeCompare(b.file) || a.from - b.from;
}

/** A line now and then, a hundred in all, and what lives at once: a run of all mutants takes hours. */
function progress(total: number, known: ReadonlyMap<string, Entry>): (trial: Trial) => void {
  let done = 0;
  return (trial) => {
    done += 1;
    if (lives(trial) && !isListed(trial.mutant, known)) process.stderr.write(`${survivorText(trial)}\n`);
    if (done % Math.max(1, Math.floor(total / 100)) === 0) process.stderr.write(`${done}/${total}\n`);
  };
}
