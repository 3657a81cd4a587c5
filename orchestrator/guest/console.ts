import { closeSync, openSync, readSync, watch, type FSWatcher } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** inotify may be missing or exhausted; then the file is looked at this often, in milliseconds. */
const POLL_MS = 250;

export interface ConsoleOptions {
  /** True for a line after which the guest does nothing useful any more. */
  readonly isFatal: (line: string) => boolean;
  readonly onLine?: (line: string) => void;
}

/** The serial console of a guest: a file QEMU appends to (which never blocks it), read as it grows. */
export class ConsoleWatch {
  readonly file: string;
  /** Resolves with the first fatal line. */
  readonly fatal: Promise<string>;
  readonly #options: ConsoleOptions;
  readonly #fd: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #buffer = Buffer.alloc(65_536);
  readonly #waiting = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;
  #sawFatal: (line: string) => void = () => {};
  readonly #lines: string[] = [];
  #text = '';
  #rest = '';
  #offset = 0;
  #fatalLine = '';
  #closed = false;

  /** The file is created if it is not there. */
  constructor(file: string, options: ConsoleOptions) {
    this.file = file;
    this.#options = options;
    this.#fd = openSync(file, 'a+');
    this.fatal = new Promise((resolve) => {
      this.#sawFatal = resolve;
    });
    try {
      this.#watcher = watch(file, { persistent: false }, () => this.read());
      this.#watcher.on('error', () => {});
    } catch {
      this.#watcher = undefined;
    }
    this.#poll = setInterval(() => this.read(), POLL_MS).unref();
  }

  /** All that was printed so far, carriage returns left out. Only ever grows. */
  text(): string {
    this.read();
    return this.#text;
  }

  /** The last `count` full lines that say something. */
  tail(count: number): string {
    this.read();
    return this.#lines
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .join('\n');
  }

  lastLine(): string {
    return this.tail(1);
  }

  get printed(): boolean {
    return this.#offset > 0;
  }

  /** The first fatal line, without its time stamp and task; empty while there is none. */
  get fatalLine(): string {
    return this.#fatalLine.replace(/^(?:\[[^\]]*\])+ */, '');
  }

  get sawFatal(): boolean {
    return this.#fatalLine !== '';
  }

  /** Resolves when `test` gives something for what the console holds now or later. */
  async until<T>(test: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = test();
        if (found === undefined) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      this.read();
      check();
    });
  }

  /** Resolves with the first line, past or to come, that matches. */
  async line(pattern: RegExp): Promise<string> {
    let seen = 0;
    return this.until(() => {
      const found = this.#lines.slice(seen).find((line) => pattern.test(line));
      seen = this.#lines.length;
      return found;
    });
  }

  /** Takes in what QEMU has written since the last time. */
  read(): void {
    if (this.#closed) return;
    const before = this.#offset;
    for (;;) {
      const count = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, this.#offset);
      if (count === 0) break;
      this.#offset += count;
      this.#add(this.#decoder.write(this.#buffer.subarray(0, count)).replaceAll('\r', ''));
    }
    if (this.#offset !== before) for (const check of this.#waiting) check();
  }

  #add(text: string): void {
    this.#text += text;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    this.#lines.push(line);
    this.#options.onLine?.(line);
    if (this.sawFatal || !this.#options.isFatal(line)) return;
    this.#fatalLine = line;
    this.#sawFatal(line);
  }

  close(): void {
    if (this.#closed) return;
    this.read();
    this.#closed = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    closeSync(this.#fd);
  }
}
