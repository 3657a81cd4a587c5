/** Numbers for tuples of 32-bit words, in the order in which they first came. */
const LOAD = 0.5;

/**
 * Gives equal tuples one number. Hashing only finds the candidates; they are compared word by word, so that no two
 * different tuples ever count as one.
 */
export class WordTable {
  /** Words of a tuple. */
  readonly width: number;
  #count = 0;
  #words: Uint32Array;
  /** Number + 1 of the tuple in each slot; 0: empty. */
  #slots: Uint32Array;

  constructor(width: number, capacity = 1024) {
    this.width = width;
    this.#words = new Uint32Array(width * capacity);
    this.#slots = new Uint32Array(capacity * 2);
  }

  /** Tuples so far; the next new one gets this number. */
  get count(): number {
    return this.#count;
  }

  /** All tuples, one after the other; valid until the next `intern`. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** The number of the tuple that starts at `at` in `from`. */
  intern(from: Uint32Array, at = 0): number {
    const { width } = this;
    const mask = this.#slots.length - 1;
    const words = this.#words;
    let slot = this.#hash(from, at) & mask;
    for (;;) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) break;
      const other = (entry - 1) * width;
      let i = 0;
      while (i < width && words[other + i] === from[at + i]) i++;
      if (i === width) return entry - 1;
      slot = (slot + 1) & mask;
    }
    return this.#add(slot, from, at);
  }

  #add(slot: number, from: Uint32Array, at: number): number {
    const { width } = this;
    const number = this.#count++;
    if ((number + 1) * width > this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    for (let i = 0; i < width; i++) this.#words[number * width + i] = from[at + i] as number;
    this.#slots[slot] = number + 1;
    if (this.#count > this.#slots.length * LOAD) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = this.#hash(this.#words, number * this.width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }

  /** Multiply and fold, word by word; the low bits depend on every bit. */
  #hash(from: Uint32Array, at: number): number {
    let hash = 0;
    for (let i = at; i < at + this.width; i++) {
      hash = Math.imul(hash ^ (from[i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}
