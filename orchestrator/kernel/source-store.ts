import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheDir } from '../store/paths.js';
import { compareDebVersions } from './deb-version.js';
import { matchesWant } from './source-package.js';

/** What is known of an imported source; source.json inside its repository. */
export const SourceRecord = z.strictObject({
  package: z.string(),
  packageVersion: z.string(),
  /** As `make kernelversion` says. */
  version: z.string(),
  head: z.string(),
  tag: z.string(),
  hasFeature: z.boolean(),
  suite: z.string().optional(),
});
export type SourceRecord = z.infer<typeof SourceRecord>;

export function sourceRoot(): string {
  return join(cacheDir(), 'source');
}

export function sourceDir(packageName: string, packageVersion: string): string {
  return join(sourceRoot(), `${packageName}_${packageVersion}`);
}

/** All sources in the cache, newest first. */
export async function storedSources(): Promise<SourceRecord[]> {
  const found: SourceRecord[] = [];
  for (const name of await readdir(sourceRoot()).catch(() => [])) {
    const text = await readFile(join(sourceRoot(), name, 'source.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    try {
      const parsed = SourceRecord.safeParse(JSON.parse(text));
      if (parsed.success) found.push(parsed.data);
    } catch {
      // Not ours to repair; the package is imported again when it is wanted.
    }
  }
  return found.sort((a, b) => compareDebVersions(b.packageVersion, a.packageVersion));
}

/** The newest stored source that is what the user wants. */
export function pickStored(
  sources: readonly SourceRecord[],
  want: string | undefined,
): SourceRecord | undefined {
  return sources.find((source) =>
    want === undefined ? source.hasFeature : matchesWant(want, source.package, source.packageVersion),
  );
}
