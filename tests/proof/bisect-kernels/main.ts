import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BisectRecord } from '../../../orchestrator/bisect/record.js';
import { run } from '../../../orchestrator/process/child.js';
import { CiError, EXIT } from '../../../orchestrator/process/errors.js';
import { supervise } from '../../../orchestrator/process/signals.js';
import { duration } from '../../../orchestrator/report/words.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { PROOF_CASES } from './cases.js';
import type { ProofCase } from './cases.js';
import { writeSeries } from './series.js';

/**
 * `npm run proof:bisect-kernels [-- --only a1,b]`: `ci bisect` on series whose answer is known, on real kernels. Fails where
 * another commit is named, an end check fails, or the failure is not as frequent as it should be.
 */

const BISECT_MS = 60 * 60_000;
/** Aim of the overlap of builds and runs: wall over what it must take. */
const RATIO = 1.2;

async function bisect(one: ProofCase, signal: AbortSignal): Promise<BisectRecord> {
  const folder = mkdtempSync(path.join(os.tmpdir(), `ci-proof-bisect-${one.name}-`));
  const series = path.join(folder, 'series.mbox');
  writeSeries(one.edits, series);
  const out = path.join(folder, 'bisect');
  const what = one.configs === undefined ? [series] : ['--config', ...one.configs, series];
  const result = await run(
    [path.join(projectRoot(), 'ci'), 'bisect', ...what, '--test', one.test, '--json', '--out', out],
    {
      what: `the bisect of ${one.name}`,
      deadlineMs: BISECT_MS,
      signal,
      onLine: (line, stream) => void (stream === 'stderr' && process.stderr.write(`${one.name} ${line}\n`)),
    },
  );
  if (result.stdout === '')
    throw new CiError('infra', `the bisect of ${one.name} said nothing: ${result.stderr}`);
  return BisectRecord.parse(JSON.parse(result.stdout));
}

/** What is not as it should be. */
function wrong(one: ProofCase, { verdict, culprits, checks, rate, exitCode }: BisectRecord): string[] {
  const failed = checks
    .filter(({ result }) => result !== 'pass')
    .map(({ name, result }) => `${name} ${result}`);
  const [least, most] = one.rate;
  // The interval, since the rate is what the bisect saw of it.
  const asOften = rate.high >= least && rate.low <= most;
  return [
    ...(verdict === one.verdict ? [] : [`verdict ${verdict}`]),
    ...(culprits.join() === one.culprits.join()
      ? []
      : [`named ${culprits.join()}, not ${one.culprits.join()}`]),
    ...failed,
    ...(asOften ? [] : [`fails in ${rate.matches} of ${rate.runs} runs`]),
    ...(exitCode === (verdict === 'culprit' ? EXIT.good : EXIT.cannotTell) ? [] : [`exit code ${exitCode}`]),
  ];
}

await supervise(async ({ signal }) => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const names = values.only?.split(',');
  const chosen = PROOF_CASES.filter(({ name }) => names === undefined || names.includes(name));
  if (chosen.length === 0) throw new CiError('usage', `--only: no such case: ${values.only ?? ''}`);
  let failures = 0;
  process.stdout.write('case  named     posterior  rate            runs  kernels  wall         ratio\n');
  for (const one of chosen) {
    const record = await bisect(one, signal);
    const faults = wrong(one, record);
    failures += faults.length;
    const { rate, cost, culprits, posterior } = record;
    const slow = cost.ratio > RATIO ? ' (above the aim)' : '';
    const columns = [
      one.name.padEnd(5),
      culprits.join().padEnd(9),
      posterior.toFixed(4).padStart(9),
      ` ${rate.matches} of ${rate.runs}`.padEnd(16),
      String(cost.runs).padStart(4),
      String(cost.kernelsBuilt).padStart(8),
      ` ${duration(cost.wallMs)}`.padEnd(13),
      `${cost.ratio.toFixed(2)}${slow}`,
    ];
    process.stdout.write(
      `${columns.join(' ')}${faults.map((fault) => `\n      WRONG: ${fault}`).join('')}\n`,
    );
  }
  process.stdout.write(`${failures === 0 ? 'good' : 'FAIL'}: ${chosen.length} bisects\n`);
  return failures === 0 ? EXIT.good : EXIT.bad;
});
