import { writeFileSync } from 'node:fs';
import { start, type LiveChild } from '../process/child.js';
import { withDeadline } from '../process/deadline.js';
import { CiError } from '../process/errors.js';
import { which } from '../process/which.js';
import { ConsoleWatch } from './console.js';
import type { GuestLoss } from './guest.js';
import type { Machine } from './machine.js';
import { forwardedPort, Qmp } from './qmp.js';

export interface QemuOptions {
  readonly argv: readonly string[];
  /** Folder that relative names in the argv and in QMP commands are taken from. */
  readonly cwd: string;
  readonly consoleFile: string;
  readonly isFatalLine: (line: string) => boolean;
  readonly onConsoleLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** How long a dying kernel may go on printing after the first fatal line, in milliseconds. */
const DRAIN_MS = 3_000;

/** A running QEMU: process, monitor and console as one thing that ends once. */
export class Qemu {
  readonly child: LiveChild;
  readonly qmp: Qmp;
  readonly console: ConsoleWatch;
  readonly lost: Promise<GuestLoss>;
  readonly #stderr: string[] = [];
  #report: (loss: GuestLoss) => void = () => {};
  #gone: GuestLoss | undefined;

  constructor(options: QemuOptions) {
    this.console = new ConsoleWatch(options.consoleFile, {
      isFatal: options.isFatalLine,
      ...(options.onConsoleLine === undefined ? {} : { onLine: options.onConsoleLine }),
    });
    this.qmp = new Qmp((text) => this.child.writeStdin(text));
    this.lost = new Promise((resolve) => {
      this.#report = resolve;
    });
    try {
      this.child = start(options.argv, {
        what: 'QEMU',
        deadlineMs: Number.POSITIVE_INFINITY,
        cwd: options.cwd,
        // A request would else stop us in the middle of writing it, while other guests wait to have their answers judged.
        batch: true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onLine: (line, stream) => {
          if (stream === 'stdout') this.qmp.feed(line);
          else this.#stderr.push(line);
        },
      });
    } catch (error) {
      this.console.close();
      throw error;
    }
    preferForOom(this.child.pid);
    void this.#watch();
  }

  get gone(): GuestLoss | undefined {
    return this.#gone;
  }

  /** What QEMU itself said, without the noise of being told to end. */
  get complaint(): string {
    return this.#stderr.filter((line) => !line.includes('terminating on signal')).join('\n');
  }

  async #watch(): Promise<void> {
    const ended = this.child.done.then(
      ({ exitCode, signal }) => (signal === null ? `exit code ${exitCode}` : `killed by ${signal}`),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    void this.console.fatal.then(async () => {
      // panic=-1 resets the machine at once, which ends QEMU; a kernel stuck in its panic is lost all the same.
      await withDeadline(ended, DRAIN_MS, 'the end of a crashed guest').catch(() => {});
      this.declareLost('fatal-console');
    });
    const how = await ended;
    this.console.read();
    this.declareLost(this.console.sawFatal ? 'fatal-console' : 'exited', how);
    this.qmp.end([how, this.complaint].filter((text) => text !== '').join(': '));
    this.console.close();
  }

  /** The first report counts. */
  declareLost(reason: GuestLoss['reason'], how = ''): void {
    if (this.#gone !== undefined) return;
    const detail = [how, this.complaint].filter((text) => text !== '').join('\n');
    this.#gone = {
      reason,
      console: this.console.text(),
      lastConsoleLine: this.console.lastLine(),
      ...(detail === '' ? {} : { detail }),
    };
    this.#report(this.#gone);
  }

  /** Loopback port that leads to the guest's ssh server. */
  async sshPort(): Promise<number> {
    const table = await this.qmp.human('info usernet');
    const port = forwardedPort(table);
    if (port === undefined) throw new CiError('infra', 'QEMU set up no port forward', { detail: table });
    return port;
  }

  async kill(): Promise<void> {
    await this.child.kill().catch(() => {});
  }
}

/** When memory runs out a guest goes first: it can be had again, the orchestrator cannot. */
function preferForOom(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // Gone already, or not Linux: its end is reported elsewhere.
  }
}

/** CiError('infra') with the package's name if the machine's QEMU is not installed. */
export function requireQemu(machine: Machine): void {
  if (which(machine.qemu.binary) !== undefined) return;
  throw new CiError('infra', `QEMU is missing: no \`${machine.qemu.binary}\` in PATH`, {
    remedy: `apt-get install ${machine.qemu.package}`,
  });
}
