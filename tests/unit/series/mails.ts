import { readSeries } from '../../../orchestrator/series/read.js';
import type { Series } from '../../../orchestrator/series/types.js';

/** One mail of a made-up thread. */
export interface FakeMail {
  readonly subject: string;
  readonly id?: string;
  readonly replyTo?: string;
  readonly from?: string;
  readonly date?: string;
  readonly body?: string;
  readonly diff?: string;
  readonly encoding?: '8bit' | 'base64' | 'quoted-printable';
  readonly contentType?: string;
  /** Below the diff, for example a base-commit: trailer. */
  readonly footer?: string;
}

let sent = 0;

function quotedPrintable(text: string): string {
  const escaped = [...Buffer.from(text, 'utf8')]
    .map((byte) =>
      byte === 10 || (byte >= 32 && byte < 127 && byte !== 61)
        ? String.fromCharCode(byte)
        : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
    .replaceAll(/ $/gm, '=20');
  return escaped
    .split('\n')
    .map((line) => (line.match(/.{1,70}(?![0-9A-F]?$)|.+$/g) ?? ['']).join('=\n'))
    .join('\n');
}

function encode(text: string, encoding: FakeMail['encoding']): string {
  if (encoding === 'quoted-printable') return quotedPrintable(text);
  if (encoding === 'base64') {
    return (
      Buffer.from(text)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    ).join('\n');
  }
  return text;
}

/** The mail as a list archive keeps it. Without `date` each is a minute later than the one before. */
export function mail(options: FakeMail): string {
  sent += 1;
  const date =
    options.date ?? new Date(Date.UTC(2026, 0, 14, 10, sent)).toUTCString().replace('GMT', '+0000');
  const encoding = options.encoding ?? '8bit';
  const text = [
    options.body ?? 'Because it is better.\n\nSigned-off-by: A Developer <dev@example.org>\n',
    ...(options.diff === undefined ? [] : ['---\n mm/x.c | 2 +-\n\n', options.diff, '-- \n2.43.0\n']),
    ...(options.footer === undefined ? [] : [`\n${options.footer}\n`]),
  ].join('');
  const headers = [
    `From mboxrd@z Thu Jan  1 00:00:00 1970`,
    `Return-Path: <dev@example.org>`,
    `From: ${options.from ?? 'A Developer <dev@example.org>'}`,
    `To: linux-mm@kvack.org`,
    `Date: ${date}`,
    ...(options.id === undefined ? [] : [`Message-ID: <${options.id}>`]),
    ...(options.replyTo === undefined
      ? []
      : [`In-Reply-To: <${options.replyTo}>`, `References: <root@example.org>\n\t<${options.replyTo}>`]),
    `Subject: ${options.subject}`,
    'MIME-Version: 1.0',
    `Content-Type: ${options.contentType ?? 'text/plain; charset=UTF-8'}`,
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return `${headers.join('\n')}\n\n${encode(text, encoding)}\n\n`;
}

/** A review mail that quotes the whole diff. */
export function review(of: FakeMail, by: string): string {
  const quoted = (of.diff ?? '')
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
  return mail({
    subject: `Re: ${of.subject}`,
    from: `${by} <${by.toLowerCase().replaceAll(' ', '.')}@example.org>`,
    id: `review-${of.id}-${by.length}`,
    ...(of.id === undefined ? {} : { replyTo: of.id }),
    body: `On Wed, A Developer wrote:\n${quoted}\n\nLooks good.\n\nReviewed-by: ${by} <x@example.org>\n`,
  });
}

/** Reads an mbox that is in memory. */
export function seriesOf(box: string | Uint8Array): Promise<Series> {
  return readSeries('-', {
    stdin: (async function* () {
      yield Buffer.from(box as string);
    })(),
  });
}
