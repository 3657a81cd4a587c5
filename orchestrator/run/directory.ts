import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { CiError } from '../process/errors.js';
import { projectRoot } from '../store/paths.js';

/** The paths of one run directory (DESIGN: Run directory). */
export interface RunDirectory {
  readonly id: string;
  readonly dir: string;
  readonly events: string;
  readonly runJson: string;
  readonly report: string;
  readonly repro: string;
  /** The series, where it came on stdin. */
  readonly series: string;
  pointDir(index: number): string;
}

/** Sortable and unique: `20260119-060005-3fa9c1`. */
export function runId(now: Date, random: string): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${random}`;
}

export function runDirectoryAt(dir: string, id: string): RunDirectory {
  return {
    id,
    dir,
    events: path.join(dir, 'events.jsonl'),
    runJson: path.join(dir, 'run.json'),
    report: path.join(dir, 'report.html'),
    repro: path.join(dir, 'repro.sh'),
    series: path.join(dir, 'series.mbox'),
    pointDir: (index) => path.join(dir, 'points', String(index)),
  };
}

/** Refuses an `--out` that holds something: results are never overwritten. Asked before anything costly begins. */
export async function assertOutFree(out: string | undefined): Promise<void> {
  if (out === undefined) return;
  const dir = path.resolve(out);
  const present = await readdir(dir).catch((error: unknown) =>
    (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [dir] : [],
  );
  if (present.length > 0)
    throw new CiError('usage', `--out ${dir} is not empty`, { remedy: 'name a new or empty directory' });
}

/**
 * Makes the directory of a new run.
 * @param folder below results, where the user names none
 */
export async function createRunDirectory(
  out: string | undefined,
  folder: 'runs' | 'bisects' = 'runs',
): Promise<RunDirectory> {
  const id = runId(new Date(), randomBytes(3).toString('hex'));
  const dir = out === undefined ? path.join(projectRoot(), 'results', folder, id) : path.resolve(out);
  await mkdir(path.join(dir, 'points'), { recursive: true });
  return runDirectoryAt(dir, id);
}
