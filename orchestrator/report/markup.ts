import { printable } from './printable.js';

/** Markup that is safe to put into a page as it is. Only `markup` makes it. */
export class Markup {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Fixed text of ours: never anything that came from outside. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }
}

export type Value = Markup | string | number | undefined | readonly Value[];

/**
 * Template tag for HTML. Every value is escaped for text and for quoted attributes, control characters and direction
 * marks are made visible; markup made by the tag itself and lists of values go in as they are, undefined as nothing.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return Markup.trusted(parts.map(outdented).reduce((text, part, i) => text + render(values[i - 1]) + part));
}

/** Our own text without the indentation of our source: a fifth of a page that is made of many small parts. */
function outdented(part: string): string {
  return part.replace(/\n\s+/g, '\n');
}

function render(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return value.map(render).join('');
}

/** Keeps newlines, for `<pre>`. */
function escape(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The address if it is one of the web, for `href`; nothing that a click could run. */
export function webAddress(address: string): string | undefined {
  try {
    const { protocol, href } = new URL(address);
    return protocol === 'https:' || protocol === 'http:' ? href : undefined;
  } catch {
    return undefined;
  }
}
