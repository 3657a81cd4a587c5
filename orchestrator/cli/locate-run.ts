import { existsSync } from 'node:fs';
import path from 'node:path';
import { CiError } from '../process/errors.js';
import { projectRoot } from '../store/paths.js';

/** A run directory by its id, or by a path; CiError('usage') where there is none. */
export function locateRun(run: string): string {
  const candidates = [path.resolve(run), path.join(projectRoot(), 'results', 'runs', run)];
  const found = candidates.find((dir) => existsSync(path.join(dir, 'events.jsonl')));
  if (found === undefined)
    throw new CiError('usage', `no run "${run}"`, {
      remedy:
        'give the id of a folder in results/runs, or the path of a run directory (it has an events.jsonl)',
    });
  return found;
}
