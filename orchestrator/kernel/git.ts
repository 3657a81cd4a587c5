import { run, runOk, type ChildResult } from '../process/child.js';

export interface GitRepo {
  readonly gitDir: string;
  readonly workTree?: string;
  readonly indexFile?: string;
}

export interface GitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default two minutes. */
  readonly deadlineMs?: number;
  readonly input?: string;
  readonly onLine?: (line: string) => void;
}

/** No hooks, no user configuration, no variables that `git bisect run` or a hook leaves behind. */
export function gitEnvironment(repo: GitRepo): Record<string, string | undefined> {
  const inherited = Object.keys(process.env).filter((name) => name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    LC_ALL: 'C',
    GIT_DIR: repo.gitDir,
    ...(repo.workTree === undefined ? {} : { GIT_WORK_TREE: repo.workTree }),
    ...(repo.indexFile === undefined ? {} : { GIT_INDEX_FILE: repo.indexFile }),
  };
}

function prepare(repo: GitRepo, args: readonly string[], options: GitOptions) {
  const argv = [
    'git',
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'core.quotePath=false',
    '-c',
    'gc.auto=0',
    ...args,
  ];
  const childOptions = {
    what: `git ${args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? ''}`.trim(),
    deadlineMs: options.deadlineMs ?? 120_000,
    env: gitEnvironment(repo),
    maxBufferBytes: 256 * 2 ** 20,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  };
  return { argv, childOptions };
}

/** Runs git on a repository; any failure is a CiError('infra'). */
export async function git(repo: GitRepo, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { argv, childOptions } = prepare(repo, args, options);
  return (await runOk(argv, childOptions)).stdout;
}

/** As git(), but the exit code is the caller's business. */
export async function gitMay(
  repo: GitRepo,
  args: readonly string[],
  options: GitOptions = {},
): Promise<ChildResult> {
  const { argv, childOptions } = prepare(repo, args, options);
  return run(argv, childOptions);
}

/** Text of a file of a tree or commit; undefined if there is none. */
export async function fileAt(
  repo: GitRepo,
  revision: string,
  path: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const result = await gitMay(repo, ['cat-file', 'blob', `${revision}:${path}`], { signal });
  return result.exitCode === 0 ? result.stdout : undefined;
}
