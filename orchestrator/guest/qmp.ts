import { z } from 'zod';
import { withDeadline } from '../process/deadline.js';
import { CiError } from '../process/errors.js';

/** Greeting, event, answer and refusal; which one it is follows from the fields that are there. */
const Message = z.looseObject({
  QMP: z.unknown().optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.looseObject({ desc: z.string() }).optional(),
});
type Message = z.infer<typeof Message>;

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export type EventListener = (name: string, data: Readonly<Record<string, unknown>>) => void;

/**
 * QEMU's monitor protocol: one JSON object a line, here over the stdin and stdout of QEMU. Transport is the caller's:
 * `feed` takes each line, `write` gets each command, `end` is told when QEMU is gone.
 */
export class Qmp {
  readonly #write: (text: string) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<EventListener>();
  readonly #greeting: Promise<void>;
  #greeted: () => void = () => {};
  #refuse: (error: Error) => void = () => {};
  #nextId = 1;
  #ended: Error | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
    this.#greeting = new Promise((resolve, reject) => {
      this.#greeted = resolve;
      this.#refuse = reject;
    });
    this.#greeting.catch(() => {});
  }

  /** One line of QEMU's stdout. What is no QMP message is ignored (a library's own chatter). */
  feed(line: string): void {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return;
    }
    const parsed = Message.safeParse(json);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.QMP !== undefined) this.#greeted();
    else if (message.event === undefined) this.#settle(message);
    else for (const listener of this.#listeners) listener(message.event, message.data ?? {});
  }

  #settle({ id, error, return: value }: Message): void {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (pending === undefined) return;
    if (error === undefined) pending.resolve(value);
    else pending.reject(new CiError('infra', `QEMU refused ${pending.command}: ${error.desc}`));
  }

  /** QEMU is gone: everything that waits for it fails. */
  end(why: string): void {
    this.#ended ??= new CiError('infra', `QEMU is gone: ${why}`);
    this.#refuse(this.#ended);
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }

  /** Waits for the greeting and leaves negotiation mode. */
  async open(deadlineMs: number): Promise<void> {
    await withDeadline(this.#greeting, deadlineMs, 'QEMU to open its monitor');
    await this.execute('qmp_capabilities', {}, deadlineMs);
  }

  /** Runs a command, gives back its `return` value. CiError('infra') if QEMU refuses it, is gone or does not answer. */
  async execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    deadlineMs = 5_000,
  ): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
    });
    this.#write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    try {
      return await withDeadline(answer, deadlineMs, `QEMU to answer ${command}`);
    } finally {
      this.#pending.delete(id);
    }
  }

  /** A command of the human monitor; its output as text. */
  async human(command: string, deadlineMs = 5_000): Promise<string> {
    const args = { 'command-line': command };
    return String(await this.execute('human-monitor-command', args, deadlineMs));
  }

  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The loopback port that is forwarded to the guest's port 22, out of `info usernet`. */
export function forwardedPort(usernet: string): number | undefined {
  const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+22\b/.exec(usernet);
  return match === null ? undefined : Number(match[1]);
}
