import type { Outcome } from './outcome.js';

/** A crash or hang that a variant of the model foretells for a case, in the model's words. */
export interface Foretold {
  readonly variant: string;
  readonly end: string;
}

/** Crashes of one sort that are run before the rest are left out. */
export const CRASHES_PER_END = 3;

/**
 * Remembers which crashes the model foretold rightly. A kernel without re-initialisation crashes in over a hundred of
 * the generated pairs, all for one reason, and each costs a guest. Once a variant has agreed with the guest at every
 * step of every case, and the crash it foretold has come often enough, further generated cases for which it
 * foretells the same crash are left out, as is all of any case from a migration on whose destinations would end in it, and say so. Any step at which the variant is wrong ends its credit.
 */
export class CrashLedger {
  readonly #wrong = new Set<string>();
  readonly #seen = new Map<string, { count: number; readonly id: string; readonly came: string }>();

  /** Takes in what came of a case. */
  note(id: string, outcome: Outcome): void {
    for (const variant of outcome.misfits) this.#wrong.add(variant);
    if (!outcome.certain) return;
    const came = outcome.failureKey ?? '';
    for (const { variant, end } of outcome.foretold) {
      const key = `${variant}: ${end}`;
      const seen = this.#seen.get(key);
      // A hang where a crash was foretold, or two different ends under one name: the words cannot be relied on.
      const other = (outcome.kind === 'hang') !== end.startsWith('a hang') || (seen && seen.came !== came);
      if (other) this.#wrong.add(variant);
      else if (seen) seen.count += 1;
      else this.#seen.set(key, { count: 1, id, came });
    }
  }

  /** A crash has come often enough to speak for others; before that nobody need be asked. */
  get speaks(): boolean {
    return [...this.#seen.values()].some(({ count }) => count >= CRASHES_PER_END);
  }

  /** Why a case need not be run, where all that speaks for it is there. */
  reasonToLeaveOut(foretold: readonly Foretold[]): string | undefined {
    for (const { variant, end } of foretold) {
      const seen = this.#seen.get(`${variant}: ${end}`);
      if (this.#wrong.has(variant) || !seen || seen.count < CRASHES_PER_END) continue;
      return `not run: the model's variant ${variant}, right at every step so far, foretells the crash of ${seen.id}: ${end}`;
    }
    return undefined;
  }
}
