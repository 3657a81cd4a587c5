import { z } from 'zod';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { AskedFor, PointRecord, RunRecord, TestRecord } from '../store/records.js';
import { writeFileAtomic } from '../store/atomic.js';
import { testsOf } from './words.js';

/** What later runs need to know of a run, beside its events: small enough to read of a hundred runs. */
export const RunDigest = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string(),
  startedAt: z.string(),
  series: z
    .strictObject({
      title: z.string(),
      version: z.number().int(),
      /** Of its patches; absent in digests of before. */
      subjects: z.array(z.string()).optional(),
    })
    .optional(),
  base: z.strictObject({ commit: z.string(), describe: z.string() }),
  profiles: z.array(z.string()),
  /** What was asked for, as far as it decides which tests there are; absent in digests of before. */
  asked: z.string().optional(),
  /** Nothing is left of it that was not tested; absent in digests of before. */
  complete: z.boolean().optional(),
  verdict: z.string(),
  introduced: z.number().int(),
  fixed: z.number().int(),
  /** Results at the last point that was tested. */
  tests: z.number().int(),
  /** Of these, the ids of those that failed. */
  failing: z.array(z.string()),
  /** The failure key of each of them. */
  keys: z.array(z.string()).optional(),
  /** The ids of those that were skipped. */
  skipped: z.array(z.string()).optional(),
});
export type RunDigest = z.infer<typeof RunDigest>;

const FILE = 'digest.json';
/** Runs that are looked at for a trend, newest first. */
const RUNS_MOST = 200;

export function digestOf(run: RunRecord): RunDigest {
  const last = run.points.findLast((point) => testsOf(run, point).length > 0);
  const tests = last === undefined ? [] : testsOf(run, last);
  const failing = tests.filter(({ verdict }) => verdict === 'fail');
  const { series, base, askedFor } = run;
  const subjects = run.points.filter(({ index }) => index > 0).map(({ subject }) => subject);
  return {
    schemaVersion: 1,
    id: run.id,
    startedAt: run.startedAt,
    ...(series === undefined ? {} : { series: { title: series.title, version: series.version, subjects } }),
    base: { commit: base.commit, describe: base.describe },
    profiles: run.profiles,
    ...(askedFor === undefined ? {} : { asked: askedOf(askedFor) }),
    complete: isComplete(run, last, tests),
    verdict: run.verdict,
    introduced: run.summary.introduced.length,
    fixed: run.summary.fixed.length,
    tests: tests.length,
    failing: failing.map(({ id }) => id),
    keys: failing.map(({ failureKey = '' }) => failureKey),
    skipped: tests.filter(({ verdict }) => verdict === 'skip').map(({ id }) => id),
  };
}

/** Every test of the last point has a result, unless it changes nothing that could be tested. */
function isComplete(
  { points }: RunRecord,
  last: PointRecord | undefined,
  tests: readonly TestRecord[],
): boolean {
  if (last === undefined || tests.some(({ verdict }) => verdict === 'error')) return false;
  const changesNothing = ({ build, notCompiled }: PointRecord): boolean =>
    (build.status === 'built' || build.status === 'cached') && notCompiled.length > 0;
  return points
    .slice(points.indexOf(last))
    .every((point) => point.verdict === 'good' || point.verdict === 'bad' || changesNothing(point));
}

function askedOf({ suites, test, fragments }: AskedFor): string {
  return [...suites, test ?? '', ...fragments].join(' ');
}

export async function writeDigest(dir: string, digest: RunDigest): Promise<void> {
  await writeFileAtomic(path.join(dir, FILE), `${JSON.stringify(digest)}\n`);
}

/** The digests of the newest runs below a folder; runs without one, or with one of another layout, are left out. */
export async function readDigests(runs: string): Promise<RunDigest[]> {
  const names = await readdir(runs).catch((): string[] => []);
  const newest = names.toSorted().slice(-RUNS_MOST);
  const read = newest.map(async (name): Promise<RunDigest | undefined> => {
    try {
      return RunDigest.parse(JSON.parse(await readFile(path.join(runs, name, FILE), 'utf8')));
    } catch {
      return undefined;
    }
  });
  return (await Promise.all(read)).filter((digest) => digest !== undefined);
}
