/** What the parent and a child say to each other, as JSON; both are of one build. */

export interface TestName {
  /** Below dist/. */
  readonly file: string;
  readonly suite: string;
  /** Empty: all tests of the file. */
  readonly name: string;
}

/** What a child is to do; on its stdin. */
export interface Job {
  /** For fast-check, so that a property tries the same cases for every mutant. */
  readonly seed: number;
  /** Also say what each test runs of the model. */
  readonly coverage: boolean;
  /** In this order; a file is loaded when the first of its tests comes. */
  readonly tests: readonly TestName[];
}

/** Ranges of offsets [from, to) that were run, for each file below orchestrator/. */
export type Covered = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** A line on a child's stdout. */
export type Word =
  | { readonly say: 'begin'; readonly suite: string; readonly name: string }
  | { readonly say: 'loaded'; readonly file: string; readonly covered: Covered }
  | {
      readonly say: 'passed';
      readonly suite: string;
      readonly name: string;
      readonly ms: number;
      readonly covered: Covered;
    }
  | { readonly say: 'failed'; readonly suite: string; readonly name: string; readonly error: string }
  | { readonly say: 'done' };
