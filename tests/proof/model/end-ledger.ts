import type { Foretold } from './ends.js';

/** Ends of one sort that are run before the rest are left out: each costs a guest. */
export const ENDS_OF_A_SORT = 5;

/** Counts the crashes and hangs that came as foretold, by what they are and where. */
export class EndLedger {
  readonly #seen = new Map<string, number>();

  note(end: Foretold): void {
    this.#seen.set(keyOf(end), (this.#seen.get(keyOf(end)) ?? 0) + 1);
  }

  enough(end: Foretold): boolean {
    return (this.#seen.get(keyOf(end)) ?? 0) >= ENDS_OF_A_SORT;
  }
}

export function keyOf({ kind, splat }: Foretold): string {
  return `${kind} ${splat.line}`;
}
