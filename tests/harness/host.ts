import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, type LiveChild } from '../../orchestrator/process/child.js';
import { withDeadline } from '../../orchestrator/process/deadline.js';
import { endOf, type FileEnd } from './judge.js';
import { reportPath, resultOf, watch, type FileOptions, type FileResult } from './run-file.js';

/** Begins the line with which a hosted process says that a file is through, and with which exit code. */
export const THROUGH = 'zdci-file-through ';

/** After its last file a hosted process only removes what tests left, which can wait for a busy disk. */
const END_MS = 60_000;

const PROGRAM = fileURLToPath(new URL('hosted.js', import.meta.url));

/**
 * Runs test files one after another in one process, which is started with the first of them. A file that ends its
 * process, or that is killed because its time is over, fails; the next one gets a new process.
 */
export class Host {
  readonly #options: FileOptions;
  /** What went wrong between files: it is nobody's and everybody's. */
  readonly #trouble: string[] = [];
  #child: LiveChild | undefined;
  #onLine: (line: string) => void = () => {};
  #busy = false;
  #last = '';

  constructor(options: FileOptions) {
    this.#options = options;
  }

  /** Runs one file; resolves when it is through. */
  async run(file: string): Promise<FileResult> {
    const reportFile = reportPath();
    const began = performance.now();
    const lines: string[] = [];
    let late: string | undefined;
    const child = (this.#child ??= this.#start());
    this.#busy = true;
    const stopWatching = watch(reportFile, this.#options.fileTimeoutMs, (what) => {
      late = what;
      void child.kill();
    });
    const end = await new Promise<FileEnd>((resolve, reject) => {
      const stdout = (): string => lines.join('\n');
      this.#onLine = (line) => {
        if (!line.startsWith(THROUGH)) lines.push(line);
        else resolve({ exitCode: Number(line.slice(THROUGH.length)), signal: null, stdout: stdout() });
      };
      child.done.then((ended) => resolve({ ...ended, stdout: stdout() }), reject);
      child.writeStdin(`${JSON.stringify({ file, reportFile })}\n`);
    }).finally(() => {
      stopWatching();
      this.#onLine = () => {};
      this.#busy = false;
    });
    this.#last = relative(this.#options.root, file);
    const durationMs = performance.now() - began;
    return resultOf(file, this.#options.root, { end, reportFile, late, durationMs, lines });
  }

  /** Ends the process; resolves with what went wrong in it after or between files, if something did. */
  async end(): Promise<FileResult | undefined> {
    const child = this.#child;
    if (child !== undefined) {
      child.writeStdin('\n');
      await withDeadline(child.done, END_MS, 'the process of the tests to end').catch((error: unknown) => {
        this.#trouble.push(`${error instanceof Error ? error.message : String(error)}: something keeps it`);
      });
      await child.kill();
    }
    if (this.#trouble.length === 0) return undefined;
    return {
      file: 'files that shared a process',
      passed: 0,
      failed: 1,
      skipped: 0,
      durationMs: 0,
      trouble: this.#trouble,
      output: '',
    };
  }

  #start(): LiveChild {
    const child = start([process.execPath, '--enable-source-maps', PROGRAM], {
      what: 'the process of the tests',
      deadlineMs: Number.POSITIVE_INFINITY,
      env: { FORCE_COLOR: '0' },
      onLine: (line) => this.#onLine(line),
      maxBufferBytes: Number.POSITIVE_INFINITY,
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
    child.done.then(
      (end) => {
        this.#child = undefined;
        if (!this.#busy && end.exitCode !== 0) this.#trouble.push(`${endOf(end)} after ${this.#last}`);
      },
      () => {},
    );
    return child;
  }
}
