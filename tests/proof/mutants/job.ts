import type { Changed } from './generation.js';

/** What the parent and a child say to each other, a line of JSON each; both are of one build. */

export interface TestName {
  /** Below dist/. */
  readonly file: string;
  readonly suite: string;
  /** Empty: all tests of the file. */
  readonly name: string;
  /** How long it may compute, in milliseconds of CPU. */
  readonly limitMs: number;
}

/** What a child is to do; it stops at the first test that fails. */
export interface Job {
  /** For fast-check, so that a property tries the same cases for every mutant. */
  readonly seed: number;
  /** Also say what each test runs of the model. */
  readonly coverage: boolean;
  readonly changed?: Changed;
  /** In this order; a file is loaded when the first of its tests comes. */
  readonly tests: readonly TestName[];
}

/** Ranges of offsets [from, to) that were run, for each file below orchestrator/. */
export type Covered = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** `timed out`: said by the parent, of a child that computed too long or waits for nothing. */
export type End = 'passed' | 'failed' | 'timed out' | 'no code';

export type Word =
  | { readonly say: 'loaded'; readonly file: string; readonly covered: Covered }
  | {
      readonly say: 'passed';
      readonly suite: string;
      readonly name: string;
      readonly ms: number;
      readonly covered: Covered;
    }
  /** The last of a job. `why`: what failed. */
  | { readonly say: 'end'; readonly end: End; readonly why: string };
