import { z } from 'zod';
import { CiError } from '../process/errors.js';
import type { PointRecord, RunRecord, TestRecord } from '../store/records.js';
import { keyOf } from './compare.js';
import { parseVersion } from './kernel-range.js';

/**
 * What a kernel gave when somebody looked at it and found it right: results/baselines/<name>.json. Tests are listed by what
 * came of them; failures and known deviations with their key.
 */
export const Baseline = z.strictObject({
  schemaVersion: z.literal(1),
  /** Name of its file: `7.3`, or what the user called it. */
  name: z.string().regex(/^[\w.+-]+$/),
  /** Run and day it was made from. */
  run: z.string(),
  savedAt: z.iso.date(),
  base: z.string(),
  kernelSignature: z.string().optional(),
  profiles: z.array(z.string()),
  machine: z.string(),
  pass: z.array(z.string()),
  skip: z.array(z.string()),
  /** Said neither, at that look: nothing is compared with them. */
  flaky: z.array(z.string()),
  known: z.record(z.string(), z.string()),
  fail: z.record(z.string(), z.string()),
});
export type Baseline = z.infer<typeof Baseline>;

/** How a test of a run differs from a baseline. */
export interface BaselineDifference {
  readonly test: string;
  /** In words: `pass`, `known: large-rmappable-leak`, `fail: stale-field …`. */
  readonly before: string;
  readonly now: string;
}

export interface BaselineComparison {
  readonly worse: readonly BaselineDifference[];
  readonly better: readonly BaselineDifference[];
  /** Known or failing as before, with another key. */
  readonly other: readonly BaselineDifference[];
  readonly equal: number;
  /** Tests of the baseline that the run did not have, and tests that are new since then. */
  readonly absent: readonly string[];
  readonly added: readonly string[];
}

/**
 * The baseline that the first point of a run is.
 * @throws CiError('usage') where that point has no results, or one of them is no result
 */
export function baselineOf(run: RunRecord, name: string, savedAt: string): Baseline {
  const point = run.points.find(({ index }) => index === 0);
  if (point === undefined || point.tests.length === 0)
    throw new CiError('usage', `run ${run.id} has no results of its base`, {
      remedy: 'take a run that came to its end: `ci list` shows them',
    });
  const error = point.tests.find(({ verdict }) => verdict === 'error');
  if (error !== undefined)
    throw new CiError('usage', `run ${run.id}: ${error.id} came to no result: ${error.reason ?? ''}`, {
      remedy: 'run it again',
    });
  if (run.askedFor?.test !== undefined)
    throw new CiError('usage', `run ${run.id} has only the tests that match ${run.askedFor.test}`, {
      remedy: 'run it without --test',
    });
  return {
    schemaVersion: 1,
    name,
    run: run.id,
    savedAt,
    base: run.base.describe,
    ...(point.kernelSignature === undefined ? {} : { kernelSignature: point.kernelSignature }),
    profiles: run.profiles,
    machine: run.machine.name,
    ...listed(point),
  };
}

/**
 * A baseline beside those that were kept before, so that a test which is intermittent is not compared with just because it came out
 * well this time. Intermittent is what any baseline of these profiles and this machine lists so, and what another look at the
 * same kernel saw otherwise.
 * @param looks further runs that the user says are looks at the same kernel; else those count that are the same to the bit
 */
export function steadied(
  made: Baseline,
  earlier: readonly Baseline[],
  looks: readonly Baseline[] = [],
): Baseline {
  const akin = earlier.filter((one) => isAkin(one, made));
  const results = resultsOf(made);
  const unsteady = new Set([...made.flaky, ...[...akin, ...looks].flatMap(({ flaky }) => flaky)]);
  const same = akin.filter(
    ({ kernelSignature }) => kernelSignature !== undefined && kernelSignature === made.kernelSignature,
  );
  for (const other of [...same, ...looks]) {
    for (const [id, before] of resultsOf(other)) {
      const now = results.get(id);
      if (now !== undefined && now !== before) unsteady.add(id);
    }
  }
  const known = new Set([...results.keys(), ...made.flaky]);
  const steady = (ids: readonly string[]): string[] => ids.filter((id) => !unsteady.has(id));
  const keyed = (all: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(all).filter(([id]) => !unsteady.has(id)));
  return {
    ...made,
    pass: steady(made.pass),
    skip: steady(made.skip),
    flaky: [...unsteady].filter((id) => known.has(id)).toSorted(),
    known: keyed(made.known),
    fail: keyed(made.fail),
  };
}

