import { z } from 'zod';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunRecord } from '../store/records.js';
import { writeFileAtomic } from '../store/atomic.js';
import { testsOf } from './words.js';

/** What later runs need to know of a run, beside its events: small enough to read of a hundred runs. */
export const RunDigest = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string(),
  startedAt: z.string(),
  series: z.strictObject({ title: z.string(), version: z.number().int() }).optional(),
  base: z.strictObject({ commit: z.string(), describe: z.string() }),
  profiles: z.array(z.string()),
  verdict: z.string(),
  introduced: z.number().int(),
  fixed: z.number().int(),
  /** Results at the last point that was tested. */
  tests: z.number().int(),
  /** Of these, the ids of those that failed. */
  failing: z.array(z.string()),
});
export type RunDigest = z.infer<typeof RunDigest>;

const FILE = 'digest.json';
/** Runs that are looked at for a trend, newest first. */
const RUNS_MOST = 200;

export function digestOf(run: RunRecord): RunDigest {
  const last = run.points.findLast((point) => testsOf(run, point).length > 0);
  const tests = last === undefined ? [] : testsOf(run, last);
  const { series, base } = run;
  return {
    schemaVersion: 1,
    id: run.id,
    startedAt: run.startedAt,
    ...(series === undefined ? {} : { series: { title: series.title, version: series.version } }),
    base: { commit: base.commit, describe: base.describe },
    profiles: run.profiles,
    verdict: run.verdict,
    introduced: run.summary.introduced.length,
    fixed: run.summary.fixed.length,
    tests: tests.length,
    failing: tests.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id),
  };
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
