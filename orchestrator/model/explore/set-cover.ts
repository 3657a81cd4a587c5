/** Sets of small numbers as bits of 32-bit words. */
export type Bits = Uint32Array;

export function bitsOf(numbers: Iterable<number>, words: number): Bits {
  const bits = new Uint32Array(words);
  for (const n of numbers) bits[n >> 5] = (bits[n >> 5] as number) | (1 << (n & 31));
  return bits;
}

export const hasBit = (bits: Bits, n: number): boolean => (((bits[n >> 5] as number) >>> (n & 31)) & 1) === 1;

function count32(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Members that a set has in common with `within`. */
export function countBits(bits: Bits, within: Bits = bits): number {
  let sum = 0;
  for (let i = 0; i < bits.length; i++) sum += count32((bits[i] as number) & (within[i] as number));
  return sum;
}

/** Whether all members of `a` that are in `within` are in `b`. */
function subset(a: Bits, b: Bits, within: Bits): boolean {
  for (let i = 0; i < a.length; i++)
    if (((a[i] as number) & ~(b[i] as number) & (within[i] as number)) !== 0) return false;
  return true;
}

export interface CoverResult {
  /** Indexes of the chosen sets. */
  readonly chosen: readonly number[];
  /** No cover is smaller than this. */
  readonly atLeast: number;
  /** Branches looked at. */
  readonly branches: number;
}

/** A problem in the middle of its solution: what is still to be covered, and by which sets. */
interface Rest {
  readonly open: Bits;
  readonly columns: readonly number[];
  readonly chosen: readonly number[];
}

interface Pricing {
  /** Sum of the prices, less what they make single sets worth too much: no fewer sets cover the open members. */
  readonly value: number;
  /** What each column costs more than its members are worth. */
  readonly over: ReadonlyMap<number, number>;
}

/** The least whole number of sets that is not below a bound, however the bound was rounded. */
const wholeSets = (bound: number): number => Math.ceil(bound - 1e-6);

/** Rounds of the bound after each of which the prices are asked for a cover. */
const LAP = 20;
/** Laps of the bound at the start, and in a branch. */
const LAPS = { start: 30, branch: 3 } as const;

/**
 * The fewest sets that together have all members of all of them. Rows and columns that others make superfluous are taken
 * out first; then branch and bound. The bound is Lagrange's: a price for each member, so that no set is worth more than
 * it costs, and the sum of the prices is at most the number of sets; the prices also lead to good covers. The answer is
 * the smallest where `atLeast` equals its size; where it took more than `budget` branches, the bound tells how far off
 * it may be. Deterministic.
 */
export class SetCover {
  readonly #sets: readonly Bits[];
  /** All members, 0 and up. */
  readonly #numbers: readonly number[];
  readonly #budget: number;
  /** Members of each set, as a list. */
  readonly #lists: readonly (readonly number[])[];
  #best: readonly number[] = [];
  #branches = 0;

  constructor(sets: readonly Bits[], members: number, budget = 200) {
    this.#sets = sets;
    this.#budget = budget;
    this.#numbers = Array.from({ length: members }, (_, i) => i);
    this.#lists = sets.map((set) => this.#numbers.filter((member) => hasBit(set, member)));
  }

  solve(): CoverResult {
    const word = (i: number): number => this.#sets.reduce((bits, set) => bits | (set[i] as number), 0);
    const all = Uint32Array.from(this.#sets[0] ?? [], (_, i) => word(i));
    const start = this.#reduce({ open: all, columns: [...this.#sets.keys()], chosen: [] });
    this.#best = this.#greedy(start, () => 1);
    const { value } = this.#price(start, LAPS.start);
    const complete = this.#branch(start, LAPS.start);
    return {
      chosen: this.#best.toSorted((a, b) => a - b),
      atLeast: complete
        ? this.#best.length
        : Math.min(this.#best.length, start.chosen.length + wholeSets(value)),
      branches: this.#branches,
    };
  }

  #set(column: number): Bits {
    return this.#sets[column] as Bits;
  }

  /** Chooses what must be chosen and drops what others make superfluous, until nothing changes. */
  #reduce(rest: Rest): Rest {
    let { open, columns, chosen } = rest;
    for (;;) {
      const before = countBits(open) + columns.length;
      columns = this.#maximal(columns, open);
      const rows = this.#rows(columns, open);
      const needed = new Set(
        [...rows.values()].filter((row) => row.length === 1).map((row) => row[0] as number),
      );
      chosen = [...chosen, ...needed];
      open = withoutImplied(rows, this.#without(open, needed));
      if (before === countBits(open) + columns.length) return { open, columns, chosen };
    }
  }

  #without(open: Bits, columns: Iterable<number>): Bits {
    const left = open.slice();
    for (const column of columns) {
      const set = this.#set(column);
      for (let i = 0; i < left.length; i++) left[i] = (left[i] as number) & ~(set[i] as number);
    }
    return left;
  }

  /** Columns that no other column contains, of equal ones the first. */
  #maximal(columns: readonly number[], open: Bits): number[] {
    const sizes = new Map(columns.map((column) => [column, countBits(this.#set(column), open)]));
    const sorted = columns.toSorted((a, b) => (sizes.get(b) as number) - (sizes.get(a) as number) || a - b);
    const kept: number[] = [];
    for (const column of sorted)
      if (!kept.some((other) => subset(this.#set(column), this.#set(other), open))) kept.push(column);
    return kept;
  }

  /** For each open member, the columns that have it. */
  #rows(columns: readonly number[], open: Bits): Map<number, number[]> {
    const rows = new Map<number, number[]>();
    for (const member of this.#numbers) if (hasBit(open, member)) rows.set(member, []);
    for (const column of columns)
      for (const member of this.#lists[column] as readonly number[]) rows.get(member)?.push(column);
    return rows;
  }

  /** Takes the set with most members for its price, again and again; then leaves out what the others cover. */
  #greedy({ open, columns, chosen }: Rest, cost: (column: number) => number): number[] {
    const costs = columns.map((column) => Math.max(cost(column), 0.001));
    const picked: number[] = [];
    for (let left = open; countBits(left) > 0;) {
      const worths = columns.map((column, i) => countBits(this.#set(column), left) / (costs[i] as number));
      const best = columns[worths.indexOf(Math.max(...worths))] as number;
      picked.push(best);
      left = this.#without(left, [best]);
    }
    let kept: readonly number[] = picked;
    for (const column of picked.toReversed()) {
      const others = kept.filter((other) => other !== column);
      if (countBits(this.#without(open, others)) === 0) kept = others;
    }
    return [...chosen, ...kept];
  }

  /** The bound for the open members, and what each column costs more than the members it has are worth at its prices. */
  #price(rest: Rest, laps: number): Pricing {
    const { open, columns } = rest;
    // What is covered has no price.
    const price = new Float64Array(this.#numbers.length);
    const rows = this.#rows(columns, open);
    for (const [member, row] of rows)
      price[member] = Math.max(0, ...row.map((column) => 1 / countBits(this.#set(column), open)));
    let best = { value: -Infinity, price: price.slice() };
    let step = 1;
    for (let round = 0; round < laps * LAP; round++) {
      const uncovered = new Int32Array(price.length).fill(1);
      let value = price.reduce((sum, one) => sum + one, 0);
      for (const column of columns) {
        const over = this.#over(column, price);
        if (over >= 0) continue;
        value += over;
        for (const member of this.#lists[column] as readonly number[])
          uncovered[member] = (uncovered[member] as number) - 1;
      }
      if (value > best.value) best = { value, price: price.slice() };
      else if (round % 15 === 14) step /= 1.5;
      if (round % LAP === 0) {
        const cover = this.#greedy(rest, (column) => Math.max(this.#over(column, price), 0) + 0.05);
        if (cover.length < this.#best.length) this.#best = cover;
      }
      let norm = 0;
      for (const member of rows.keys()) norm += (uncovered[member] as number) ** 2;
      if (norm === 0) break;
      const gap = Math.max(this.#best.length - rest.chosen.length - value, 0.5);
      for (const member of rows.keys())
        price[member] = Math.max(
          0,
          (price[member] as number) + (step * gap * (uncovered[member] as number)) / norm,
        );
    }
    const over = new Map(columns.map((column) => [column, this.#over(column, best.price)]));
    return { value: best.value, over };
  }

  #over(column: number, price: Float64Array): number {
    let over = 1;
    for (const member of this.#lists[column] as readonly number[]) over -= price[member] as number;
    return over;
  }

  /** @returns whether all branches that could be better were looked at */
  #branch(rest: Rest, laps: number): boolean {
    if (this.#branches === this.#budget) return false;
    this.#branches++;
    const { value, over } = this.#price(rest, laps);
    const price = (column: number): number => over.get(column) as number;
    // Only columns that a better cover can have; where there is none such, members are left that no column has.
    const size = (column: number): number => rest.chosen.length + wholeSets(value + price(column));
    const { open, columns, chosen } = this.#reduce({
      ...rest,
      columns: rest.columns.filter((column) => size(column) < this.#best.length),
    });
    if (countBits(open) === 0) {
      if (chosen.length < this.#best.length) this.#best = chosen;
      return true;
    }
    // A member that no column has is a row with nothing to try.
    const row = [...this.#rows(columns, open).values()].reduce((a, b) => (b.length < a.length ? b : a));
    let left = columns;
    let complete = true;
    for (const column of row.toSorted((a, b) => price(a) - price(b))) {
      left = left.filter((other) => other !== column);
      const next = this.#reduce({
        open: this.#without(open, [column]),
        columns: left,
        chosen: [...chosen, column],
      });
      complete = this.#branch(next, LAPS.branch) && complete;
    }
    return complete;
  }
}

/** Drops members that come by themselves: all sets that have some other member have them too. */
function withoutImplied(rows: ReadonlyMap<number, readonly number[]>, open: Bits): Bits {
  const left = open.slice();
  const sorted = [...rows].sort(([, a], [, b]) => a.length - b.length);
  for (const [i, [member, row]] of sorted.entries()) {
    if (!hasBit(left, member)) continue;
    for (const [other, larger] of sorted.slice(i + 1)) {
      if (!hasBit(left, other)) continue;
      const has = new Set(larger);
      if (row.every((column) => has.has(column)))
        left[other >> 5] = (left[other >> 5] as number) & ~(1 << (other & 31));
    }
  }
  return left;
}
