import type { Counts } from './counts.js';
import { keyOf } from './end-ledger.js';
import type { Difference, Played } from './play.js';
import { GROUPS } from './sequence.js';
import type { Group, Sequence } from './sequence.js';

/** What came of a sequence that has a name. */
export interface NamedResult {
  readonly id: string;
  readonly steps: number;
  /** Breaches of the contract, as `step N: failure key`; the model foretold each of their bits. */
  readonly deviations: readonly string[];
  readonly warnings: readonly string[];
  /** `crash include/linux/mm.h:1846`. */
  readonly end?: string;
}

/** What the proof on one kernel came to. */
export interface ProofResult extends Counts {
  /** Sequences taken from the queue, by group. */
  readonly sequences: Readonly<Record<Group, number>>;
  readonly differences: readonly Difference[];
  /** Crashes and hangs that came at the step and line that the model had said, by kind and line. */
  readonly ends: Readonly<Record<string, number>>;
  /** Sequences left off before a step whose end had come often enough. */
  readonly cut: number;
  /** Sequences in which a foretold warning came, by line. */
  readonly warnings: Readonly<Record<string, number>>;
  /** Bits turned over in the guest, and what was wrong with those that the comparison did not find. */
  readonly pokes: number;
  readonly missed: readonly string[];
  readonly named: readonly NamedResult[];
  /** Sequences that this kernel lacks an option for, as `S9 (MEMCG)`. */
  readonly skipped: readonly string[];
  readonly guests: number;
  readonly seconds: number;
}

/** Adds up what the lanes report. */
export class Tally {
  readonly #sequences = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
  readonly #differences: Difference[] = [];
  readonly #ends: Record<string, number> = {};
  readonly #warnings: Record<string, number> = {};
  readonly #masked: Record<string, number> = {};
  readonly #named: NamedResult[] = [];
  readonly #missed: string[] = [];
  readonly #skipped: string[] = [];
  #cut = 0;
  #pokes = 0;
  #steps = 0;
  #pages = 0;
  #bits = 0;

  add(sequence: Sequence, played: Played, counts: Counts, deviations: readonly string[] = []): void {
    this.#sequences[sequence.group] += 1;
    this.#differences.push(...played.differences);
    const end = played.end && keyOf(played.end);
    if (end !== undefined) increase(this.#ends, end, 1);
    for (const line of played.warnings) increase(this.#warnings, line, 1);
    if (played.cut) this.#cut += 1;
    this.#steps += counts.steps;
    this.#pages += counts.pages;
    this.#bits += counts.bits;
    for (const [rule, bits] of Object.entries(counts.masked)) increase(this.#masked, rule, bits);
    if (sequence.group !== 'S') return;
    this.#named.push({
      id: sequence.id,
      steps: played.steps,
      deviations,
      warnings: played.warnings,
      ...(end === undefined ? {} : { end }),
    });
  }

  skip({ group, id }: Sequence, option: string): void {
    this.#sequences[group] += 1;
    this.#skipped.push(`${id} (${option})`);
  }

  /** Takes one of `all` pokes, before it is made: lanes do not wait for each other. */
  claimPoke(all: number): boolean {
    if (this.#pokes >= all) return false;
    this.#pokes += 1;
    return true;
  }

  /** @param wrong what kept the comparison from finding a poke; undefined where it did */
  poke(wrong: string | undefined): void {
    if (wrong !== undefined) this.#missed.push(wrong);
  }

  result(seconds: number, guests: number): ProofResult {
    return {
      sequences: this.#sequences,
      steps: this.#steps,
      pages: this.#pages,
      bits: this.#bits,
      masked: this.#masked,
      differences: this.#differences,
      ends: this.#ends,
      cut: this.#cut,
      warnings: this.#warnings,
      pokes: this.#pokes,
      missed: this.#missed,
      named: this.#named.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })),
      skipped: this.#skipped,
      guests,
      seconds,
    };
  }
}

function increase(counts: Record<string, number>, key: string, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}
