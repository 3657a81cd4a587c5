import { CiError } from '../../process/errors.js';
import type { TestRecord } from '../../store/records.js';
import { toRecord, unfinished } from '../outcome.js';
import { runSuite } from '../run-suite.js';
import type { SuiteOptions } from '../run-suite.js';
import type { Case } from '../schema.js';
import type { RandomSuite } from '../suite-file.js';
import { campaign } from './campaign.js';
import type { Quota } from './campaign.js';
import { drawnCase, idOf } from './case.js';
import { shrinkFailures } from './shrink-failures.js';

export interface CampaignOptions extends Omit<SuiteOptions, 'deadlineMs'> {
  readonly suite: RandomSuite;
  readonly seed: number;
  /** Time in which sequences are begun, on any machine. */
  readonly minutes: number;
  readonly quota: Quota;
  /** Kernels of one profile are compared with each other. */
  readonly profile: string;
  /** Keeps the text of a scenario; resolves to what the user is told to look at. */
  readonly save: (name: string, text: string) => Promise<string>;
  /** The command that runs one test of this run again. */
  readonly again: (test: string) => string;
  readonly say: (text: string) => void;
}

/** A kernel that crashes more often than the one that set the pace may take so many times as long for the same sequences. */
const SLOWER = 4;
/** For running failures again once the time is up, in milliseconds. */
const RERUNS_MS = 120_000;

/**
 * Draws sequences and runs them as any other scenario is run, until the time is up or enough have failed; then shrinks one failure of each key. A
 * campaign that ran nothing is an error. Rejects with the signal's reason when aborted, and with CiError('usage') for a
 * sequence that the seed does not have.
 */
export async function runCampaign(options: CampaignOptions): Promise<TestRecord[]> {
  const { suite, minutes } = options;
  const taken = new Map<string, Case>();
  const deadlineMs = minutes * 60_000 * SLOWER + RERUNS_MS;
  let failed = 0;
  const cases = noted(
    casesOf(options, () => failed >= suite.enough),
    taken,
  );
  const records = await runSuite(cases, {
    ...options,
    deadlineMs,
    onRan: ({ outcome }) => {
      if (outcome.verdict === 'fail') failed += 1;
    },
  });
  if (records.length === 0) return [nothing(options)];
  // A path says that somebody has shrunk it already.
  if (suite.only?.path !== undefined) return records;
  return shrinkFailures(records, taken, options);
}

function* noted(cases: Iterable<Case>, taken: Map<string, Case>): Generator<Case> {
  for (const test of cases) {
    taken.set(test.id, test);
    yield test;
  }
}

function casesOf(
  { suite, seed, minutes, quota, profile }: CampaignOptions,
  enough: () => boolean,
): Iterable<Case> {
  const { id, only, weights } = suite;
  if (only === undefined) {
    let end: number | undefined;
    const inTime = (): boolean => performance.now() < (end ??= performance.now() + minutes * 60_000);
    const more = quota.for(profile, inTime);
    return campaign(id, seed, weights, (index) => !enough() && more(index));
  }
  const test = drawnCase(id, only, weights);
  if (test) return [test];
  throw new CiError('usage', `there is no ${idOf(id, only)}: the weights of the suite draw other sequences`, {
    remedy: 'the name belongs to the version of this program that made it; a scenario file holds longer',
  });
}

function nothing({ suite, seed, minutes, point, emit }: CampaignOptions): TestRecord {
  const test = { id: idOf(suite.id, { seed, index: 0 }), suite: suite.id };
  const why = `no sequence was run: the weights of the suite draw none, or ${minutes} minutes were over at once`;
  const record = toRecord(test, unfinished(why), { verdict: 'error', runs: 0, matches: 0 });
  emit({ t: Date.now(), type: 'test-end', point, test: record });
  return record;
}
