import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CiError } from '../process/errors.js';
import { withDeadline } from '../process/deadline.js';
import { readMails, type Mail } from './mail.js';
import { fetchSeries } from './message-id.js';
import { patchIdsOf, titleOf } from './patch.js';
import { readRange } from './range.js';
import { MAX_INPUT_BYTES, type InputFile } from './sniff.js';
import { parseSpec } from './spec.js';
import { choosePatches } from './thread.js';
import { locateTree } from './tree.js';
import type { Patch, Series } from './types.js';

export interface ReadOptions {
  /** Where "-" reads from; default: this process's standard input. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
  /** Where A..B is looked up; default: the current directory. */
  readonly tree?: string;
  readonly signal?: AbortSignal;
}

/** How long "-" may stay silent. */
const STDIN_SILENCE_MS = 120_000;

/**
 * Reads a series in any of its forms: an mbox file, a directory of *.patch, "-", A..B in a tree, a message-id. Throws
 * CiError('usage') that names file and line for whatever is not a series.
 */
export async function readSeries(spec: string, options: ReadOptions = {}): Promise<Series> {
  const parsed = parseSpec(spec);
  switch (parsed.kind) {
    case 'file':
      return fromFiles(spec, [await readInput(parsed.path)], options.signal);
    case 'directory':
      return fromFiles(spec, await readFolder(parsed.path), options.signal);
    case 'stdin':
      return fromFiles('standard input', [await readStdin(options.stdin)], options.signal);
    case 'message-id':
      return fromFiles(spec, [await fetchSeries(parsed.id, options.signal)], options.signal);
    case 'range':
      return readRange(
        await locateTree(options.tree ?? process.cwd()),
        parsed.from,
        parsed.to,
        options.signal,
      );
  }
}

async function fromFiles(source: string, files: readonly InputFile[], signal?: AbortSignal): Promise<Series> {
  const chosen = choosePatches(await readMails(files, signal), source);
  const patchIds = await patchIdsOf(
    chosen.patches.map(({ diff }) => diff),
    signal,
  );
  const patches = chosen.patches.map((mail, i) => patchOf(mail, i + 1, patchIds[i] ?? ''));
  const { cover } = chosen;
  const title = cover?.title ?? titleOf(patches);
  const texts = [cover, ...chosen.patches].flatMap((mail) => (mail === undefined ? [] : [textOf(mail)]));
  const baseCommit = texts
    .map((text) => /^base-commit:\s*([0-9a-f]{7,64})\s*$/im.exec(text)?.[1])
    .find(Boolean);
  const prerequisites = new Set(texts.flatMap((text) => text.match(/^prerequisite-patch-id:\s*\S+/gim) ?? []))
    .size;
  const head = cover ?? chosen.patches[0];
  const messageId = head?.messageId;
  return {
    source,
    title,
    version: chosen.version,
    patches,
    ...(baseCommit === undefined ? {} : { baseCommit }),
    ...(cover === undefined ? {} : { coverLetter: cover.message }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(head === undefined ? {} : { subject: head.subjectLine, author: head.author }),
    notes: [
      ...chosen.notes,
      ...(prerequisites > 0
        ? [`the series names ${prerequisites} prerequisite patches: the base must have them`]
        : []),
    ],
  };
}

function textOf(mail: Mail): string {
  return `${mail.message}\n${Buffer.from(mail.diff).toString('latin1')}`;
}

function patchOf(mail: Mail, index: number, patchId: string): Patch {
  return {
    index,
    subject: mail.title,
    author: mail.author,
    date: mail.date,
    ...(mail.messageId === undefined ? {} : { messageId: mail.messageId }),
    message: mail.message,
    mail: Buffer.from(mail.raw).toString('utf8'),
    diff: mail.diff,
    strip: mail.facts.strip,
    files: mail.facts.files,
    preimages: mail.facts.preimages,
    patchId,
    sha256: createHash('sha256').update(mail.raw).digest('hex'),
  };
}

async function readInput(path: string): Promise<InputFile> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MAX_INPUT_BYTES) throw tooBig(path, size);
    } finally {
      await file.close();
    }
    // A stream, since a pipe (`<(git format-patch …)`) has no size.
    return { name: path, bytes: await collect(createReadStream(path), path) };
  } catch (error) {
    if (error instanceof CiError) throw error;
    throw new CiError('usage', `cannot read ${path}: ${(error as Error).message}`, {
      where: path,
      remedy: 'Check the path and its permissions.',
      cause: error,
    });
  }
}

async function readFolder(path: string): Promise<InputFile[]> {
  const names = await readdir(path);
  const patches = names.filter((name) => name.endsWith('.patch')).toSorted();
  if (patches.length === 0) {
    const kernel = names.includes('Kbuild') && names.includes('Makefile');
    throw new CiError('usage', `there are no *.patch files in ${path}`, {
      where: path,
      remedy: kernel
        ? `That is a kernel source tree: pass it as \`--tree ${path}\`, and the series beside it.`
        : 'Pass the directory that `git format-patch -o DIR` wrote, or an mbox file.',
    });
  }
  return Promise.all(patches.map((name) => readInput(join(path, name))));
}

async function readStdin(given?: AsyncIterable<Uint8Array | string>): Promise<InputFile> {
  if (given === undefined && process.stdin.isTTY) {
    throw new CiError('usage', 'SERIES is "-", and standard input is a terminal', {
      remedy: 'Pipe an mbox in: `git format-patch --stdout A..B | ci run -`.',
    });
  }
  const bytes = await collect(given ?? process.stdin, 'standard input', STDIN_SILENCE_MS);
  return { name: 'standard input', bytes };
}

async function collect(
  stream: AsyncIterable<Uint8Array | string>,
  name: string,
  silenceMs = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const iterator = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await withDeadline(iterator.next(), silenceMs, `an mbox on ${name}`);
    if (next.done === true) return Buffer.concat(chunks);
    const chunk = Buffer.from(next.value as Uint8Array);
    size += chunk.length;
    if (size > MAX_INPUT_BYTES) throw tooBig(name, size);
    chunks.push(chunk);
  }
}

function tooBig(name: string, size: number): CiError {
  const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
  return new CiError(
    'usage',
    `${basename(name)} is too big for a series: more than ${mib(MAX_INPUT_BYTES)} MiB`,
    {
      where: name,
      remedy: 'Save only the thread of the series.',
      detail: `${mib(size)} MiB`,
    },
  );
}
