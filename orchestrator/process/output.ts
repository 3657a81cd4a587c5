import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { diskError } from './disk.js';
import { CiError } from './errors.js';

export type StreamName = 'stdout' | 'stderr';

/** Cuts a stream of bytes into lines; a multi-byte character may be spread over chunks. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Uint8Array): void {
    this.#take(this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  }

  /** Gives out a last line that had no newline. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}

/** A file that both streams of a child are appended to as they come. Throws CiError('infra') when the disk is full. */
export class LogFile {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#fd = openSync(path, 'a');
    } catch (error) {
      throw diskError(error, path, 'a log');
    }
  }

  write(chunk: Uint8Array): void {
    try {
      let done = 0;
      while (this.#fd !== undefined && done < chunk.length) done += writeSync(this.#fd, chunk, done);
    } catch (error) {
      throw diskError(error, this.#path, 'a log');
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

export interface OutputOptions {
  readonly what: string;
  readonly logFile?: string;
  readonly onLine?: (line: string, stream: StreamName) => void;
  readonly maxBufferBytes?: number;
}

/** Collects what a child says: whole, by line and into a log. Its methods throw what the child must be stopped for. */
export class Output {
  readonly #chunks: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  readonly #lines: Record<StreamName, LineSplitter> | undefined;
  readonly #log: LogFile | undefined;
  readonly #max: number;
  readonly #what: string;
  #bytes = 0;

  constructor(options: OutputOptions) {
    const { onLine } = options;
    this.#what = options.what;
    this.#max = options.maxBufferBytes ?? 64 * 2 ** 20;
    this.#log = options.logFile === undefined ? undefined : new LogFile(options.logFile);
    if (onLine !== undefined) {
      this.#lines = {
        stdout: new LineSplitter((line) => onLine(line, 'stdout')),
        stderr: new LineSplitter((line) => onLine(line, 'stderr')),
      };
    }
  }

  take(stream: StreamName, chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#max) {
      throw new CiError('infra', `${this.#what} wrote more than ${Math.round(this.#max / 2 ** 20)} MiB`);
    }
    this.#chunks[stream].push(chunk);
    this.#log?.write(chunk);
    this.#lines?.[stream].write(chunk);
  }

  end(): void {
    this.#log?.close();
    this.#lines?.stdout.end();
    this.#lines?.stderr.end();
  }

  text(stream: StreamName): string {
    return Buffer.concat(this.#chunks[stream]).toString('utf8');
  }
}

/** The last `count` lines that say something. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
