import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { diskError } from '../process/disk.js';
import { CiError } from '../process/errors.js';
import type { z } from 'zod';
import { Event } from './records.js';

const NEWLINE = 0x0a;

/**
 * An append-only file of events, one JSON object a line. That of a run is its result; all else is made from it.
 */
export class Journal<T = Event> {
  readonly #file: string;
  #fd: number | undefined;

  private constructor(file: string, fd: number) {
    this.#file = file;
    this.#fd = fd;
  }

  /** Opens for appending, creating file and folder. A torn last line (its writer was killed) is cut off. */
  static open<T = Event>(file: string): Journal<T> {
    try {
      mkdirSync(dirname(file), { recursive: true });
      cutTornLine(file);
      return new Journal<T>(file, openSync(file, 'a'));
    } catch (error) {
      throw diskError(error, file, 'the journal of events');
    }
  }

  /** Writes one line before it returns. Throws CiError('infra') when the disk is full. */
  append(event: T): void {
    if (this.#fd === undefined) throw new CiError('infra', `the journal ${this.#file} is closed`);
    const line = Buffer.from(`${JSON.stringify(event)}\n`, 'utf8');
    try {
      let done = 0;
      while (done < line.length) done += writeSync(this.#fd, line, done);
    } catch (error) {
      throw diskError(error, this.#file, 'the journal of events');
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function cutTornLine(file: string): void {
  let fd: number;
  try {
    fd = openSync(file, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const size = fstatSync(fd).size;
    if (size === 0) return;
    const bytes = readFileSync(fd);
    if (bytes[bytes.length - 1] !== NEWLINE) ftruncateSync(fd, bytes.lastIndexOf(NEWLINE) + 1);
  } finally {
    closeSync(fd);
  }
}

function parseLine<T>(line: string, where: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new CiError('infra', `damaged journal: not JSON`, { where, cause: error });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const detail = issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`;
  throw new CiError('infra', `damaged journal: not an event${detail}`, { where });
}

/** All events of the journal of a run; see readLines. */
export function readJournal(file: string): Event[] {
  return readLines(file, Event);
}

/**
 * Events of a journal that this process has written itself: what they are need not be checked again, and what is not wanted
 * need not even be decoded.
 * @param wanted sees the bytes of a line
 */
export function readOwnJournal(file: string, wanted: (line: Buffer) => boolean): Event[] {
  const bytes = readFileSync(file);
  const events: Event[] = [];
  for (let from = 0, to = 0; (to = bytes.indexOf(NEWLINE, from)) >= 0; from = to + 1) {
    const line = bytes.subarray(from, to);
    if (wanted(line)) events.push(JSON.parse(line.toString('utf8')) as Event);
  }
  return events;
}

/** All events of a journal. One torn last line is left out; any other bad line is a CiError('infra') that names it. */
export function readLines<T>(file: string, schema: z.ZodType<T>): T[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CiError('infra', `cannot read the journal: ${(error as Error).message}`, {
      where: file,
      cause: error,
    });
  }
  // What follows the last newline is empty, or torn: append writes line and newline together.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, index) => parseLine(line, `${file}:${index + 1}`, schema));
}
