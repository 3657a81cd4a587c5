import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { CiError } from '../process/errors.js';
import { expandScenario } from './expand.js';
import { nearest } from './nearest.js';
import type { Case } from './schema.js';
import { readYaml } from './yaml-source.js';

/**
 * The cases of one scenario, without a suite: their ids are `<scenario>[/<case>]`.
 * @param name an id in tests/scenarios below `root`, or the path of a file
 * @throws CiError('usage') with file, line and column of what is wrong; for an unknown id with a guess
 */
export async function loadScenario(root: string, name: string): Promise<Case[]> {
  const folder = join(root, 'tests', 'scenarios');
  const own = join(folder, `${name}.yaml`);
  const file = !/[/\\]/.test(name) && existsSync(own) ? own : name;
  if (!existsSync(file)) {
    const known = readdirSync(folder)
      .filter((one) => one.endsWith('.yaml'))
      .map((one) => one.slice(0, -5))
      .sort();
    const guess = nearest(name, known);
    throw new CiError('usage', `no scenario "${name}"${guess ? `, did you mean "${guess}"?` : ''}`, {
      remedy: `give the path of a scenario file or one of: ${known.join(', ')}`,
    });
  }
  const shown = relative(process.cwd(), file);
  const label = shown.startsWith('..') ? file : shown;
  return expandScenario(await readYaml(file, label), '', basename(file).replace(/\.ya?ml$/, ''));
}

/**
 * The case that is called so, with or without its scenario in front.
 * @throws CiError('usage') where there is none, with a guess
 */
export function caseNamed(cases: readonly Case[], name: string): Case {
  const short = (test: Case): string => test.id.slice(test.scenario.length + 1);
  const found = cases.find((test) => test.id === name || short(test) === name || `/${test.id}` === name);
  if (found) return found;
  const ids = cases.map(short).filter((id) => id !== '');
  const scenario = cases[0]?.scenario ?? '';
  if (ids.length === 0)
    throw new CiError('usage', `scenario ${scenario} has one case without an id, not "${name}"`, {
      remedy: 'leave --case out',
    });
  const guess = nearest(name, ids);
  throw new CiError(
    'usage',
    `scenario ${scenario} has no case "${name}"${guess ? `, did you mean "${guess}"?` : ''}`,
    {
      remedy: `cases: ${ids.slice(0, 20).join(' ')}${ids.length > 20 ? ` … (${ids.length} in all)` : ''}`,
    },
  );
}
