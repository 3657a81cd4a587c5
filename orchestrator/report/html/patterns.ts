import { PAGE_WORDS } from '../../model/layout.js';

/** Number of the word that holds the low half of `index`, which counts up from page to page of a mapping. */
const INDEX_WORD = 8;

/** An index less the number of its page, any other word as it is; an index of 0 is none. */
function relative(words: Uint32Array, at: number, word: number, page: number): number {
  const value = words[at + word] as number;
  return word === INDEX_WORD && value !== 0 ? (value - page) >>> 0 || NO_INDEX : value;
}

/** Stands for an index that is the number of its page, so that it is not taken for none. */
const NO_INDEX = 0xffffffff;

/**
 * The contents that struct pages have anywhere in a report, each once. An index is kept relative to its page, so that the pages
 * of a mapping are alike.
 */
export class Patterns {
  readonly #numbers = new Map<string, number>();
  /** Numbers of contents by a sum of their words: most pages that are not like the one before were seen long ago. */
  readonly #bySum = new Map<number, { readonly words: Uint32Array; readonly number: number }[]>();
  readonly #all: string[] = [];
  /** The page asked for last: most pages have the words of the one before them. */
  readonly #last = new Uint32Array(PAGE_WORDS);
  #lastNumber = -1;

  /** Number of the words of a page; `at` is the index of its first word. */
  number(words: Uint32Array, at: number, page: number): number {
    if (this.#lastNumber >= 0 && this.#isLast(words, at, page)) return this.#lastNumber;
    this.#remember(words, at, page);
    return (this.#lastNumber = this.#known(words, at, page));
  }

  #isLast(words: Uint32Array, at: number, page: number): boolean {
    for (let word = 0; word < PAGE_WORDS; word++)
      if (relative(words, at, word, page) !== this.#last[word]) return false;
    return true;
  }

  #remember(words: Uint32Array, at: number, page: number): void {
    for (let word = 0; word < PAGE_WORDS; word++) this.#last[word] = relative(words, at, word, page);
  }

  #known(words: Uint32Array, at: number, page: number): number {
    let sum = 0;
    for (const word of this.#last) sum = (Math.imul(sum, 31) + word) | 0;
    const alike = this.#bySum.get(sum) ?? [];
    const known = alike.find((one) => one.words.every((word, i) => word === this.#last[i]));
    if (known !== undefined) return known.number;
    const number = this.#find(words, at, page);
    this.#bySum.set(sum, [...alike, { words: this.#last.slice(), number }]);
    return number;
  }

  #find(words: Uint32Array, at: number, page: number): number {
    const hex: string[] = [];
    for (let word = 0; word < PAGE_WORDS; word++) {
      const value = words[at + word] as number;
      hex.push(word === INDEX_WORD && value !== 0 ? `+${(value - page).toString(16)}` : value.toString(16));
    }
    // Zeros are what most words are.
    const text = hex.map((value) => (value === '0' ? '' : value)).join(' ');
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#all.length);
    this.#all.push(text);
    return this.#all.length - 1;
  }

  /** All so far: 16 words in hex between blanks, nothing for 0, `+` before one that the page's number is added to. */
  get all(): readonly string[] {
    return this.#all;
  }

  /** The words of a page that has the contents of this number. */
  words(number: number, page: number): Uint32Array {
    const text = this.#all[number] ?? '';
    return Uint32Array.from(text.split(' '), (hex) =>
      hex.startsWith('+') ? Number.parseInt(hex.slice(1), 16) + page : Number.parseInt(hex || '0', 16),
    );
  }
}
