import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runOk } from '../../../orchestrator/process/child.js';
import { formatDuration } from '../../../orchestrator/process/deadline.js';
import { CiError, EXIT } from '../../../orchestrator/process/errors.js';
import { supervise } from '../../../orchestrator/process/signals.js';
import { found, miscalibrated, missedIn, REFERENCES } from './aims.js';
import { CELLS, cellInWords, WITHOUT_CURE } from './cells.js';
import type { CellResult, Job } from './job.js';
import { calibrationTable, cellTable, referenceTable } from './table.js';
import type { Cell } from './world.js';

/**
 * `npm run proof:bisect`: the search in memory, 2,000 trials for every combination of length, rate, noise and skips, beside
 * `git bisect` with one run a step and syzkaller's rules. Fails where an aim is missed, or where the rules do not come
 * out as others found them. The same seed gives the same figures.
 */

const TRIALS = 2000;
const SEED = 1;
/** The longest cell takes two minutes of a processor; the machine may have other work. */
const JOB_MS = 60 * 60_000;

function options(): { trials: number; seed: number; jobs: number } {
  const { values } = parseArgs({
    options: { trials: { type: 'string' }, seed: { type: 'string' }, jobs: { type: 'string' } },
  });
  const number = (name: 'trials' | 'seed' | 'jobs', fallback: number): number => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new CiError('usage', `--${name}: not a whole number above 0: ${values[name]}`);
  };
  return {
    trials: number('trials', TRIALS),
    seed: number('seed', SEED),
    jobs: number('jobs', Math.min(2, availableParallelism())),
  };
}

const out = (text: string): void => void process.stdout.write(`${text}\n`);

/** Measures one cell in a process of its own. */
async function measure(job: Job, signal: AbortSignal): Promise<CellResult> {
  const { stdout } = await runOk(
    [process.execPath, '--enable-source-maps', path.join(import.meta.dirname, 'job.js')],
    { what: `trials of ${cellInWords(job.cell)}`, deadlineMs: JOB_MS, input: JSON.stringify(job), signal },
  );
  return JSON.parse(stdout) as CellResult;
}

/** All cells, several at a time, the long ones first so that none is left over at the end. */
async function measureAll(
  cells: readonly Cell[],
  { trials, seed, jobs }: ReturnType<typeof options>,
  signal: AbortSignal,
): Promise<CellResult[]> {
  const waiting = cells.toSorted((a, b) => b.commits / b.rate - a.commits / a.rate);
  const results = new Map<Cell, CellResult>();
  const work = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      results.set(cell, await measure({ cell, trials, seed }, signal));
      process.stderr.write(`${results.size}/${cells.length} ${cellInWords(cell)}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return cells.flatMap((cell) => results.get(cell) ?? []);
}

await supervise(async ({ signal }) => {
  const asked = options();
  const began = performance.now();
  const results = await measureAll([...CELLS, ...WITHOUT_CURE], asked, signal);
  const main = results.filter(({ cell }) => !cell.noCure);
  const others = results.filter(({ cell }) => cell.noCure);

  out(`${asked.trials} trials a cell, --seed ${asked.seed}\n`);
  out(`reference figures, and found here\n${referenceTable(main)}\n`);
  out(`${cellTable(main)}\n`);
  out(`the culprit cannot be dropped\n${cellTable(others)}\n`);
  out(`what answers say of themselves\n${calibrationTable(results)}\n`);

  const bare = main.filter(({ figures }) => figures.syzkaller.runsPerRight <= figures.ours.runsPerRight);
  for (const { cell } of bare)
    out(`fewer runs than ours without a run at the good end: ${cellInWords(cell)}`);
  const wrongReferences = REFERENCES.filter(
    (reference) => Math.abs(found(reference, main) - reference.value) > reference.tolerance,
  );
  const missed = [...results.flatMap(missedIn), ...miscalibrated(results)];
  if (wrongReferences.length > 0) missed.push(`${wrongReferences.length} reference figures do not come out`);
  for (const line of missed) out(`missed: ${line}`);
  out(
    `\n${missed.length === 0 ? 'good' : 'FAIL'}: ${results.length} cells, ${formatDuration(performance.now() - began)}`,
  );
  return missed.length === 0 ? EXIT.good : EXIT.bad;
});
