import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CiError } from '../process/errors.js';

/** An environment variable that holds a path; empty counts as unset. */
function pathVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : resolve(value);
}

/** Where kernels, sources and temporary files live: $CI_CACHE_DIR, else zone-device-ci below the user's cache. */
export function cacheDir(): string {
  const own = pathVariable('CI_CACHE_DIR');
  if (own !== undefined) return own;
  return join(pathVariable('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'zone-device-ci');
}

let root: string | undefined;

/** The folder that holds our package.json, upwards from this module, whichever output folder it was compiled to. */
export function projectRoot(): string {
  if (root !== undefined) return root;
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return (root = folder);
  }
  throw new CiError('infra', `no package.json above ${here}: the program was moved out of its folder`);
}
