import { join, relative } from 'node:path';
import { EXIT } from '../../orchestrator/process/errors.js';
import { supervise } from '../../orchestrator/process/signals.js';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { findTests, runTests, withSource, type RunnerOptions } from './runner.js';

/**
 * The program that runs the tests of one folder (`tests/unit`, `tests/e2e`) of an output folder. Arguments are
 * substrings: a file runs if its path holds one of them.
 */
export async function testMain(
  folder: string,
  limits: Pick<RunnerOptions, 'jobs' | 'alone' | 'waits' | 'together' | 'fileTimeoutMs'>,
): Promise<never> {
  const outDir = join(folder, '..', '..');
  const filters = process.argv.slice(2);
  return supervise(async ({ signal }) => {
    const all = withSource(findTests(folder), outDir, projectRoot());
    const wanted = all.filter(
      (file) => filters.length === 0 || filters.some((text) => relative(outDir, file).includes(text)),
    );
    const good = await runTests(wanted, {
      ...limits,
      root: outDir,
      say: (text) => void process.stdout.write(`${text}\n`),
      signal,
    });
    return good ? EXIT.good : EXIT.bad;
  });
}
