import { CiError } from '../process/errors.js';

/** The kernel under test and what goes into its guest. All paths on the host are absolute. */
export interface GuestImage {
  /** ELF with the PVH entry point (CONFIG_PVH). */
  readonly vmlinux: string;
  /** .ko files, put into /modules under their own names; /init loads zdplace.ko, suites load the others. */
  readonly modules: readonly string[];
  readonly files: readonly { readonly path: string; readonly from: string; readonly mode: number }[];
}

export interface GuestLoss {
  readonly reason: 'exited' | 'fatal-console' | 'ssh-lost';
  /** All that the console showed. */
  readonly console: string;
  readonly lastConsoleLine: string;
  /** QEMU's own words, where it had any. */
  readonly detail?: string;
}

export interface ExecOptions {
  /** For messages: "hmm-tests". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly onStdout?: (chunk: string) => void;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  /** Null where a signal ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** First line of the agent; everything but these fields is the caller's to interpret. */
export interface AgentHello {
  readonly hello: 1;
  readonly feature: boolean;
  readonly why: string | null;
  readonly kernel: string;
  readonly [field: string]: unknown;
}

export interface AgentRequest {
  readonly op: string;
  readonly [argument: string]: unknown;
}

export interface AgentReply {
  readonly id: number;
  readonly ok: boolean;
  readonly [field: string]: unknown;
}

export interface AgentConnection {
  readonly hello: AgentHello;
  /** Answers come in the order of requests. Rejects with CiError('crash' | 'guest-lost'); default deadline 10 s, scaled. */
  request(op: AgentRequest, deadlineMs?: number): Promise<AgentReply>;
  close(): void;
}

export interface Guest {
  readonly consoleFile: string;
  /** How much slower than the reference machine this one booted, at least 1; deadlines are multiplied by it. */
  readonly timeScale: number;
  consoleText(): string;
  /** Resolves when the guest is gone, or will do nothing useful any more. Never rejects. */
  readonly lost: Promise<GuestLoss>;
  /** The agent's connection; opened by the first call, later calls get the same one. */
  agent(): Promise<AgentConnection>;
  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult>;
  /** Ends QEMU. Never rejects; may be called twice. */
  close(): Promise<void>;
}

/** Where the agent lies in the guest; the caller puts it there with GuestImage.files. */
export const AGENT_PATH = '/bin/zdagent';

/** The error of whoever was waiting for a guest that is gone. */
export function lossError(loss: GuestLoss, what: string): CiError {
  const how = {
    exited: 'QEMU ended',
    'fatal-console': 'the kernel crashed',
    'ssh-lost': 'the guest stopped answering on its network',
  }[loss.reason];
  return new CiError(loss.reason === 'fatal-console' ? 'crash' : 'guest-lost', `${how} during ${what}`, {
    lastConsoleLine: loss.lastConsoleLine,
    detail: [loss.detail, loss.console.trimEnd().split('\n').slice(-20).join('\n')]
      .filter(Boolean)
      .join('\n'),
  });
}
