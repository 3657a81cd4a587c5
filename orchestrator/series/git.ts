import { run, type ChildResult } from '../process/child.js';
import { CiError, type Fault } from '../process/errors.js';

/** Everything that makes git answer the same on every machine, and keeps it from running anything of the tree's. */
const FIXED_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.splitIndex=false',
  'core.quotePath=false',
  'core.logAllRefUpdates=false',
  'core.attributesFile=/dev/null',
  'advice.detachedHead=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'log.showSignature=false',
  'diff.noprefix=false',
  'diff.mnemonicPrefix=false',
  'diff.renames=true',
  'apply.whitespace=nowarn',
] as const;

const IDENTITY = { name: 'zone-device-ci', email: 'zone-device-ci@localhost' } as const;

export interface GitOptions {
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Default one minute. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: readonly string[];
  /** A directory that may belong to somebody else: the user named it, so git shall read it. */
  readonly trust?: string;
  /** The user's own git configuration counts, for what it ignores. */
  readonly userConfig?: boolean;
  readonly onLine?: (line: string) => void;
  readonly fault?: Fault;
  readonly remedy?: string;
}

/** GIT_DIR and its kin leak in from `git bisect run` and hooks; none may reach our git. */
function cleanEnvironment(): Record<string, undefined> {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('GIT_'))
      .map((name) => [name, undefined]),
  );
}

function environment(options: GitOptions): Record<string, string | undefined> {
  const configEnv = options.userConfig
    ? {}
    : { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' };
  return {
    ...cleanEnvironment(),
    ...configEnv,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_AUTHOR_NAME: IDENTITY.name,
    GIT_AUTHOR_EMAIL: IDENTITY.email,
    GIT_COMMITTER_NAME: IDENTITY.name,
    GIT_COMMITTER_EMAIL: IDENTITY.email,
    ...(options.gitDir === undefined ? {} : { GIT_DIR: options.gitDir }),
    ...(options.workTree === undefined ? {} : { GIT_WORK_TREE: options.workTree }),
    ...(options.indexFile === undefined ? {} : { GIT_INDEX_FILE: options.indexFile }),
    ...options.env,
  };
}

function argvOf(args: readonly string[], options: GitOptions): string[] {
  const config = [...FIXED_CONFIG, ...(options.config ?? [])];
  if (options.trust !== undefined) config.push(`safe.directory=${options.trust}`);
  return ['git', ...config.flatMap((item) => ['-c', item]), ...args];
}

/** Runs git; resolves for any exit code. Rejects with CiError('infra') if git is missing, hangs, or the disk is full. */
export async function tryGit(args: readonly string[], options: GitOptions = {}): Promise<ChildResult> {
  const result = await run(argvOf(args, options), {
    what: `git ${args[0] ?? ''}`,
    deadlineMs: options.deadlineMs ?? 60_000,
    env: environment(options),
    maxBufferBytes: 256 * 2 ** 20,
    // Not the caller's directory: a repository there, or a broken one, has nothing to do with it.
    cwd: options.cwd ?? '/',
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onLine === undefined ? {} : { onLine: lineSink(options.onLine) }),
  });
  if (/No space left on device|Disk quota exceeded/.test(result.stderr)) {
    throw new CiError('infra', `git ${args[0] ?? ''}: no space left on the disk of the cache`, {
      remedy: 'Free some space: `ci doctor --clean` removes caches and leftovers of dead runs.',
      detail: gitWords(result),
    });
  }
  if (result.signal !== null) {
    throw new CiError('infra', `git ${args[0] ?? ''} was killed by ${result.signal}`);
  }
  return result;
}

function lineSink(onLine: (line: string) => void): (line: string, stream: 'stdout' | 'stderr') => void {
  return (line, stream) => {
    if (stream === 'stdout') onLine(line);
  };
}

/** As tryGit, but an exit other than 0 is a CiError with git's words. Resolves to stdout. */
export async function git(args: readonly string[], options: GitOptions = {}): Promise<string> {
  const result = await tryGit(args, options);
  if (result.exitCode === 0) return result.stdout;
  throw new CiError(options.fault ?? 'infra', `git ${args[0] ?? ''} failed: ${lastLine(result.stderr)}`, {
    detail: `$ git ${args.join(' ')}\n${gitWords(result)}`,
    ...(options.remedy === undefined ? {} : { remedy: options.remedy }),
  });
}

/** First line of git's answer, or undefined if git fails. */
export async function ask(args: readonly string[], options: GitOptions = {}): Promise<string | undefined> {
  const result = await tryGit(args, options);
  return result.exitCode === 0 ? result.stdout.split('\n')[0] : undefined;
}

/** What git said, without the empty lines at the end. */
export function gitWords(result: ChildResult): string {
  return (result.stderr.trim() || result.stdout.trim()).slice(0, 8000);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** Splits the output of a `-z` option. */
export function splitNul(text: string): string[] {
  return text.split('\0').filter((item) => item !== '');
}
