/** Control characters, C1 included, and the marks that turn the direction of text or hide in it. */
const HARMFUL =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Makes text from outside (subjects, console lines, git's words) safe for a terminal, on one line: escape sequences
 * and direction marks become visible as `\x1b`, `\u202e`; tabs and newlines become blanks.
 */
export function printable(text: string): string {
  return text.replace(/[\t\n\r]+/g, ' ').replace(HARMFUL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
