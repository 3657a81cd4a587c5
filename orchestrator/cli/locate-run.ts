import { existsSync } from 'node:fs';
import path from 'node:path';
import { CiError } from '../process/errors.js';
import { projectRoot } from '../store/paths.js';

/** Where runs are kept. */
export const RUNS_FOLDER = path.join(projectRoot(), 'results', 'runs');

/** A run directory by its id, or by a path; CiError('usage') where there is none. */
export function locateRun(run: string): string {
  const candidates = [path.resolve(run), path.join(RUNS_FOLDER, run)];
  const found = candidates.find((dir) => existsSync(path.join(dir, 'events.jsonl')));
  if (found === undefined)
    throw new CiError('usage', `no run "${run}"`, {
      remedy: '`ci list` shows the runs; or give the path of a run directory (it has an events.jsonl)',
    });
  return found;
}
