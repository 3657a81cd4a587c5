import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import * as assert from 'uvu/assert';
import { runOk } from '../../../orchestrator/process/child.js';
import { withDeadline } from '../../../orchestrator/process/deadline.js';
import { LineSplitter } from '../../../orchestrator/process/output.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';

const LINE_MS = 5_000;

export type Json = Readonly<Record<string, unknown>>;

/** Compiles the agent of the guest for this machine, which has no /dev/zdplace. */
export async function compileAgent(out: string): Promise<string> {
  await runOk(['make', '-C', join(projectRoot(), 'guests', 'agent'), `OUT=${out}`, 'CFLAGS=-O1'], {
    what: 'make of the guest agent',
    deadlineMs: 60_000,
  });
  return join(out, 'zdagent');
}

/** An agent that runs here, and its lines. */
export class LocalAgent {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: string[] = [];
  readonly ended: Promise<number | null>;
  stderr = '';
  #wake: () => void = () => {};

  constructor(binary: string) {
    this.#child = spawn(binary, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    const splitter = new LineSplitter((line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#child.stdout.on('data', (chunk: Buffer) => splitter.write(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString('utf8')));
    this.#child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => this.#child.on('close', resolve));
  }

  get pid(): number {
    assert.type(this.#child.pid, 'number');
    return Number(this.#child.pid);
  }

  async line(): Promise<Json> {
    const arrived = new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#lines.length > 0) resolve();
    });
    await withDeadline(arrived, LINE_MS, "a line of the agent's");
    return JSON.parse(this.#lines.shift() ?? '') as Json;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  async ask(request: Json | string): Promise<Json> {
    this.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
    return this.line();
  }

  /** Lines that came and nobody read. */
  get unread(): readonly string[] {
    return this.#lines;
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
