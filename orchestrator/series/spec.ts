import { statSync } from 'node:fs';
import { CiError } from '../process/errors.js';

/** What the user's SERIES argument is. */
export type Spec =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'message-id'; readonly id: string };

function pathKind(path: string): 'file' | 'directory' | undefined {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file';
  } catch {
    return undefined;
  }
}

/**
 * Tells the forms of SERIES apart. What exists on disk is a path, whatever it looks like. Throws CiError('usage') for
 * what is none of the forms.
 */
export function parseSpec(text: string): Spec {
  if (text === '-') return { kind: 'stdin' };
  const kind = text === '' ? undefined : pathKind(text);
  if (kind !== undefined) return { kind, path: text };
  const isPath =
    /^(?:\.{0,2}\/|~)/.test(text) || /\.(?:mbox|mbx|patch|diff|eml|gz)$/.test(text) || text.includes('/../');
  if (/^https?:\/\//.test(text)) return { kind: 'message-id', id: idOfUrl(text) };
  if (!isPath && text.includes('...')) {
    throw new CiError('usage', `SERIES "${text}" is a symmetric difference, not a range`, {
      remedy: 'Write A..B with two dots.',
    });
  }
  const range = /^(.*?)\.\.(.*)$/.exec(text);
  if (!isPath && range !== null && text !== '..') {
    return { kind: 'range', from: range[1] || 'HEAD', to: range[2] || 'HEAD' };
  }
  const id = /^<?([^\s<>/]+@[^\s<>/]+)>?$/.exec(text)?.[1];
  if (!isPath && id !== undefined) return { kind: 'message-id', id };
  throw new CiError('usage', `no such file: ${text}`, {
    where: text,
    remedy:
      'SERIES is an mbox file, a directory of *.patch files, "-" (standard input), A..B, or a message-id.',
  });
}

/** The message-id in an address such as https://lore.kernel.org/linux-mm/20260114@host/T/#u */
function idOfUrl(url: string): string {
  const part = url
    .split('/')
    .slice(3)
    .map((segment) => decodeURIComponent(segment))
    .find((segment) => segment.includes('@'));
  if (part !== undefined) return part;
  throw new CiError('usage', `there is no message-id in ${url}`, {
    remedy: 'Pass the address of a mail in a list archive, or its message-id.',
  });
}
