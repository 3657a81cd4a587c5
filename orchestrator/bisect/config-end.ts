import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseFragment } from '../kernel/fragment.js';
import type { WantedOption } from '../kernel/fragment.js';
import { loadProfiles, wantedOptions } from '../kernel/profiles.js';
import { CiError } from '../process/errors.js';
import { writeFileAtomic } from '../store/atomic.js';

/** A configuration at an end of the search. */
export interface ConfigEnd {
  /** For people: the profile, or the name of the file. */
  readonly name: string;
  readonly profile: string;
  readonly fragments: readonly string[];
  readonly wanted: readonly WantedOption[];
}

/** First line of what kconfig itself writes. */
const FINISHED = /^# Automatically generated file; DO NOT EDIT\.$/m;

/**
 * A configuration by the name of a profile, or out of a file, which lies over a profile. Of a finished .config every line counts
 * as optional, since half of them follow from others and no two trees have all.
 * @param named of a profile, or an absolute path
 * @param profile that a file lies over
 * @param own where the lines of a finished .config are written to as such a fragment
 * @throws CiError('usage') for what is neither, and for a fragment that is malformed
 */
export async function configEnd(named: string, profile: string, own: string): Promise<ConfigEnd> {
  if (path.isAbsolute(named) && !existsSync(named))
    throw new CiError('usage', `there is no configuration ${named}: neither a profile nor a file`, {
      remedy: `profiles: ${Object.keys(await loadProfiles()).join(', ')}`,
    });
  if (!path.isAbsolute(named)) return withOptions({ name: named, profile: named, fragments: [] });
  const text = await readFile(named, 'utf8');
  const end = { name: path.basename(named), profile };
  if (!FINISHED.test(text)) return withOptions({ ...end, fragments: [named] });
  const lines = parseFragment(text, named).map(
    ({ name, value }) => `${name}=${value} # optional: of ${named}\n`,
  );
  await writeFileAtomic(own, lines.join(''));
  return withOptions({ ...end, fragments: [own] });
}

async function withOptions(end: Omit<ConfigEnd, 'wanted'>): Promise<ConfigEnd> {
  return { ...end, wanted: await wantedOptions(end.profile, end.fragments) };
}
