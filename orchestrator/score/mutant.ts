import type { Series } from '../series/types.js';

/**
 * What is to come of a mutant. `killed`: something must fail. `neutral`: nothing changes for anybody. `equivalent`: the
 * code does something else, but nothing that a test could see; why is argued in its file.
 */
export const EXPECTATIONS = ['killed', 'neutral', 'equivalent'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

/** What the trailers of a mutant's mail say. */
export interface MutantNotes {
  readonly expect: Expectation;
  /** Who should see it, for a reader: scenarios, or in words. Empty where nobody can. */
  readonly seenBy: string;
  /** The config profile that shows it. */
  readonly profile: string;
  /** Why nobody can see it. */
  readonly why?: string;
}

/** A change of the kernel in one place: a file in tests/mutants. */
export interface Mutant extends MutantNotes {
  /** Name of the file without `.patch`. */
  readonly name: string;
  readonly subject: string;
  /** Path in the kernel and line, before the change, of the first line that it touches. */
  readonly file: string;
  readonly line: number;
  /** The mail as a series of one patch. */
  readonly series: Series;
}
