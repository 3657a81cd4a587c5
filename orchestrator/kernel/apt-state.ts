import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOk, type ChildResult } from '../process/child.js';
import { CiError } from '../process/errors.js';
import { writeFileAtomic } from '../store/atomic.js';
import { cacheDir } from '../store/paths.js';
import {
  debianMirror,
  ownSuites,
  parseDeb822,
  parseOneLine,
  renderSources,
  type AptEntry,
} from './apt-sources.js';
import { parseShow, withSuites, type SourcePackage } from './source-package.js';

export type Progress = (text: string, fraction?: number) => void;

/** Where Debian keeps kernels newer than a stable release's. */
export const KERNEL_SUITES = ['sid', 'experimental', 'trixie-backports'] as const;

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const UPDATE_DEADLINE_MS = 10 * 60_000;
const DOWNLOAD_DEADLINE_MS = 60 * 60_000;
const FRESH_MS = 24 * 60 * 60_000;
const NO_MIRROR = 'Give a kernel tree with --tree DIR.';

/** Folders of our own for all that apt keeps, so that the machine's apt is left alone. */
export interface AptState {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

/** Entries of the machine's apt configuration (sources.list(5)). */
export async function machineEntries(etc = '/etc/apt'): Promise<AptEntry[]> {
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const entries = parseOneLine(await read(join(etc, 'sources.list')));
  const parts = join(etc, 'sources.list.d');
  for (const name of (await readdir(parts).catch(() => [])).toSorted(byName)) {
    if (name.endsWith('.sources')) entries.push(...parseDeb822(await read(join(parts, name))));
    else if (name.endsWith('.list')) entries.push(...parseOneLine(await read(join(parts, name))));
  }
  return entries;
}

async function codename(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME=(?:"?)(\w+)/m.exec(text)?.[1] ?? '';
}

/**
 * The apt configuration of the private state: how the machine reaches the network (Acquire::…: proxies, timeouts), and
 * nothing else of it, neither hooks nor pins. Pure; `dump` is the output of `apt-config dump`.
 */
export function aptConfig(dump: string, dir: string): string {
  const acquire = dump
    .split('\n')
    .filter(
      (line) => line.startsWith('Acquire::') && !/^Acquire::(IndexTargets|Changelogs|Languages)\b/.test(line),
    );
  return [
    ...acquire,
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::AllowInsecureRepositories "false";',
    'APT::Get::AllowUnauthenticated "false";',
    // Root may not be able to hand our cache over to the user _apt.
    'APT::Sandbox::User "root";',
    'APT::Install-Recommends "false";',
    `Dir::Etc::main "/dev/null";`,
    `Dir::Etc::parts "${dir}/none";`,
    `Dir::Etc::sourcelist "${dir}/sources.list";`,
    `Dir::Etc::sourceparts "${dir}/none";`,
    `Dir::Etc::preferences "/dev/null";`,
    `Dir::Etc::preferencesparts "${dir}/none";`,
    `Dir::State "${dir}/state";`,
    `Dir::State::lists "${dir}/lists";`,
    `Dir::State::status "${dir}/status";`,
    `Dir::Cache "${dir}/cache";`,
    '',
  ].join('\n');
}

/**
 * Sets up the private state with the suites that have new kernels, and with the machine's own ones if `withOwn`.
 * Throws CiError('usage') where the machine has no Debian mirror or no keyring to check signatures with.
 */
export async function openAptState(withOwn: boolean, signal?: AbortSignal): Promise<AptState> {
  const dir = join(cacheDir(), 'apt');
  const entries = await machineEntries();
  const release = await codename();
  const uri = debianMirror(entries, release);
  if (uri === undefined) {
    throw new CiError(
      'usage',
      'this machine has no Debian mirror in its apt configuration to take a kernel from',
      {
        remedy: NO_MIRROR,
      },
    );
  }
  if (!existsSync(KEYRING)) {
    throw new CiError('usage', `there is no Debian keyring to check signatures with (${KEYRING})`, {
      remedy: `Install it: apt-get install debian-archive-keyring. ${NO_MIRROR}`,
    });
  }
  for (const name of ['state', 'lists/partial', 'cache/archives/partial', 'none']) {
    await mkdir(join(dir, name), { recursive: true });
  }
  const suites = KERNEL_SUITES.map((suite) => ({ uri, suite, components: ['main'] }));
  const wanted = [...suites, ...(withOwn ? ownSuites(entries, release) : [])];
  const dump = await runOk(['apt-config', 'dump'], {
    what: 'apt-config',
    deadlineMs: 30_000,
    ...(signal === undefined ? {} : { signal }),
  });
  await writeFile(join(dir, 'status'), '', { flag: 'a' });
  await writeFileAtomic(join(dir, 'sources.list'), renderSources(wanted, KEYRING));
  await writeFileAtomic(join(dir, 'apt.conf'), aptConfig(dump.stdout, dir));
  return { dir, env: { APT_CONFIG: join(dir, 'apt.conf'), LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' } };
}

/** `dlstatus:1:37.5:…` of APT::Status-Fd is how far a download is. Pure. */
export function downloadFraction(line: string): number | undefined {
  const [, percent] = /^dlstatus:[^:]*:([\d.]+):/.exec(line) ?? [];
  return percent === undefined ? undefined : Number(percent) / 100;
}

async function apt(
  state: AptState,
  argv: readonly string[],
  options: {
    deadlineMs: number;
    cwd?: string;
    onFraction?: (fraction: number) => void;
    signal?: AbortSignal | undefined;
  },
): Promise<ChildResult> {
  return run(argv, {
    what: argv.slice(0, 2).join(' '),
    deadlineMs: options.deadlineMs,
    env: state.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onLine: (line) => {
      const fraction = downloadFraction(line);
      if (fraction !== undefined) options.onFraction?.(fraction);
    },
    maxBufferBytes: 256 * 2 ** 20,
  });
}

/** Whether the lists were fetched for the present sources.list within a day. */
async function isFresh(state: AptState): Promise<boolean> {
  const stamp = join(state.dir, 'updated');
  const text = await readFile(stamp, 'utf8').catch(() => undefined);
  const sources = await readFile(join(state.dir, 'sources.list'), 'utf8');
  if (text !== sources) return false;
  return Date.now() - (await stat(stamp)).mtimeMs < FRESH_MS;
}

/**
 * Fetches the package lists unless they are a day old at most. Gives back why it could not, if so: the lists there are
 * may still do.
 */
export async function updateLists(
  state: AptState,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (await isFresh(state)) return undefined;
  progress('package lists');
  const result = await apt(state, ['apt-get', 'update', '-qq', '-o', 'APT::Status-Fd=1'], {
    deadlineMs: UPDATE_DEADLINE_MS,
    signal,
    onFraction: (fraction) => progress('package lists', fraction),
  });
  // A suite that the mirror no longer has is a warning; without any list the search for packages fails later.
  const errors = result.stderr.split('\n').filter((line) => /^[EW]: /.test(line));
  if (result.exitCode !== 0 || errors.some((line) => line.includes('Failed to fetch'))) {
    return errors[0] ?? `apt-get update ended with ${result.exitCode}`;
  }
  await writeFileAtomic(join(state.dir, 'updated'), await readFile(join(state.dir, 'sources.list'), 'utf8'));
  return undefined;
}

/** All `linux-source-N` packages that the lists have. */
export async function listSourcePackages(state: AptState, signal?: AbortSignal): Promise<SourcePackage[]> {
  const options = { deadlineMs: 120_000, signal };
  const found = await apt(
    state,
    ['apt-cache', 'search', '--names-only', '^linux-source-[0-9]+\\.[0-9]+$'],
    options,
  );
  const names = found.stdout
    .split('\n')
    .flatMap((line) => line.split(' ', 1))
    .filter((name) => name !== '');
  if (names.length === 0) return [];
  const shown = await apt(state, ['apt-cache', 'show', '--all-versions', ...names], options);
  const madison = await apt(state, ['apt-cache', 'madison', ...names], options);
  return withSuites(parseShow(shown.stdout), madison.stdout);
}

/** Downloads a package into `dir`; apt checks size, hash and the signature of the list it comes from. */
export async function downloadPackage(
  state: AptState,
  wanted: SourcePackage,
  dir: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> {
  const label = `${wanted.name} ${wanted.version}${wanted.suite === undefined ? '' : ` from ${wanted.suite}`}`;
  const size = wanted.bytes > 0 ? ` (${Math.round(wanted.bytes / 2 ** 20)} MiB)` : '';
  const argv = ['apt-get', 'download', '-qq', '-o', 'APT::Status-Fd=1', `${wanted.name}=${wanted.version}`];
  progress(`download of ${label}${size}`, 0);
  const result = await apt(state, argv, {
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    cwd: dir,
    signal,
    onFraction: (fraction) => progress(`download of ${label}${size}`, fraction),
  });
  const deb = (await readdir(dir)).find((name) => name.endsWith('.deb'));
  if (result.exitCode === 0 && deb !== undefined) return join(dir, deb);
  const full = /No space left|not have enough free space/.test(result.stderr);
  throw new CiError('infra', `cannot download ${label}`, {
    detail: result.stderr.trim(),
    remedy: full
      ? 'The disk is full: `ci doctor --clean` removes caches and leftovers of dead runs.'
      : `Check the network and the mirror in the apt configuration. ${NO_MIRROR}`,
  });
}
