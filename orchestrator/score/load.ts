import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadProfiles } from '../kernel/profiles.js';
import { CiError } from '../process/errors.js';
import { nearest } from '../scenario/nearest.js';
import { readSeries } from '../series/read.js';
import type { Mutant } from './mutant.js';
import { placeOf } from './place.js';
import { readTrailers } from './trailers.js';

/** Where mutants are, below the project. */
export const MUTANTS = path.join('tests', 'mutants');
/** Files that git takes apart at the same time. */
const AT_ONCE = 8;

/**
 * The mutants of a project, by name. `wanted` chooses by name or by glob (`*` stands for anything); without it all come.
 * @param root the project
 * @throws CiError('usage') for an unknown name, with a guess, and for a file that is no mutant, with `file:line`
 */
export async function loadMutants(
  root: string,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<Mutant[]> {
  const names = await mutantNames(root);
  const profiles = Object.keys(await loadProfiles());
  const mutants: Mutant[] = [];
  const chosen = chooseNames(names, wanted);
  for (let at = 0; at < chosen.length; at += AT_ONCE) {
    const batch = chosen.slice(at, at + AT_ONCE).map((name) => load(root, name, profiles, signal));
    mutants.push(...(await Promise.all(batch)));
  }
  return mutants;
}

/** The names of all mutants of a project, in order. */
export async function mutantNames(root: string): Promise<string[]> {
  const files = await readdir(path.join(root, MUTANTS)).catch(() => []);
  return files
    .filter((file) => file.endsWith('.patch'))
    .map((file) => file.slice(0, -'.patch'.length))
    .toSorted();
}

/** The names that are wanted, in their order in `names`, each once. */
export function chooseNames(names: readonly string[], wanted: readonly string[]): string[] {
  if (names.length === 0)
    throw new CiError('usage', `there is no mutant in ${MUTANTS}`, { remedy: 'add a .patch file there' });
  const matches = wanted.map((glob) => {
    const pattern = glob.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    const whole = new RegExp(`^${pattern.join('.*')}$`);
    const found = names.filter((name) => whole.test(name));
    if (found.length > 0) return found;
    const guess = nearest(glob, names);
    throw new CiError('usage', `no mutant "${glob}"${guess ? `, did you mean "${guess}"?` : ''}`, {
      remedy: `the files in ${MUTANTS}, without .patch; * stands for anything`,
    });
  });
  const chosen = new Set(wanted.length === 0 ? names : matches.flat());
  return names.filter((name) => chosen.has(name));
}

async function load(
  root: string,
  name: string,
  profiles: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Mutant> {
  const where = path.join(MUTANTS, `${name}.patch`);
  const file = path.join(root, where);
  const series = await readSeries(file, signal === undefined ? {} : { signal });
  const [patch, ...more] = series.patches;
  if (patch === undefined || more.length > 0)
    throw new CiError('usage', `${series.patches.length} patches in one file`, {
      where: `${where}:1`,
      remedy: 'a mutant is one mail with one change',
    });
  const place = placeOf(Buffer.from(patch.diff).toString('utf8'));
  if (place === undefined || place.files !== 1 || place.hunks !== 1)
    throw new CiError('usage', `changes ${place?.hunks ?? 0} places in ${place?.files ?? 0} files`, {
      where: `${where}:1`,
      remedy: 'a mutant changes the kernel in one place',
    });
  const notes = readTrailers(await readFile(file, 'utf8'), where, profiles);
  return { name, subject: patch.subject, file: place.file, line: place.line, series, ...notes };
}
