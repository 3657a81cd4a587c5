import type { History, Place } from './types.js';

/** A set of commit numbers, 32 a word. */
export type Bits = Uint32Array;

export function has(bits: Bits, commit: number): boolean {
  return (((bits[commit >>> 5] ?? 0) >>> (commit & 31)) & 1) === 1;
}

export function put(bits: Bits, commit: number): void {
  bits[commit >>> 5] = (bits[commit >>> 5] ?? 0) | (1 << (commit & 31));
}

/** The members, ascending. */
export function members(bits: Bits): number[] {
  const found: number[] = [];
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1)
      found.push(word * 32 + 31 - Math.clz32(rest & -rest));
  }
  return found;
}

/** How many of `bits` are in `mask`. */
export function countIn(bits: Bits, mask: Bits): number {
  let count = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let rest = (bits[word] ?? 0) & (mask[word] ?? 0); rest !== 0; rest &= rest - 1) count += 1;
  }
  return count;
}

/**
 * Who descends from whom. A bit for each pair of commits: 3 MB for 5,000 commits, 50 MB for 20,000.
 */
export class Ancestry {
  readonly size: number;
  /** Every number. */
  readonly all: readonly number[];
  readonly #with: readonly Bits[];

  constructor({ commits }: History) {
    this.size = commits.length;
    this.all = commits.map((_, commit) => commit);
    const rows: Bits[] = [];
    for (const [number, { parents }] of commits.entries()) {
      const row = new Uint32Array((commits.length + 31) >>> 5);
      for (const parent of parents) {
        const above = rows[parent];
        if (above === undefined) throw new RangeError(`parent ${parent} of ${number} comes after it`);
        for (let word = 0; word < row.length; word++) row[word] = (row[word] ?? 0) | (above[word] ?? 0);
      }
      put(row, number);
      rows.push(row);
    }
    this.#with = rows;
  }

  /** The commits whose change a place has: itself and its ancestors, without what was dropped. Not to be written to. */
  changes(at: Place): Bits {
    const row = this.#with[at.kind === 'commit' ? at.commit : this.size - 1];
    if (row === undefined) throw new RangeError(`no such place: ${JSON.stringify(at)}`);
    if (at.kind === 'commit') return row;
    const without = row.slice();
    for (const commit of at.commits)
      without[commit >>> 5] = (without[commit >>> 5] ?? 0) & ~(1 << (commit & 31));
    return without;
  }

  /** Whether `commit` is `ancestor` or descends from it. */
  descends(commit: number, ancestor: number): boolean {
    const row = this.#with[commit];
    return row !== undefined && has(row, ancestor);
  }
}

const kept = new WeakMap<History, Ancestry>();

/** The ancestry of a history, made once. */
export function ancestryOf(history: History): Ancestry {
  let ancestry = kept.get(history);
  if (ancestry === undefined) kept.set(history, (ancestry = new Ancestry(history)));
  return ancestry;
}
