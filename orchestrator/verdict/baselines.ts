import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CiError } from '../process/errors.js';
import { writeFileAtomic } from '../store/atomic.js';
import { projectRoot } from '../store/paths.js';
import { Baseline } from './baseline.js';

/** Where baselines are kept, in version control. */
export function baselineFolder(): string {
  return path.join(projectRoot(), 'results', 'baselines');
}

/** All baselines, by name. Throws CiError('usage') that names a file which is none. */
export async function loadBaselines(folder = baselineFolder()): Promise<Baseline[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(files.map((name) => readBaseline(path.join(folder, name))));
}

/** The baseline of that name; CiError('usage') where there is none. */
export async function baselineNamed(name: string, folder = baselineFolder()): Promise<Baseline> {
  const all = await loadBaselines(folder);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CiError('usage', `no baseline "${name}"`, {
    remedy:
      all.length === 0
        ? '`ci baseline save RUN` makes one'
        : `baselines: ${all.map((one) => one.name).join(', ')}`,
  });
}

/** Writes it; gives back the file. */
export async function saveBaseline(baseline: Baseline, folder = baselineFolder()): Promise<string> {
  const file = path.join(folder, `${baseline.name}.json`);
  await writeFileAtomic(file, `${JSON.stringify(baseline, null, 1)}\n`);
  return file;
}

async function readBaseline(file: string): Promise<Baseline> {
  const remedy = '`ci baseline save RUN` writes it anew';
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new CiError('usage', `not a baseline: ${(error as Error).message}`, {
      where: file,
      remedy,
      cause: error,
    });
  }
  const parsed = Baseline.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CiError('usage', `not a baseline: ${issue?.path.join('.')}: ${issue?.message}`, {
    where: file,
    remedy,
  });
}
