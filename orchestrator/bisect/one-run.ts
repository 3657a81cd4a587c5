import { runOnce } from '../scenario/kselftest.js';
import { toRecord, unfinished } from '../scenario/outcome.js';
import type { GuestPool } from '../scenario/protocol.js';
import { runScenario } from '../scenario/run-scenario.js';
import type { ScenarioOptions } from '../scenario/run-scenario.js';
import type { Case } from '../scenario/schema.js';
import { openSession } from '../scenario/session.js';
import type { GuestSession, ParseSplats } from '../scenario/session.js';
import type { KselftestSuite, Suite } from '../scenario/suite-file.js';
import type { TestRecord } from '../store/records.js';

export interface OneRunOptions extends Omit<ScenarioOptions, 'onStep'> {
  readonly pool: GuestPool;
  readonly parseSplats: ParseSplats;
  readonly memoryParameters: (module: string) => readonly string[];
  /** Why upstream's program is not there. */
  readonly buildError?: string;
}

/**
 * One run: every case in one guest that was restored and reseeded for it, up to the first failure; each program of upstream's
 * in another. Nothing is run again to make sure, since the search counts.
 */
export async function oneRun(suites: readonly Suite[], options: OneRunOptions): Promise<TestRecord[]> {
  const records: TestRecord[] = [];
  for (const suite of suites) {
    if (suite.kind === 'scenarios') records.push(...(await runCases(suite.cases, options)));
    if (suite.kind === 'kselftest') records.push(...(await runProgram(suite, options)));
    if (records.some(({ verdict }) => verdict === 'fail')) break;
  }
  return records;
}

async function runCases(cases: readonly Case[], options: OneRunOptions): Promise<TestRecord[]> {
  const [first] = cases;
  if (first === undefined) return [];
  let session: GuestSession;
  try {
    session = await openSession(options, true);
  } catch (error) {
    options.signal?.throwIfAborted();
    const why = `no guest: ${error instanceof Error ? error.message : String(error)}`;
    return [toRecord(first, unfinished(why), { verdict: 'error', runs: 0, matches: 0 })];
  }
  const records: TestRecord[] = [];
  try {
    for (const test of cases) {
      options.signal?.throwIfAborted();
      const outcome = await runScenario(test, session, options);
      const matches = outcome.verdict === 'fail' ? 1 : 0;
      records.push(toRecord(test, outcome, { verdict: outcome.verdict, runs: 1, matches }));
      if (outcome.verdict === 'fail' || !outcome.guestUsable) break;
    }
  } finally {
    await session.guest.discard();
  }
  return records;
}

async function runProgram(suite: KselftestSuite, options: OneRunOptions): Promise<TestRecord[]> {
  if (options.buildError !== undefined) {
    const why = `could not be built from this tree: ${options.buildError}`;
    const run = { id: `${suite.id}/run`, suite: suite.id };
    return [toRecord(run, { ...unfinished(why), verdict: 'skip' }, { verdict: 'skip', runs: 0, matches: 0 })];
  }
  return runOnce(suite, { ...options, point: 0, emit: () => undefined });
}
