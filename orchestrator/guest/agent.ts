import type { ClientChannel } from 'ssh2';
import { z } from 'zod';
import { formatDuration, timer, withDeadline } from '../process/deadline.js';
import { CiError } from '../process/errors.js';
import { LineSplitter } from '../process/output.js';
import {
  lossError,
  type AgentConnection,
  type AgentHello,
  type AgentReply,
  type AgentRequest,
  type GuestLoss,
} from './guest.js';

const Hello = z.looseObject({
  hello: z.literal(1),
  feature: z.boolean(),
  why: z.string().nullable(),
  kernel: z.string(),
});

const Reply = z.looseObject({ id: z.number().int(), ok: z.boolean() });

/** The guest's own end explains more than the end of its agent, but is noticed a little later. */
const LOSS_LAG_MS = 500;

type ErrorFor = (what: string) => Error;

interface Pending {
  readonly op: string;
  readonly resolve: (reply: AgentReply) => void;
  readonly reject: (error: Error) => void;
}

export interface AgentOptions {
  readonly helloDeadlineMs: number;
  readonly requestDeadlineMs: number;
  readonly lost: Promise<GuestLoss>;
  readonly lastConsoleLine: () => string;
}

/** The agent's side of a channel: JSON lines, answers matched by id. */
export class AgentChannel implements AgentConnection {
  readonly #channel: ClientChannel;
  readonly #options: AgentOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #greeting: Promise<string>;
  #greet: ((line: string) => void) | undefined;
  #refuse: (error: Error) => void = () => {};
  #hello: AgentHello | undefined;
  #nextId = 1;
  #unsent = '';
  #dead: ErrorFor | undefined;

  private constructor(channel: ClientChannel, options: AgentOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#greeting = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#refuse = reject;
    });
    this.#greeting.catch(() => {});
    let words = '';
    const lines = new LineSplitter((line) => this.#line(line));
    channel.on('data', (chunk: Buffer) => lines.write(chunk));
    channel.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-4_000);
    });
    channel.on('error', () => {});
    channel.on('close', () => {
      timer(LOSS_LAG_MS, () => {
        const details = { lastConsoleLine: options.lastConsoleLine(), detail: words.trim() };
        this.#die(
          (what) => new CiError('guest-lost', `the agent in the guest ended during ${what}`, details),
        );
      });
    });
    void options.lost.then((loss) => this.#die((what) => lossError(loss, what)));
  }

  /** Waits for the agent's first line. CiError('infra') if it says something else or nothing. */
  static async open(channel: ClientChannel, options: AgentOptions): Promise<AgentChannel> {
    const agent = new AgentChannel(channel, options);
    const line = await withDeadline(agent.#greeting, options.helloDeadlineMs, "the agent's first line", {
      lastConsoleLine: options.lastConsoleLine(),
    });
    const hello = Hello.safeParse(parseJson(line));
    if (!hello.success) {
      channel.close();
      throw new CiError('infra', 'the agent in the guest does not speak our protocol', {
        detail: line.slice(0, 500),
      });
    }
    agent.#hello = hello.data;
    return agent;
  }

  get hello(): AgentHello {
    if (this.#hello === undefined) throw new Error('the agent has not said hello');
    return this.#hello;
  }

  #line(line: string): void {
    if (this.#greet !== undefined) {
      this.#greet(line);
      this.#greet = undefined;
      return;
    }
    const reply = Reply.safeParse(parseJson(line));
    if (reply.success) {
      // An answer that comes after its deadline has nobody to take it.
      this.#pending.get(reply.data.id)?.resolve(reply.data);
      return;
    }
    const detail = line.slice(0, 500);
    this.#die((what) => new CiError('infra', `the agent's answer to ${what} is no reply`, { detail }));
  }

  #die(error: ErrorFor): void {
    if (this.#dead !== undefined) return;
    this.#dead = error;
    this.#refuse(error("the agent's start"));
    for (const { op, reject } of this.#pending.values()) reject(error(op));
  }

  async request(op: AgentRequest, deadlineMs = this.#options.requestDeadlineMs): Promise<AgentReply> {
    if (this.#dead !== undefined) throw this.#dead(op.op);
    const id = this.#nextId++;
    let cancel = (): void => {};
    const answer = new Promise<AgentReply>((resolve, reject) => {
      this.#pending.set(id, { op: op.op, resolve, reject });
      cancel = timer(deadlineMs, () => reject(this.#late(op.op, deadlineMs)));
    });
    this.#send(`${JSON.stringify({ ...op, id })}\n`);
    try {
      return await answer;
    } finally {
      cancel();
      this.#pending.delete(id);
    }
  }

  /** Requests that are made one right after the other go in one packet: the guest wakes up once for all of them. */
  #send(line: string): void {
    if (this.#unsent === '') {
      queueMicrotask(() => {
        if (this.#channel.writable) this.#channel.write(this.#unsent);
        this.#unsent = '';
      });
    }
    this.#unsent += line;
  }

  #late(op: string, ms: number): CiError {
    return new CiError('guest-lost', `the agent did not answer ${op} within ${formatDuration(ms)}`, {
      awaited: `the answer to ${op}`,
      waitedMs: ms,
      lastConsoleLine: this.#options.lastConsoleLine(),
    });
  }

  close(): void {
    this.#channel.close();
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
