import { sleep, timer, withDeadline } from './deadline.js';
import { EXIT, exitCodeOf, type ExitCode } from './errors.js';
import { killAll, killAllSync, refuseStarts } from './groups.js';
import { Teardown } from './teardown.js';

/** The program was told to end. Aborts carry it as their reason, so it comes out of every wait. */
export class Interrupted extends Error {
  readonly by: NodeJS.Signals;
  readonly exitCode: ExitCode;

  constructor(by: NodeJS.Signals) {
    super(`interrupted by ${by}`);
    this.name = 'Interrupted';
    this.by = by;
    this.exitCode = by === 'SIGINT' ? EXIT.sigint : EXIT.sigterm;
  }
}

export interface Supervision {
  /** Aborted with an Interrupted by the first signal. */
  readonly signal: AbortSignal;
  /** Undone when the program ends, in whatever way. */
  readonly teardown: Teardown;
}

export interface SuperviseOptions {
  /** Says things to the user; default: a line on stderr. */
  readonly say?: (text: string) => void;
  /** How long the body may take to unwind after the first signal, in milliseconds. */
  readonly unwindMs?: number;
  /** How long the teardown may take altogether, in milliseconds. */
  readonly teardownMs?: number;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const ALLOWED: ReadonlySet<number> = new Set(Object.values(EXIT));

/** Any exit code as one of the contract: what is not in it is an internal error. */
export function allowedExitCode(code: number | string | null | undefined): ExitCode {
  const number = Number(code ?? 0);
  return ALLOWED.has(number) ? (number as ExitCode) : EXIT.infra;
}

/** Whatever calls process.exit, with whatever code: only codes of the contract get out. */
function guardExitCode(): void {
  process.on('exit', (code) => {
    process.exitCode = allowedExitCode(process.exitCode ?? code);
  });
}

/** A reader that went away (`| head`) or a terminal that was closed must not become an internal error. */
function tolerateClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

/** How long a slow reader of stdout may take to the last byte. */
const FLUSH_MS = 10_000;

/** Resolves when everything written so far has left the process, or nobody reads it any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}

/**
 * The frame around the whole program; ends the process with the code that `body` resolves with (or that its error
 * stands for, after `say`), never with one outside the contract. The first SIGINT, SIGTERM or SIGHUP aborts
 * `signal`, lets the body unwind, runs the teardown and ends every child group, each under a deadline; the exit code is
 * then 130 or 143. A second one kills everything and exits at once. An exception that nobody caught is 128.
 */
export async function supervise(
  body: (supervision: Supervision) => Promise<ExitCode>,
  options: SuperviseOptions = {},
): Promise<never> {
  const say = options.say ?? ((text: string) => void process.stderr.write(`${text}\n`));
  const abort = new AbortController();
  const teardown = new Teardown();
  let interrupted: Interrupted | undefined;
  let endUnwinding = (): void => {};
  const unwindingOver = new Promise<ExitCode>((resolve) => {
    endUnwinding = () => resolve(EXIT.infra);
  });

  guardExitCode();
  tolerateClosedOutput();
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (interrupted !== undefined) {
        killAllSync();
        process.exit(interrupted.exitCode);
      }
      interrupted = new Interrupted(name);
      say(`\nci: ${name} received, stopping what is running (again to stop at once)`);
      abort.abort(interrupted);
      timer(options.unwindMs ?? 5000, endUnwinding);
    });
  }
  const fatal = (error: unknown): void => {
    say(`ci: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    killAllSync();
    process.exit(interrupted?.exitCode ?? EXIT.infra);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  // Comes only when nothing is left that could wake us, and the body has not ended: Node would exit with 0 or 13.
  process.on('beforeExit', () => fatal(new Error('the program waits for something that cannot come')));

  const work = (async () => body({ signal: abort.signal, teardown }))().catch((error: unknown) => {
    if (interrupted === undefined) say(error instanceof Error ? error.message : String(error));
    return exitCodeOf(error);
  });
  let code = await Promise.race([work, unwindingOver]);
  try {
    await withDeadline(teardown.run(), options.teardownMs ?? 15_000, 'the clean-up');
  } catch (error) {
    say(`ci: ${error instanceof Error ? error.message : String(error)}`);
  }
  refuseStarts(interrupted ?? new Error('the program is ending'));
  await killAll();
  if (interrupted !== undefined) code = interrupted.exitCode;
  // process.exit drops what a pipe has not taken yet: a long run.json would end in the middle.
  await Promise.race([Promise.all([flushed(process.stdout), flushed(process.stderr)]), sleep(FLUSH_MS)]);
  process.exit(code);
}
