import { statSync } from 'node:fs';
import path from 'node:path';
import { loadProfiles } from '../kernel/profiles.js';

/** `ci bisect --config GOOD BAD [SERIES]`: the configurations, and what is left of the arguments. */
export interface ConfigEnds {
  /** Names of profiles, or absolute paths. */
  readonly configs: [string, string];
  readonly rest: readonly string[];
}

/**
 * The ends of a search between configurations. With one `--config` the first argument is its other end if it is the name of a
 * profile, or a file whose name ends in `.config`; otherwise it is a SERIES or a revision, and `--config` a fragment for all
 * kernels.
 */
export async function configEnds(
  what: readonly string[],
  config: readonly string[],
): Promise<ConfigEnds | undefined> {
  const [good, ...more] = config;
  const [bad, ...rest] = what;
  if (good === undefined || more.length > 0 || bad === undefined) return undefined;
  const profiles = Object.keys(await loadProfiles());
  if (!profiles.includes(bad) && !(bad.endsWith('.config') && isFile(bad))) return undefined;
  const end = (named: string): string => (profiles.includes(named) ? named : path.resolve(named));
  return { configs: [end(good), end(bad)], rest };
}

function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() === true;
}
