import type { Paint, Shade } from './colour.js';
import { printable } from './printable.js';
import { clip, padEnd, wrap } from './width.js';

/** Columns before what stands in a section. */
const INDENT = 2;

/** Text for a terminal, line by line: what comes from outside is made harmless, and no line is wider than the terminal. */
export class Text {
  readonly #columns: number;
  readonly #paint: Paint;
  readonly #lines: string[] = [];

  constructor(columns: number, paint: Paint) {
    this.#columns = columns;
    this.#paint = paint;
  }

  blank(): void {
    this.#lines.push('');
  }

  /** A headline after an empty line. */
  section(title: string, shade: Shade = 'bold'): void {
    this.blank();
    this.text(title, 0, shade);
  }

  text(text: string, indent = INDENT, shade?: Shade): void {
    for (const line of wrap(printable(text), this.#columns - indent))
      this.#lines.push(' '.repeat(indent) + this.#shaded(line, shade));
  }

  /** A line of a table, as it is but for what a terminal would take for commands. */
  line(text: string, indent = INDENT): void {
    this.#lines.push(' '.repeat(indent) + printable(text));
  }

  /** The same, cut to the width of the terminal. */
  cutLine(text: string, indent = INDENT): void {
    this.line(clip(printable(text), this.#columns - indent), indent);
  }

  /** A line that is harmless and fits already; it may be painted. */
  ready(line: string): void {
    this.#lines.push(line);
  }

  /** An entry of a list: `- `, and what follows the first line stands below its words. */
  item(text: string, indent = INDENT): void {
    for (const [i, line] of wrap(printable(text), this.#columns - indent - 2).entries())
      this.#lines.push(`${' '.repeat(indent)}${i === 0 ? '- ' : '  '}${line}`);
  }

  /** A name padded to `width`, and beside it what is said of it; further lines stand below the first. */
  pair(name: string, width: number, text: string, shade?: Shade, from = INDENT): void {
    const indent = from + width + 2;
    for (const [i, line] of wrap(printable(text), this.#columns - indent).entries()) {
      const head = ' '.repeat(from) + padEnd(i === 0 ? name : '', width + 2);
      this.#lines.push(head + this.#shaded(line, shade));
    }
  }

  /** All lines, newline at the end. */
  toString(): string {
    return `${this.#lines.map((line) => line.trimEnd()).join('\n')}\n`;
  }

  #shaded(line: string, shade: Shade | undefined): string {
    return shade === undefined ? line : this.#paint(shade, line);
  }
}
