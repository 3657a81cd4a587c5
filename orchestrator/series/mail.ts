import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CiError } from '../process/errors.js';
import { tempDir } from '../store/temp.js';
import { parseDiff, type DiffFacts } from './diff.js';
import { git, tryGit } from './git.js';
import { messageIds, parseHeaders } from './headers.js';
import { mboxOf, type InputFile } from './sniff.js';
import { parseSubject, type SubjectFacts } from './subject.js';

/** One mail of an mbox, decoded by git. */
export interface Mail {
  /** `file:line` of its first line. */
  readonly where: string;
  readonly raw: Uint8Array;
  readonly subject: SubjectFacts;
  /** The header as it stands, decoded and on one line. */
  readonly subjectLine: string;
  /** As git am would record it: in-body headers heeded. */
  readonly title: string;
  readonly author: string;
  readonly date: string;
  /** Milliseconds since the epoch; 0 if the mail does not say. */
  readonly sentAt: number;
  readonly messageId?: string;
  readonly message: string;
  readonly diff: Uint8Array;
  readonly facts: DiffFacts;
}

const MAX_MAILS = 5000;
const AT_ONCE = 8;

/**
 * Splits mbox files into mails and decodes each (transfer encodings, charsets, format=flowed, in-body headers) with git mailsplit
 * and mailinfo. Throws CiError('usage') for a file that holds no mail.
 */
export async function readMails(files: readonly InputFile[], signal?: AbortSignal): Promise<Mail[]> {
  const dir = tempDir('series');
  const mails: Mail[] = [];
  for (const [index, file] of files.entries()) {
    const folder = join(dir, String(index));
    await mkdir(folder);
    mails.push(...(await readFileMails(file, folder, signal)));
  }
  return mails;
}

async function readFileMails(file: InputFile, folder: string, signal?: AbortSignal): Promise<Mail[]> {
  const box = join(folder, 'mbox');
  const parts = join(folder, 'parts');
  await mkdir(parts);
  await writeFile(box, mboxOf(file));
  await git(['mailsplit', '-b', '-d6', `-o${parts}`, box], {
    cwd: folder,
    signal,
    fault: 'usage',
    remedy: 'Pass an mbox file: the output of `git format-patch`, or a thread saved by a mail program.',
  });
  const names = (await readdir(parts)).toSorted();
  if (names.length > MAX_MAILS) {
    throw new CiError(
      'usage',
      `${file.name} holds ${names.length} mails, more than the ${MAX_MAILS} of any series`,
      {
        where: file.name,
        remedy: 'Save only the thread of the series, not the whole mailbox.',
      },
    );
  }
  const mails: Mail[] = [];
  let line = 1;
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const batch = await Promise.all(
      names.slice(at, at + AT_ONCE).map(async (name) => ({ name, raw: await readFile(join(parts, name)) })),
    );
    const starts = batch.map(({ raw }) => {
      const start = line;
      line += raw.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
      return start;
    });
    mails.push(
      ...(await Promise.all(
        batch.map(({ name, raw }, i) =>
          decode(raw, `${file.name}:${starts[i] ?? 1}`, join(folder, name), signal),
        ),
      )),
    );
  }
  return mails;
}

async function decode(raw: Buffer, where: string, path: string, signal?: AbortSignal): Promise<Mail> {
  const headers = parseHeaders(raw);
  const info = await tryGit(
    ['mailinfo', '--encoding=UTF-8', '--no-scissors', '--quoted-cr=strip', `${path}.msg`, `${path}.diff`],
    { input: raw, signal },
  );
  const decoded = info.exitCode === 0;
  const field = (name: string): string =>
    (decoded ? new RegExp(`^${name}: (.*)$`, 'm').exec(info.stdout)?.[1] : undefined)?.trim() ?? '';
  const message = decoded ? await readFile(`${path}.msg`, 'utf8') : '';
  const diff = decoded ? await readFile(`${path}.diff`) : Buffer.alloc(0);
  const subjectLine = (headers.get('subject') ?? '').replaceAll(/\s+/g, ' ').trim();
  const subject = parseSubject(subjectLine);
  const [messageId] = messageIds(headers.get('message-id'));
  const dateText = field('Date') || headers.get('date') || '';
  return {
    where,
    raw,
    subject,
    subjectLine,
    title: field('Subject') || subject.title || '(no subject)',
    author: authorOf(field('Author'), field('Email')),
    date: gitDate(dateText),
    sentAt: Date.parse(headers.get('date') ?? '') || 0,
    ...(messageId === undefined ? {} : { messageId }),
    message: message.trim(),
    diff,
    facts: parseDiff(diff.toString('utf8')),
  };
}

function authorOf(name: string, email: string): string {
  const address = email === '' ? 'unknown@localhost' : email.replaceAll(/[<>\s]/g, '');
  const clean = name.replaceAll(/[<>\n]/g, '').trim();
  return `${clean === '' ? (address.split('@')[0] ?? 'unknown') : clean} <${address}>`;
}

/** A mail's date in a form that git takes on every machine; 1970 for a date that is none. */
export function gitDate(text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || ms < 0) return '@0 +0000';
  const zone = /([+-]\d{4})(?:\s|$)/.exec(text)?.[1] ?? '+0000';
  return `@${Math.floor(ms / 1000)} ${zone}`;
}
