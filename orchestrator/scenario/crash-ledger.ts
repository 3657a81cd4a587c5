import type { Outcome } from './outcome.js';

/** A crash or hang that a variant of the model foretells for a case, in the model's words. */
export interface Foretold {
  readonly variant: string;
  readonly end: string;
}

/** Crashes of one sort that are run before the rest are left out. */
export const CRASHES_PER_END = 2;

/**
 * Remembers which crashes the model foretold rightly. A kernel without re-initialisation crashes in over a hundred of
 * the generated pairs, all for one reason, and each costs a guest. Once a variant has agreed with the guest at every
 * step of every case, and the crash it foretold has come often enough, further generated cases for which it
 * foretells the same crash are left out, as is all of any case from a migration on whose destinations would end in it, and say so. Any step at which the variant is wrong ends its credit.
 */
export class CrashLedger {
  readonly #wrong = new Set<string>();
  readonly #seen = new Map<string, { count: number; readonly id: string; readonly came: string }>();
  /** Cases that run although such ends are foretold for them, with the keys of those. */
  readonly #underWay = new Map<string, readonly string[]>();
  #waiting: (() => void)[] = [];

  /** Takes in what came of a case, which is over. */
  note(id: string, outcome: Outcome): void {
    for (const variant of outcome.misfits) this.#wrong.add(variant);
    if (!outcome.certain) return;
    const came = outcome.failureKey ?? '';
    for (const { variant, end } of outcome.foretold) {
      const key = keyOf({ variant, end });
      const seen = this.#seen.get(key);
      // A hang where a crash was foretold, or two different ends under one name: the words cannot be relied on.
      const other = (outcome.kind === 'hang') !== end.startsWith('a hang') || (seen && seen.came !== came);
      if (other) this.#wrong.add(variant);
      else if (seen) seen.count += 1;
      else this.#seen.set(key, { count: 1, id, came });
    }
  }

  /** A crash has come that was foretold; before that nobody need be asked. */
  get speaks(): boolean {
    return this.#seen.size > 0;
  }

  /**
   * Why a case need not be run, where all that speaks for it is there. Where cases that are under way may come to speak for
   * it, it waits for them: a crash costs a guest. A case that is to be run is under way from then on until over().
   */
  async ask(id: string, foretold: readonly Foretold[]): Promise<string | undefined> {
    for (;;) {
      const reason = this.#reasonToLeaveOut(foretold);
      if (reason !== undefined) return reason;
      // Two that are under way must not wait for each other.
      if (this.#underWay.has(id) || !foretold.some((one) => this.#mayYetSpeak(one))) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (foretold.length > 0) this.#underWay.set(id, foretold.map(keyOf));
    return undefined;
  }

  /** A case is over, whatever came of it. */
  over(id: string): void {
    this.#underWay.delete(id);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #mayYetSpeak(foretold: Foretold): boolean {
    if (this.#wrong.has(foretold.variant)) return false;
    const key = keyOf(foretold);
    const underWay = [...this.#underWay.values()].filter((keys) => keys.includes(key)).length;
    return underWay > 0 && (this.#seen.get(key)?.count ?? 0) + underWay >= CRASHES_PER_END;
  }

  #reasonToLeaveOut(foretold: readonly Foretold[]): string | undefined {
    for (const one of foretold) {
      const seen = this.#seen.get(keyOf(one));
      if (this.#wrong.has(one.variant) || !seen || seen.count < CRASHES_PER_END) continue;
      return `not run: the model's variant ${one.variant}, right at every step so far, foretells the crash of ${seen.id}: ${one.end}`;
    }
    return undefined;
  }
}

function keyOf({ variant, end }: Foretold): string {
  return `${variant}: ${end}`;
}
