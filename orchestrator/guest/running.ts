import { timer } from '../process/deadline.js';
import { CiError } from '../process/errors.js';
import { AgentChannel } from './agent.js';
import {
  AGENT_PATH,
  lossError,
  type AgentConnection,
  type ExecOptions,
  type ExecResult,
  type Guest,
  type GuestLoss,
} from './guest.js';
import type { Qemu } from './qemu.js';
import type { SshConnection } from './ssh.js';

/** A crash shows on the console and ends QEMU before the connection's end is believed to be the news. */
const SSH_LOSS_GRACE_MS = 1_000;
const HELLO_MS = 10_000;
const REQUEST_MS = 10_000;

/** A guest whose ssh server answers. */
export class RunningGuest implements Guest {
  readonly timeScale: number;
  readonly qemu: Qemu;
  readonly ssh: SshConnection;
  #agent: Promise<AgentConnection> | undefined;
  #closing = false;

  constructor(qemu: Qemu, ssh: SshConnection, timeScale: number) {
    this.qemu = qemu;
    this.ssh = ssh;
    this.timeScale = timeScale;
    void ssh.closed.then(() => {
      if (!this.#closing) timer(SSH_LOSS_GRACE_MS, () => this.#closing || qemu.declareLost('ssh-lost'));
    });
  }

  get consoleFile(): string {
    return this.qemu.console.file;
  }

  get lost(): Promise<GuestLoss> {
    return this.qemu.lost;
  }

  consoleText(): string {
    return this.qemu.console.text();
  }

  async agent(): Promise<AgentConnection> {
    this.#agent ??= this.#openAgent();
    return this.#agent;
  }

  async #openAgent(): Promise<AgentConnection> {
    const channel = await this.#orLost(this.ssh.open([AGENT_PATH]), 'the start of the agent');
    return AgentChannel.open(channel, {
      helloDeadlineMs: HELLO_MS * this.timeScale,
      requestDeadlineMs: REQUEST_MS * this.timeScale,
      lost: this.lost,
      lastConsoleLine: () => this.qemu.console.lastLine(),
    });
  }

  async exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    return this.#orLost(this.ssh.exec(argv, options), options.what);
  }

  /** As `promise`, but rejects as soon as the guest is gone, with the reason for that rather than its symptom. */
  async #orLost<T>(promise: Promise<T>, what: string): Promise<T> {
    let settled = false;
    const loss = new Promise<never>((_, reject) => {
      void this.lost.then((gone) => settled || reject(lossError(gone, what)));
    });
    try {
      return await Promise.race([promise, loss]);
    } catch (error) {
      if (error instanceof CiError) throw error;
      const details = { lastConsoleLine: this.qemu.console.lastLine(), cause: error };
      const symptom = new CiError(
        'guest-lost',
        `${what}: ${error instanceof Error ? error.message : String(error)}`,
        details,
      );
      const lag = new Promise<never>((_, reject) => timer(2 * SSH_LOSS_GRACE_MS, () => reject(symptom)));
      return await Promise.race([loss, lag]);
    } finally {
      settled = true;
    }
  }

  /** Ends the connection in order, before the guest is saved: none of it may be in the saved state. */
  async disconnect(): Promise<void> {
    this.#closing = true;
    await this.ssh.end();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.ssh.destroy();
    await this.qemu.kill();
  }
}
