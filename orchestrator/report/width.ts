const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
// East Asian Wide and Fullwidth (UAX 11), as far as names and subjects have them, and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** Columns that a text without control characters takes in a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text cut to a number of columns, with `…` where something is missing. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let out = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    const step = WIDE.test(segment) ? 2 : 1;
    if (width + step > columns - 1) break;
    out += segment;
    width += step;
  }
  return columns > 0 ? `${out}…` : '';
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text;
}

/** Breaks text at blanks into lines of at most that many columns; a word that is longer is broken anywhere. */
export function wrap(text: string, columns: number): string[] {
  const room = Math.max(10, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    let rest = word;
    while (widthOf(rest) > room) {
      if (line !== '') lines.push(line);
      line = '';
      const piece = [...segmenter.segment(rest)].map(({ segment }) => segment);
      let head = '';
      while (piece[0] !== undefined && widthOf(head + piece[0]) <= room) head += piece.shift();
      lines.push(head);
      rest = piece.join('');
    }
    const longer = line === '' ? rest : `${line} ${rest}`;
    if (widthOf(longer) <= room) line = longer;
    else {
      lines.push(line);
      line = rest;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}
