import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../process/child.js';
import { CiError } from '../process/errors.js';
import { publishDir, writeFileAtomic } from '../store/atomic.js';
import { cacheDir } from '../store/paths.js';
import { tempDir } from '../store/temp.js';
import type { Progress } from './apt-state.js';
import { tagFor } from './deb-version.js';
import { fileAt, git, gitEnvironment } from './git.js';
import { parseMakefileRelease } from './release.js';
import type { SourcePackage } from './source-package.js';
import { sourceDir, type SourceRecord } from './source-store.js';

const IMPORT_DEADLINE_MS = 30 * 60_000;
/** Roughly what a kernel has; only for the progress bar. */
const FILES_EXPECTED = 96_000;

/**
 * deb → tar → tar.xz → tar → fast-import. Level 1: measured, the time goes into SHA-1 and unpacking; level 0 is no
 * faster and makes 1.5 GiB instead of 350 MiB.
 */
const PIPELINE = `set -o pipefail
dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc |
"$2" "$3" "$4" "$5" |
git -c core.compression=1 -c pack.compression=1 fast-import --quiet --done --depth=0 --date-format=raw`;

function failure(stderr: string, entry: SourcePackage): CiError {
  const full = /No space left|Disk quota/.test(stderr);
  return new CiError(
    'infra',
    `cannot import ${entry.name} ${entry.version}${full ? ': the disk is full' : ''}`,
    {
      detail: stderr.trim().split('\n').slice(-10).join('\n'),
      where: cacheDir(),
      remedy: full
        ? 'Free some space: `ci doctor --clean` removes caches and leftovers of dead runs.'
        : 'Run again; the package is downloaded anew.',
    },
  );
}

/** Large device-private folios as the tests drive them. */
export const FEATURE = { file: 'include/linux/memremap.h', symbol: 'zone_device_folio_init' } as const;

/**
 * Makes a bare git repository with one commit out of a Debian source package, publishes it in the cache and gives back
 * its record. Throws CiError('infra') for a damaged package or a full disk.
 */
export async function importSource(
  deb: string,
  entry: SourcePackage,
  progress: Progress,
  signal?: AbortSignal,
): Promise<SourceRecord> {
  const staged = tempDir('source');
  const repo = { gitDir: staged };
  await git(repo, ['init', '--quiet', '--bare', '--initial-branch=main', staged], { signal });
  const tag = tagFor(entry.version);
  const message = `Debian ${entry.name} ${entry.version}\n`;
  const script = fileURLToPath(new URL('tar-import-main.js', import.meta.url));
  const argv = ['bash', '-c', PIPELINE, 'import', deb, process.execPath, script, tag, message];
  const label = `import of ${entry.name} ${entry.version}`;
  progress(label, 0);
  const result = await run(argv, {
    what: label,
    deadlineMs: IMPORT_DEADLINE_MS,
    cwd: staged,
    env: gitEnvironment(repo),
    onLine: (line) => {
      const [, files] = /^progress (\d+) files/.exec(line) ?? [];
      if (files !== undefined) progress(label, Math.min(0.99, Number(files) / FILES_EXPECTED));
    },
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.exitCode !== 0) {
    await rm(staged, { recursive: true, force: true });
    throw failure(result.stderr, entry);
  }
  const head = (await git(repo, ['rev-parse', 'refs/heads/main'], { signal })).trim();
  const release = parseMakefileRelease((await fileAt(repo, head, 'Makefile', signal)) ?? '');
  if (release === undefined)
    throw failure('the package holds no kernel source (no version in Makefile)', entry);
  const header = await fileAt(repo, head, FEATURE.file, signal);
  const record: SourceRecord = {
    package: entry.name,
    packageVersion: entry.version,
    version: release.text,
    head,
    tag,
    hasFeature: header?.includes(FEATURE.symbol) ?? false,
    ...(entry.suite === undefined ? {} : { suite: entry.suite }),
  };
  await writeFileAtomic(join(staged, 'source.json'), `${JSON.stringify(record, null, 2)}\n`);
  await publishDir(staged, sourceDir(entry.name, entry.version));
  progress(label, 1);
  return record;
}
