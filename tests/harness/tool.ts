import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { which } from '../../orchestrator/process/which.js';
import { projectRoot } from '../../orchestrator/store/paths.js';

/**
 * Path of a program that a test holds our output against; throws, so that the test fails, where it is not installed: what is
 * not tried has not passed. It must be one that `npm test` installs (tests/debian-packages.txt).
 */
export function tool(name: string, list = packages()): string {
  const debian = new RegExp(`^(\\S+) +${name} `, 'm').exec(list)?.[1];
  if (debian === undefined) throw new Error(`no package of tests/debian-packages.txt has ${name}`);
  const found = which(name);
  if (found !== undefined) return found;
  throw new Error(`${name} is not installed: sudo apt-get install --no-install-recommends ${debian}`);
}

function packages(): string {
  return readFileSync(join(projectRoot(), 'tests', 'debian-packages.txt'), 'utf8');
}
