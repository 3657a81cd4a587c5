import { printable } from './printable.js';

/** Columns of a header line, and bytes of text in one encoded word: RFC 2047 allows it 75 characters. */
const COLUMNS = 76;
const WORD_BYTES = 42;
/** What a name may hold without quotes (RFC 5322, atext and blanks). */
const PLAIN_NAME = /^[\w!#$%&'*+/=?^`{|}~ -]*$/;

/** One header of a mail, folded, newline at the end. Text that is not ASCII is encoded; nothing can begin a second header. */
export function mailHeader(name: string, value: string): string {
  const words = encode(printable(value)).split(' ');
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of words) {
    if (line.length + 1 + word.length > COLUMNS && line !== `${name}:`) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}

/** `"Name, of a person" <address>` for a header, from what git calls an author: `Name, of a person <address>`. */
export function mailbox(author: string): string {
  const [, name = '', address] = /^(.*?)\s*<([^<>]*)>$/.exec(printable(author)) ?? [];
  if (address === undefined) return printable(author);
  if (name === '') return address;
  if (!isAscii(name)) return `${encode(name)} <${address}>`;
  return `${PLAIN_NAME.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`} <${address}>`;
}

/** A message-id in its angle brackets, however it was given. */
export function angled(id: string): string {
  return `<${printable(id).replaceAll(/[<>\s]/g, '')}>`;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function encode(text: string): string {
  if (isAscii(text)) return text;
  const words: string[] = [];
  let piece = '';
  for (const character of text) {
    if (Buffer.byteLength(piece + character) > WORD_BYTES) {
      words.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...words, piece].map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}
