import { StringDecoder } from 'node:string_decoder';
import ssh2, { type Algorithms, type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { abortReason, formatDuration, sleep, timer } from '../process/deadline.js';
import { CiError } from '../process/errors.js';
import type { ExecOptions, ExecResult } from './guest.js';
import type { LoginKeys } from './keys.js';

/**
 * One of each, so that nothing is negotiated. Under TCG curve25519 with ed25519 is the cheapest handshake dropbear has,
 * and chacha20 needs no table look-ups.
 */
const ALGORITHMS: Algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['chacha20-poly1305@openssh.com'],
  hmac: ['hmac-sha2-256'],
  compress: ['none'],
};

/** The soft-lockup and hung-task panics of the guest must come first: they say why. */
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_MISSES = 8;
/** Between attempts while the guest's server does not listen yet. */
const RETRY_MS = 20;

export interface SshTarget {
  readonly port: number;
  readonly keys: Pick<LoginKeys, 'privateKey' | 'hostPublicKey'>;
}

function attempt({ port, keys }: SshTarget, timeoutMs: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let strangeKey = false;
    const config: ConnectConfig = {
      host: '127.0.0.1',
      port,
      username: 'root',
      privateKey: keys.privateKey,
      // Without asking first what is allowed: one round trip less.
      authHandler: ['publickey'],
      algorithms: ALGORITHMS,
      hostVerifier: (key: Buffer) => {
        strangeKey = !key.equals(keys.hostPublicKey);
        return !strangeKey;
      },
      readyTimeout: timeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSES,
    };
    const fail = (error: Error): void => {
      client.removeAllListeners();
      // A socket that dies after its error may emit once more.
      client.on('error', () => {});
      client.destroy();
      reject(
        strangeKey ? new CiError('infra', `another host than the guest answers on 127.0.0.1:${port}`) : error,
      );
    };
    client.once('error', fail);
    client.once('close', () => fail(new Error('connection closed before the handshake')));
    client.once('ready', () => {
      client.removeAllListeners('error').removeAllListeners('close');
      // Losing the connection is told by `close`.
      client.on('error', () => {});
      resolve(client);
    });
    client.connect(config);
    // Nagle's algorithm would hold each small packet of the handshake for the 40 ms of a delayed ACK: 330 ms, not 90.
    client.setNoDelay();
  });
}

/** An attempt that can be repeated: nobody listens yet. Everything else does not get better by waiting. */
function isTooEarly(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    code === 'ECONNRESET' ||
    code === 'ECONNREFUSED' ||
    code === 'EPIPE' ||
    /before (the )?handshake/.test(error.message)
  );
}

/**
 * Logs in to a guest, again and again until its server listens. CiError('infra') for a wrong host key or refused
 * login; a plain Error after `deadlineMs` (the caller knows what it means), the abort reason on abort.
 */
export async function connect(
  target: SshTarget,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<SshConnection> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    if (signal.aborted) throw abortReason(signal);
    const left = end - performance.now();
    if (left <= 0) throw new Error(`ssh did not answer within ${formatDuration(deadlineMs)}`);
    try {
      const client = await attempt(target, left);
      if (signal.aborted) client.end();
      else return new SshConnection(client);
    } catch (error) {
      if (!isTooEarly(error)) throw error;
      await sleep(RETRY_MS, signal);
    }
  }
}

/** For a POSIX shell. */
export function quoteArgv(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** One connection, any number of commands over it. */
export class SshConnection {
  /** Resolves when the connection is gone, however it ended. */
  readonly closed: Promise<void>;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
    this.closed = new Promise((resolve) => {
      client.once('close', resolve);
    });
  }

  /**
   * Starts a program; `exec` in front of it saves the guest a fork. `attach` gets the channel before anything that came
   * with it: output waits for a listener, but the exit status of a quick program does not.
   */
  open(argv: readonly string[], attach: (channel: ClientChannel) => void = () => {}): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.#client.exec(`exec ${quoteArgv(argv)}`, (error, channel) => {
        if (error !== undefined) reject(error);
        else {
          attach(channel);
          resolve(channel);
        }
      });
    });
  }

  /** Runs a program to its end. CiError('infra') at the deadline, the abort reason on abort; its channel is closed then. */
  async exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const { signal, deadlineMs, what } = options;
    if (signal?.aborted === true) throw abortReason(signal);
    return new Promise((resolve, reject) => {
      const output: { code: number | null; stdout: string; stderr: string } = {
        code: null,
        stdout: '',
        stderr: '',
      };
      let channel: ClientChannel | undefined;
      const settle = (): void => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const stop = (error: Error): void => {
        settle();
        reject(error);
        channel?.destroy();
      };
      const onAbort = (): void => {
        if (signal !== undefined) stop(abortReason(signal));
      };
      const cancel = timer(deadlineMs, () => {
        const message = `${what} did not end within ${formatDuration(deadlineMs)}`;
        const detail = output.stdout.slice(-2_000);
        stop(new CiError('infra', message, { awaited: `${what} to end`, waitedMs: deadlineMs, detail }));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      const attach = (opened: ClientChannel): void => {
        channel = opened;
        collect(opened, output, options.onStdout).then((ended) => {
          settle();
          if (ended) resolve(output);
          else reject(new Error('the connection ended before the program'));
        }, stop);
      };
      this.open(argv, attach).catch(stop);
    });
  }

  /** Says goodbye; resolves when the connection is gone. */
  async end(): Promise<void> {
    this.#client.end();
    await this.closed;
  }

  destroy(): void {
    this.#client.destroy();
  }
}

/** Gathers what a program says until its channel closes; false if it closed without an exit status. */
function collect(
  channel: ClientChannel,
  output: { code: number | null; stdout: string; stderr: string },
  onStdout: ExecOptions['onStdout'],
): Promise<boolean> {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  return new Promise((resolve, reject) => {
    let ended = false;
    channel.on('data', (chunk: Buffer) => {
      const text = decoders.stdout.write(chunk);
      output.stdout += text;
      onStdout?.(text);
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      output.stderr += decoders.stderr.write(chunk);
    });
    channel.on('exit', (status: number | null) => {
      output.code = status;
      ended = true;
    });
    channel.on('error', reject);
    channel.on('close', () => resolve(ended));
  });
}
