import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSpace } from '../process/disk.js';
import { CiError } from '../process/errors.js';
import { withLock } from '../store/lock.js';
import { tempDir } from '../store/temp.js';
import {
  downloadPackage,
  KERNEL_SUITES,
  listSourcePackages,
  openAptState,
  updateLists,
  type AptState,
  type Progress,
} from './apt-state.js';
import { FEATURE, importSource } from './import-source.js';
import { candidates, type SourcePackage } from './source-package.js';
import { pickStored, sourceDir, sourceRoot, storedSources, type SourceRecord } from './source-store.js';

export interface KernelSource {
  /** A bare repository: one commit on `main`, a tag for the package version. */
  readonly gitDir: string;
  readonly head: string;
  /** 7.3.4 */
  readonly version: string;
  readonly package?: string;
  /** For the user: which package, from where, and why not the wanted one. */
  readonly origin: string;
}

export interface ManagedSourceOptions {
  /** `7.3` (the newest linux-source-7.3), `7.3-rc7`, `7.3.4`, or a whole package version. */
  readonly want?: string;
  /** Nothing but `want` will do. */
  readonly exact?: boolean;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** A package of 170 MB, and 360 MB as a repository; measured with 7.3.4. */
const SOURCE_BYTES = 700 * 2 ** 20;
const LOCK_DEADLINE_MS = 90 * 60_000;

function sourceOf(record: SourceRecord, note?: string): KernelSource {
  const suite = record.suite === undefined ? '' : ` from ${record.suite}`;
  return {
    gitDir: sourceDir(record.package, record.packageVersion),
    head: record.head,
    version: record.version,
    package: `${record.package} ${record.packageVersion}`,
    origin: `Debian ${record.package} ${record.packageVersion}${suite}${note === undefined ? '' : `: ${note}`}`,
  };
}

async function fetchAndImport(
  state: AptState,
  entry: SourcePackage,
  options: ManagedSourceOptions,
): Promise<SourceRecord> {
  const stored = (await storedSources()).find(
    (record) => record.package === entry.name && record.packageVersion === entry.version,
  );
  if (stored !== undefined) return stored;
  const dir = tempDir('download');
  try {
    const deb = await downloadPackage(state, entry, dir, options.progress, options.signal);
    return await importSource(deb, entry, options.progress, options.signal);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Found {
  readonly state: AptState;
  readonly wanted: readonly SourcePackage[];
  readonly others: readonly SourcePackage[];
  readonly trouble: string | undefined;
}

/** Looks in the suites that have new kernels; for a wanted one that is not there also in the machine's own suites. */
async function search(options: ManagedSourceOptions): Promise<Found> {
  let found: Found | undefined;
  for (const withOwn of [false, true]) {
    const state = await openAptState(withOwn, options.signal);
    const trouble = await updateLists(state, options.progress, options.signal);
    const packages = await listSourcePackages(state, options.signal);
    found = { state, trouble, ...candidates(packages, options.want, options.exact ?? false) };
    if (options.want === undefined || found.wanted.length > 0) break;
  }
  if (found === undefined) throw new Error('unreachable');
  return found;
}

async function resolve(options: ManagedSourceOptions): Promise<KernelSource> {
  const { state, wanted, others, trouble } = await search(options);
  const [best] = wanted;
  if (best !== undefined) return sourceOf(await fetchAndImport(state, best, options));
  for (const entry of others) {
    const record = await fetchAndImport(state, entry, options);
    if (!record.hasFeature) continue;
    const missing = options.want === undefined ? '' : `, since no suite has ${options.want}`;
    return sourceOf(record, `the newest that has ${FEATURE.symbol}${missing}`);
  }
  const detail = trouble === undefined ? {} : { detail: trouble };
  const suites = KERNEL_SUITES.join(', ');
  if (options.exact === true && options.want !== undefined && trouble === undefined) {
    throw new CiError('usage', `no suite of the Debian mirror has linux-source ${options.want}`, {
      remedy: `Looked in ${suites} and the machine's own suites. Give a kernel tree with --tree DIR.`,
    });
  }
  throw new CiError('infra', `found no linux-source package with ${FEATURE.symbol} in ${suites}`, {
    ...detail,
    remedy:
      'Check the network and the mirror in the apt configuration, or give a kernel tree with --tree DIR.',
  });
}

/**
 * The kernel source that is tested where the user gives none: from Debian's linux-source packages, by a private apt
 * state, kept in the cache. What is in the cache already costs no network. Two runs at once import it once.
 */
export async function managedSource(options: ManagedSourceOptions): Promise<KernelSource> {
  const stored = pickStored(await storedSources(), options.want);
  if (stored !== undefined) return sourceOf(stored);
  const lock = {
    what: `fetching the kernel source ${options.want ?? ''}`.trim(),
    deadlineMs: LOCK_DEADLINE_MS,
    onWait: (owner: string) => options.progress(`waiting for ${owner}`),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  return withLock(join(sourceRoot(), 'lock'), lock, async () => {
    const sources = await storedSources();
    const meanwhile = pickStored(sources, options.want);
    if (meanwhile !== undefined) return sourceOf(meanwhile);
    requireSpace(sourceRoot(), SOURCE_BYTES, 'fetching and importing a kernel source');
    try {
      return await resolve(options);
    } catch (error) {
      const fallback = options.exact === true ? undefined : pickStored(sources, undefined);
      if (fallback === undefined || !(error instanceof CiError) || error.fault !== 'infra') throw error;
      return sourceOf(fallback, `already in the cache; ${error.message}`);
    }
  });
}
