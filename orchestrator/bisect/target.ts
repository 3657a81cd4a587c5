import { splatKey } from '../scenario/outcome.js';
import type { TestRecord } from '../store/records.js';
import { isBoot } from '../verdict/point-tests.js';
import type { Failed, Target } from './events.js';
import type { Observation, Place } from './types.js';

/** What one run came to, before anybody knows which failure is looked for. */
export interface RunResult {
  readonly failed: readonly Failed[];
  readonly ran: number;
  readonly skipped?: string;
  readonly trouble?: string;
}

/** Every name of the failure of a test: its key, and the titles of its splats; the same bug has one of them in common. */
export function keysOf(record: TestRecord): string[] {
  const titles = record.splats
    .filter(({ corrupted }) => !corrupted)
    .flatMap((splat) => [splatKey(splat), ...splat.altTitles.map((title) => `splat: ${title}`)]);
  const own = record.failureKey ?? record.kind ?? 'fail';
  return [...new Set([own, ...titles])];
}

/** One run out of the records of its tests, in the order in which they ran. */
export function resultOf(records: readonly TestRecord[]): RunResult {
  const failed = records
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'flaky')
    .map((record) => ({ test: record.id, keys: keysOf(record) }));
  const ran = records.filter(({ verdict }) => verdict !== 'skip' && verdict !== 'error');
  const trouble = records.find(({ verdict }) => verdict === 'error');
  const skipped = records.find(({ verdict }) => verdict === 'skip');
  return {
    failed,
    ran: ran.length,
    ...(trouble === undefined ? {} : { trouble: trouble.reason ?? 'no result' }),
    ...(ran.length > 0 || skipped === undefined ? {} : { skipped: skipped.reason ?? 'the test was skipped' }),
  };
}

/** What a run says of the failure that is looked for. */
export function observationOf(
  at: Place,
  { failed, ran, skipped, trouble }: RunResult,
  target: Target | undefined,
): Observation {
  const run = (outcome: 'match' | 'pass' | 'other'): Observation => ({ kind: 'run', at, outcome });
  if (target !== undefined && failed.some((one) => isTarget(one, target))) return run('match');
  const lost = failed.find(({ test }) => isBoot(test));
  if (lost !== undefined)
    return { kind: 'run', at, outcome: 'untestable', why: `it does not boot (${lost.keys[0] ?? ''})` };
  if (failed.length > 0) return run('other');
  if (trouble !== undefined) return { kind: 'run', at, outcome: 'infra', why: trouble };
  if (ran > 0) return run('pass');
  const why = skipped ?? 'no test came to a result';
  return { kind: 'run', at, outcome: skipped === undefined ? 'infra' : 'untestable', why };
}

export function isTarget({ test, keys }: Failed, target: Target): boolean {
  return test === target.test && target.keys.some((wanted) => keys.some((key) => keyMatches(wanted, key)));
}

/** Whether a failure key is the one that is wanted; `*` stands for anything. */
export function keyMatches(wanted: string, key: string): boolean {
  const parts = wanted.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(key);
}
