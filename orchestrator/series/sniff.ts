import { gunzipSync } from 'node:zlib';
import { CiError } from '../process/errors.js';
import { parseHeaders } from './headers.js';

/** Something the user gave, read into memory. */
export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** No thread comes near it; a wrong file (a disk image) does. */
export const MAX_INPUT_BYTES = 64 * 2 ** 20;

const REMEDY =
  'Pass an mbox (output of `git format-patch --stdout`, or a saved thread), a directory of *.patch files, A..B, or a message-id.';

/**
 * The bytes that git mailsplit can take: unpacked if gzipped (lore's t.mbox.gz), a bare diff wrapped into a mail.
 * Throws CiError('usage') with the first line if the file holds neither.
 */
export function mboxOf(file: InputFile): Uint8Array {
  const bytes = trimStart(unpack(file));
  const fail = (message: string, remedy = REMEDY, detail?: string): CiError =>
    new CiError('usage', message, {
      where: `${file.name}:1`,
      remedy,
      ...(detail === undefined ? {} : { detail }),
    });
  if (bytes.length === 0) throw fail(`${file.name} is empty`);
  if (bytes.subarray(0, 65536).includes(0)) throw fail(`${file.name} is not an mbox: it is a binary file`);
  const head = Buffer.from(bytes.subarray(0, 65536)).toString('utf8');
  if (/^\s*<(?:!doctype|html)/i.test(head)) {
    throw fail(
      `${file.name} is a web page, not an mbox`,
      'Save the mbox instead: on lore.kernel.org the link "mbox.gz" of the thread, or pass the message-id.',
    );
  }
  const headers = parseHeaders(bytes);
  const mail = headers.get('subject') ?? headers.get('message-id') ?? headers.get('from');
  if (mail !== undefined) return bytes;
  if (isBareDiff(head)) return Buffer.concat([Buffer.from(mailHead(file.name)), bytes]);
  throw fail(
    `${file.name} is not an mbox: its first line is no mail header`,
    REMEDY,
    `first line: ${firstLine(head)}`,
  );
}

function unpack(file: InputFile): Buffer {
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_INPUT_BYTES });
  } catch (error) {
    throw new CiError(
      'usage',
      `${file.name} looks gzipped and cannot be unpacked: ${(error as Error).message}`,
      {
        where: file.name,
        remedy: 'Fetch the file again.',
        cause: error,
      },
    );
  }
}

function trimStart(bytes: Buffer): Buffer {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && [9, 10, 13, 32].includes(bytes[at] ?? 0)) at += 1;
  return bytes.subarray(at);
}

function isBareDiff(head: string): boolean {
  return /^diff --git /m.test(head) || /^--- \S+.*\n\+\+\+ \S+.*\n@@ -/m.test(head);
}

function mailHead(name: string): string {
  const title = (name.split('/').at(-1) ?? name)
    .replace(/\.(?:patch|diff)$/, '')
    .replaceAll(/[^\x20-\x7e]/g, '_');
  return `From: unknown <unknown@localhost>\nSubject: [PATCH] ${title}\n\n---\n`;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 100);
}
