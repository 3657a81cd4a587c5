import { printable } from './printable.js';

/**
 * Text for an XML 1.0 document, in elements and in quoted attributes. Characters that XML cannot hold, even escaped, are made
 * visible; newlines stay.
 */
export function xmlText(text: string): string {
  // Half a surrogate pair becomes U+FFFD on the way through UTF-8.
  return Buffer.from(text)
    .toString()
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An opening tag; a value that is undefined leaves its attribute out. Attributes are on one line. */
export function xmlTag(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
): string {
  const shown = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${xmlText(String(value).replaceAll(/\s+/g, ' ').trim())}"`],
  );
  return `<${name}${shown.join('')}>`;
}
