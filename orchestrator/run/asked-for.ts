import path from 'node:path';
import { optionDiff } from '../kernel/config-diff.js';
import { wantedOptions } from '../kernel/profiles.js';
import type { AskedFor } from '../store/records.js';
import { DEFAULT_PROFILE } from './options.js';
import type { RunOptions } from './options.js';

/** What the user asked for, as the record keeps it. Throws CiError('usage') for a profile or fragment that is not there. */
export async function askedFor(options: RunOptions): Promise<AskedFor> {
  const { suites, test, points, repeat, fragments, makeOptions, tree, source, profiles } = options;
  const values = async (profile: string, files: readonly string[]): Promise<ReadonlyMap<string, string>> =>
    new Map((await wantedOptions(profile, files)).map(({ name, value }) => [name, value]));
  const usual = await values(DEFAULT_PROFILE, []);
  const config = profiles.map(async (profile) => ({
    profile,
    differs: optionDiff(usual, await values(profile, fragments)),
  }));
  return {
    suites: [...suites],
    ...(test === undefined ? {} : { test }),
    points,
    repeat,
    ...(tree === undefined ? { source } : {}),
    fragments: fragments.map((file) => path.basename(file)),
    makeOptions: [...makeOptions],
    config: await Promise.all(config),
  };
}
