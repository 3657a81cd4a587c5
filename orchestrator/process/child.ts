import { execa } from 'execa';
import { abortReason, deadlineError, timer, withDeadline } from './deadline.js';
import { CiError, type Fault } from './errors.js';
import { killGroup, registerGroup, releaseGroup, startsRefused } from './groups.js';
import { lastLines, Output, type StreamName } from './output.js';
import { tools, wrapArgv } from './prefix.js';
import { childPath, which } from './which.js';

export { killAll } from './groups.js';

export interface ChildOptions {
  /** For messages: "git am", "make vmlinux". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly cwd?: string;
  /** Merged over the environment of this process; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** When aborted, the whole group is killed and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Both streams are also appended to this file as they come. */
  readonly logFile?: string;
  readonly onLine?: (line: string, stream: StreamName) => void;
  /** Grandchildren die too when this process is SIGKILLed (make). */
  readonly pidNamespace?: boolean;
  /** Under SCHED_BATCH: what is sent to it does not cost this process its processor at once (sched(7)). */
  readonly batch?: boolean;
  /** Both streams together; default 64 MiB. More is an error. */
  readonly maxBufferBytes?: number;
}

export interface ChildResult {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface LiveChild {
  readonly pid: number;
  /** As the promise of `run`. A child that `kill()` ended resolves, with its signal. */
  readonly done: Promise<ChildResult>;
  /** SIGTERM to the group, SIGKILL after 2 s; resolves when it is gone. */
  kill(): Promise<void>;
  /** Never blocks; what comes after the child's end is dropped. */
  writeStdin(data: string): void;
}

/** After the leader's end a daemon that left the group may still hold the pipes; they are cut after this long. */
const DRAIN_MS = 2000;

function environment(extra: ChildOptions['env']): Record<string, string> {
  const merged = { ...process.env, PATH: childPath(), ...extra };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function locate(argv: readonly string[], options: ChildOptions): string {
  const [name] = argv;
  if (name === undefined || name === '') throw new CiError('infra', `${options.what}: empty command line`);
  const path = options.env?.['PATH'];
  const found = which(name, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(path === undefined ? {} : { path }),
  });
  if (found === undefined) {
    throw new CiError('infra', `cannot start ${options.what}: \`${name}\` is not installed or not in PATH`, {
      remedy: '`ci doctor` lists the programs that are needed and the packages that have them.',
    });
  }
  return found;
}

/** Quoted for a POSIX shell: what the user can paste. */
export function shellCommand(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/**
 * Starts a child in its own process group, which dies with this process (SIGKILL by the kernel). The group is
 * killed as a whole: by `kill()`, at the deadline (Infinity allowed), on abort, and whatever of it is left when its
 * leader ends. Throws CiError('infra') if the command does not exist, and the signal's reason if aborted already.
 */
export function start(argv: readonly string[], options: ChildOptions): LiveChild {
  return launch(argv, options, true);
}

function launch(argv: readonly string[], options: ChildOptions, openStdin: boolean): LiveChild {
  if (options.signal?.aborted === true) throw abortReason(options.signal);
  const refused = startsRefused();
  if (refused !== undefined) throw refused;

  const program = locate(argv, options);
  const [file = program, ...args] = wrapArgv([program, ...argv.slice(1)], tools(options), options);
  const output = new Output(options);
  const began = performance.now();
  const child = execa(file, args, {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: openStdin || options.input !== undefined ? 'pipe' : 'ignore',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: environment(options.env),
    extendEnv: false,
  });
  const { pid } = child;
  if (pid === undefined) {
    output.end();
    return failedStart(child, options);
  }
  registerGroup(pid);

  /** Why the child is being ended by us, if it is; the first reason counts. */
  let reason: Error | undefined;
  const stop = (why: unknown): void => {
    if (reason === undefined) {
      reason = asError(why);
      void killGroup(pid);
    }
  };
  const feed = (stream: StreamName) => (chunk: Uint8Array) => {
    try {
      output.take(stream, chunk);
    } catch (error) {
      stop(error);
    }
  };
  child.stdout?.on('data', feed('stdout')).on('error', () => {});
  child.stderr?.on('data', feed('stderr')).on('error', () => {});
  child.stdin?.on('error', () => {});
  if (options.input !== undefined) child.stdin?.end(options.input);

  const cancelDeadline = timer(options.deadlineMs, () => {
    stop(
      deadlineError(`${options.what} to end`, options.deadlineMs, {
        detail: lastLines(output.text('stdout') + output.text('stderr'), 10),
      }),
    );
  });
  const onAbort = (): void => {
    if (options.signal !== undefined) stop(abortReason(options.signal));
  };
  options.signal?.addEventListener('abort', onAbort, { once: true });
  let cancelDrain = (): void => {};
  child.once('exit', () => {
    releaseGroup(pid);
    cancelDrain = timer(DRAIN_MS, () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  });

  const done = (async (): Promise<ChildResult> => {
    const result = await child;
    releaseGroup(pid);
    cancelDeadline();
    cancelDrain();
    options.signal?.removeEventListener('abort', onAbort);
    try {
      output.end();
    } catch (error) {
      reason ??= asError(error);
    }
    if (reason !== undefined) throw reason;
    return {
      argv,
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stdout: output.text('stdout'),
      stderr: output.text('stderr'),
      durationMs: performance.now() - began,
    };
  })();
  // Whoever holds a LiveChild may look at `done` late or never; the error must not end the program meanwhile.
  done.catch(() => {});
  return {
    pid,
    done,
    kill: async () => {
      await killGroup(pid);
      await withDeadline(done, 2 * DRAIN_MS, `${options.what} to be reaped`).catch(() => {});
    },
    writeStdin: (data) => {
      if (child.stdin?.writable === true) child.stdin.write(data);
    },
  };
}

function failedStart(child: PromiseLike<object>, options: ChildOptions): LiveChild {
  const done = (async (): Promise<ChildResult> => {
    const result = await child;
    const why = 'originalMessage' in result ? String(result.originalMessage) : 'unknown reason';
    throw new CiError('infra', `cannot start ${options.what}: ${why}`, {
      cause: result,
    });
  })();
  done.catch(() => {});
  return { pid: -1, done, kill: async () => {}, writeStdin: () => {} };
}

/**
 * Runs a child to its end. Resolves for any exit code and signal; rejects with CiError('infra') if it cannot start or
 * the deadline passes (its group is killed), with the abort reason if aborted. stdin is `input` or empty.
 */
export async function run(argv: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return launch(argv, options, false).done;
}

/** As run, but an exit other than 0 is a CiError (`fault`, default infra) with the command and the last words of stderr. */
export async function runOk(
  argv: readonly string[],
  options: ChildOptions & { readonly fault?: Fault; readonly remedy?: string },
): Promise<ChildResult> {
  const result = await run(argv, options);
  if (result.exitCode === 0) return result;
  const how =
    result.signal === null ? `failed with exit code ${result.exitCode}` : `was killed by ${result.signal}`;
  const words = lastLines(result.stderr, 20) || lastLines(result.stdout, 20);
  // A tool that something else killed (the OOM killer) says nothing about the user's patch.
  const fault: Fault = result.signal === 'SIGKILL' ? 'infra' : (options.fault ?? 'infra');
  throw new CiError(fault, `${options.what} ${how}`, {
    detail: `$ ${shellCommand(argv)}\n${words}`,
    ...(options.remedy === undefined ? {} : { remedy: options.remedy }),
  });
}
