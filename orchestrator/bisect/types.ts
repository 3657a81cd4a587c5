/**
 * The contract of the search. It is a state machine without effects:
 *
 *     let state = start(history, options);                    // state.ts
 *     for (;;) {
 *       const decision = decide(state);                       // decide.ts
 *       if (decision.kind === 'answer') break;
 *       for (const one of await carryOut(decision)) state = observe(state, one);
 *     }
 *
 * `State`, `Observation` and `Decision` are plain JSON. Every observation goes into a journal before it goes into
 * `observe`; a bisect that was killed is resumed by replaying the journal from `start`, also in the middle of a batch of
 * runs, since `decide` looks at nothing but the state. The order of the observations does not matter, except that
 * `infra` counts what came in a row.
 */

/** A commit (or a point of a series) that can be built and tested. Its number is its place in `History.commits`. */
export interface Commit {
  /** Commit id, or whatever else the caller knows it by. */
  readonly id: string;
  /** Parents, as smaller numbers; none for number 0 only. A parent outside the range is number 0, the old end. */
  readonly parents: readonly number[];
  /** How probable it is as the culprit, relative to the others; default 1. 0 excludes it. Ignored for number 0. */
  readonly weight?: number;
}

/**
 * What is searched: the old end first, parents before their children, the new end last. Every commit is an ancestor
 * of the new end and a descendant of the old one, or is taken for one: `A..B` of git, with A in front.
 */
export interface History {
  readonly commits: readonly Commit[];
}

/** What is tested: a commit, or the new end with some commits dropped (or reverted), ascending numbers. */
export type Place =
  | { readonly kind: 'commit'; readonly commit: number }
  | { readonly kind: 'without'; readonly commits: readonly number[] };

/**
 * What one run ended in. Only `match` and `pass` are evidence.
 *
 * - `match`: the failure that is looked for, by its key (in a search for a fix, too)
 * - `pass`: it did not come
 * - `other`: another failure, which may have hidden the one that is looked for; a finding of its own
 * - `untestable`: this place cannot be built, booted or tested, now or later
 * - `infra`: our own trouble; says nothing about the kernel
 */
export type Outcome = 'match' | 'pass' | 'other' | 'untestable' | 'infra';

/** What the caller learned. */
export type Observation =
  | {
      readonly kind: 'run';
      readonly at: Place;
      readonly outcome: Outcome;
      /** For `untestable` and `infra`: one sentence for the reader. */
      readonly why?: string;
    }
  | {
      /**
       * The kernel of a place is there: from now on it costs runs only. Places with one signature are one kernel; they share
       * their evidence, and no commit between them can be the culprit.
       */
      readonly kind: 'built';
      readonly at: Place;
      readonly signature: string;
    };

/** What the caller knows about the price of things, in seconds; the search weighs them against each other only. */
export interface Costs {
  /** Building and booting a kernel that is not there. */
  readonly buildSeconds: number;
  /** One run, on one lane. */
  readonly runSeconds: number;
  /** Runs that go on side by side at no further price. */
  readonly lanes: number;
}

export interface Options {
  /** `introduced`: the old end passes and the new one fails. `fixed`: the other way round. */
  readonly change: 'introduced' | 'fixed';
  /** Posterior at which a culprit is named; 0.95, or 0.99 for a mail. */
  readonly confidence: number;
  readonly costs: Costs;
  /** Most runs in all that are evidence; then what is known is the answer. */
  readonly maxRuns: number;
}

/** Runs at one place. */
export interface Tally {
  readonly at: Place;
  readonly match: number;
  readonly pass: number;
  readonly other: number;
  readonly infra: number;
  /** Why it cannot be tested. */
  readonly untestable?: string;
  /** Signature of its kernel, once that is built. */
  readonly signature?: string;
}

/** Everything that is known. JSON; made by `start` and `observe` only. */
export interface State {
  readonly history: History;
  readonly options: Options;
  /** One for each place that was built or tested, in the order in which they were first heard of. */
  readonly tallies: readonly Tally[];
  /** Runs that ended in `infra` since the last that did not, and what the last one said. */
  readonly infra: { readonly inARow: number; readonly why?: string };
}

/** What the runs are for. */
export type Purpose = 'old end' | 'new end' | 'search' | 'culprit' | 'parent' | 'cure';

export type Decision =
  | {
      readonly kind: 'run';
      readonly at: Place;
      /** How many runs before the next decision; a multiple of `lanes` in the search. Fewer are no harm. */
      readonly runs: number;
      readonly purpose: Purpose;
    }
  | { readonly kind: 'answer'; readonly answer: Answer };

/** A proportion with its 95 % interval (Clopper-Pearson), matches among the runs that are evidence. */
export interface Rate {
  readonly matches: number;
  readonly runs: number;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** An end check. `could not` has its reason in `why`, and so has `fail`. */
export interface Check {
  readonly name: 'culprit' | 'parent' | 'cure' | 'no-op';
  readonly result: 'pass' | 'fail' | 'could not';
  /** Where; none for a check that had no place to run at. */
  readonly at: readonly Place[];
  /** Runs that it asks for at each place, computed from the rate; 0 where no run is needed. */
  readonly wanted: number;
  /** One sentence with the figures. */
  readonly why: string;
}

/**
 * - `culprit`: one commit
 * - `range`: the commits that no test can tell apart, since those between cannot be tested
 * - `undecided`: the runs are used up; `commits` is the smallest set that has the wanted posterior
 * - `at both ends`: the failure comes as often at the end that should pass ("pre-existing"; in a search for a fix: not fixed)
 * - `not reproduced`: it did not come at the end that should fail
 * - `no difference`: both ends are the same kernel
 * - `untestable`: an end cannot be tested
 * - `infra`: our own trouble, again and again
 */
export type Verdict =
  | 'culprit'
  | 'range'
  | 'undecided'
  | 'at both ends'
  | 'not reproduced'
  | 'no difference'
  | 'untestable'
  | 'infra';

export interface Answer {
  readonly verdict: Verdict;
  /** Numbers, ascending. Empty where the verdict names none. */
  readonly commits: readonly number[];
  /** Of `commits` together; for `at both ends` of that. */
  readonly posterior: number;
  /** At the end that fails, and over all places that fail if the answer is right. */
  readonly endRate: Rate;
  readonly rate: Rate;
  /** Of a culprit and of a range. */
  readonly checks: readonly Check[];
  /** One sentence for `not reproduced`, `untestable` and `infra`. */
  readonly why?: string;
}