/** Of the same profiles and machine: only such baselines can be compared. */
export function isAkin(
  one: Pick<Baseline, 'profiles' | 'machine'>,
  other: Pick<Baseline, 'profiles' | 'machine'>,
): boolean {
  return one.profiles.join() === other.profiles.join() && one.machine === other.machine;
}

/** What came of each test, intermittent ones left out, in words. */
function resultsOf(baseline: Baseline): ReadonlyMap<string, string> {
  return new Map<string, string>([
    ...baseline.pass.map((id) => [id, 'pass'] as const),
    ...baseline.skip.map((id) => [id, 'skip'] as const),
    ...Object.entries(baseline.known).map(([id, key]) => [id, `known: ${key}`] as const),
    ...Object.entries(baseline.fail).map(([id, key]) => [id, `fail: ${key}`] as const),
  ]);
}

function listed({ tests }: PointRecord): Pick<Baseline, 'pass' | 'skip' | 'flaky' | 'known' | 'fail'> {
  const of = (verdict: TestRecord['verdict']): TestRecord[] =>
    tests.filter((test) => test.verdict === verdict).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const keyed = (found: readonly TestRecord[]): Record<string, string> =>
    Object.fromEntries(found.map((test) => [test.id, keyOf(test)]));
  return {
    pass: of('pass').map(({ id }) => id),
    skip: of('skip').map(({ id }) => id),
    flaky: of('flaky').map(({ id }) => id),
    known: keyed(of('known')),
    fail: keyed(of('fail')),
  };
}

/** `7.3` for a base named `v7.3.4-debian-1`; undefined where no version can be read in it. */
export function versionName(describe: string): string | undefined {
  const version = parseVersion(describe.replace(/^\D*/, ''));
  return version === undefined ? undefined : `${version[0]}.${version[1]}`;
}

/** The baseline that a run is compared with by default: of the same version of the kernel, profiles and machine. */
export function baselineFor(run: RunRecord, baselines: readonly Baseline[]): Baseline | undefined {
  const fits = baselines.filter(
    ({ profiles, machine }) => profiles.join() === run.profiles.join() && machine === run.machine.name,
  );
  const version = versionName(run.base.describe);
  const signature = run.points.find(({ index }) => index === 0)?.kernelSignature;
  return (
    fits.find(({ kernelSignature }) => kernelSignature !== undefined && kernelSignature === signature) ??
    fits.find(({ base }) => version !== undefined && versionName(base) === version)
  );
}

/** The tests of a point beside a baseline. Skips, errors and intermittent failures of the run say nothing. */
export function compareWithBaseline(baseline: Baseline, tests: readonly TestRecord[]): BaselineComparison {
  const before = resultsOf(baseline);
  const worse: BaselineDifference[] = [];
  const better: BaselineDifference[] = [];
  const other: BaselineDifference[] = [];
  let equal = 0;
  for (const test of tests) {
    const was = before.get(test.id);
    if (was === undefined || test.verdict === 'error' || test.verdict === 'flaky') continue;
    const now = inWords(test);
    const difference = { test: test.id, before: was, now };
    if (was === now) equal += 1;
    else if (rank(now) > rank(was)) worse.push(difference);
    else if (rank(now) < rank(was)) better.push(difference);
    else other.push(difference);
  }
  const flaky = new Set(baseline.flaky);
  const ids = new Set(tests.map(({ id }) => id));
  return {
    worse,
    better,
    other,
    equal,
    absent: [...before.keys()].filter((id) => !ids.has(id)),
    added: tests.filter(({ id }) => !before.has(id) && !flaky.has(id)).map(({ id }) => id),
  };
}

function inWords(test: TestRecord): string {
  return test.verdict === 'known' || test.verdict === 'fail'
    ? `${test.verdict}: ${keyOf(test)}`
    : test.verdict;
}

/** How bad it is: a skip is worse than a pass, since nobody knows any more. */
function rank(words: string): number {
  return ['pass', 'known', 'skip', 'fail'].indexOf(words.split(':')[0] ?? '');
}
