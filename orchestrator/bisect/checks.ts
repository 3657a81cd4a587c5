import { ancestryOf } from './ancestry.js';
import type { Candidate } from './classes.js';
import { sameKernel, testableCommits, whyUntestable } from './evidence.js';
import type { Posterior } from './posterior.js';
import { failing } from './priors.js';
import { chanceOfSoFew, FEWEST, logOdds, MISS, runsWanted } from './odds.js';
import { tallyOf } from './state.js';
import type { Check, Place, Purpose, State } from './types.js';
import { witnesses } from './witnesses.js';

/** A check that asks for n runs gives up after this many times n. */
const PATIENCE = 4;
/** Odds for "fails here" that one match or more must have, before a place is said to show the failure. */
const SHOWN = 20;

/** An end check, and the runs that it still needs. */
export interface OpenCheck {
  readonly check: Check;
  readonly more?: { readonly at: Place; readonly runs: number };
}

/** Where the end checks of a candidate look. */
interface Places {
  readonly after: Place;
  readonly before: readonly Place[];
  readonly cure: Place;
}

/**
 * The end checks of a candidate in the order in which they are made: culprit, parent, cure, no-op. Runs that the search
 * made at these places count.
 */
export function endChecks(state: State, known: Posterior, { commits }: Candidate): readonly OpenCheck[] {
  const places = placesOf(state, commits);
  if (places === undefined) return [];
  const [first = 0] = commits;
  const match = known.failed.match[first] ?? 0;
  const runs = known.failed.runs[first] ?? 0;
  const wanted = runsWanted(match, runs);
  const ask = (name: 'culprit' | 'parent' | 'cure', at: readonly Place[], fails: boolean): OpenCheck =>
    atEach(state, known, first, { name, at, wanted, fails });
  const introduced = state.options.change === 'introduced';
  return [
    ask('culprit', [places.after], introduced),
    ask('parent', places.before, !introduced),
    ask('cure', [places.cure], !introduced),
    noOp(state, places),
  ];
}

/** What a check is made for. */
export function purposeOf({ name }: Check): Purpose {
  return name === 'no-op' ? 'culprit' : name;
}

function placesOf(state: State, commits: readonly number[]): Places | undefined {
  const found = witnesses(state.history, testableCommits(state), commits);
  if (found === undefined) return undefined;
  return {
    after: { kind: 'commit', commit: found.after },
    before: found.before.map((commit) => ({ kind: 'commit', commit })),
    cure: withoutCommits(state, commits),
  };
}

/** The new end without commits; where that is a commit of the history (the last ones were dropped), this one. */
function withoutCommits(state: State, commits: readonly number[]): Place {
  const ancestry = ancestryOf(state.history);
  const without: Place = { kind: 'without', commits };
  const changes = ancestry.changes(without);
  for (let commit = ancestry.size - 1; commit >= 0; commit--) {
    const other = ancestry.changes({ kind: 'commit', commit });
    if (other.every((word, index) => word === changes[index])) return { kind: 'commit', commit };
  }
  return without;
}

interface Question {
  readonly name: 'culprit' | 'parent' | 'cure';
  readonly at: readonly Place[];
  readonly wanted: number;
  readonly fails: boolean;
}

function atEach(state: State, known: Posterior, commit: number, question: Question): OpenCheck {
  const { name, at, wanted } = question;
  const results = at.map((place) => atOne(state, known, commit, question, place));
  const open = results.find(({ result }) => result === undefined);
  const worst =
    results.find(({ result }) => result === 'fail') ??
    results.find(({ result }) => result === 'could not') ??
    results[0];
  const check: Check = {
    name,
    at,
    wanted,
    result: open?.result ?? worst?.result ?? 'could not',
    why: results.map(({ why }) => why).join('; ') || 'no commit can be tested there',
  };
  return open?.more === undefined ? { check } : { check: { ...check, result: 'could not' }, more: open.more };
}

interface One {
  readonly result: Check['result'] | undefined;
  readonly why: string;
  readonly more?: { readonly at: Place; readonly runs: number };
}

function atOne(state: State, known: Posterior, commit: number, { wanted, fails }: Question, at: Place): One {
  const tally = tallyOf(state, at);
  const { match, runs } = sameKernel(state, tally);
  const untestable = whyUntestable(tally);
  if (untestable !== undefined) return { result: 'could not', why: untestable };
  const why = `${match} matches in ${runs} runs`;
  if (fails ? isShown(state, known, commit, at) : isClean(state, known, commit, at, wanted)) {
    return { result: 'pass', why };
  }
  const odds = logOdds(state, known, commit, at);
  const refuted = !fails && runs >= FEWEST && odds >= -2 * Math.log(MISS);
  if (refuted || runs >= PATIENCE * wanted) return { result: 'fail', why };
  return { result: undefined, why, more: { at, runs: batch(state, known, commit, fails, wanted - runs) } };
}

/** It shows the failure, and that is no unrelated one. */
function isShown(state: State, known: Posterior, commit: number, at: Place): boolean {
  const { match } = sameKernel(state, tallyOf(state, at));
  return match > 0 && logOdds(state, known, commit, at) >= Math.log(SHOWN);
}

/** So few matches in so many runs that it would have shown more if it failed. */
function isClean(state: State, known: Posterior, commit: number, at: Place, wanted: number): boolean {
  const { match, runs } = sameKernel(state, tallyOf(state, at));
  return runs >= wanted && (match === 0 || chanceOfSoFew(state, known, commit, at) <= MISS);
}

/**
 * How many runs before it is worth while to look again: where a match is expected, the lanes; where none is, about as many as
 * would bring one if there were something, so that a wrong candidate is dropped early.
 */
function batch(state: State, known: Posterior, commit: number, fails: boolean, missing: number): number {
  const { lanes } = state.options.costs;
  if (fails) return lanes;
  const rate = failing.next(known.failed.match[commit] ?? 0, known.failed.runs[commit] ?? 0);
  const runs = Math.ceil(0.5 / rate / lanes) * lanes;
  return missing > 0 ? Math.min(runs, missing) : runs;
}

function noOp(state: State, { after, before }: Places): OpenCheck {
  const name = 'no-op' as const;
  const at = [after, ...before];
  const own = tallyOf(state, after).signature;
  const others = before.map((place) => tallyOf(state, place).signature);
  if (own === undefined || others.includes(undefined) || others.length === 0) {
    const why = 'the signature of a kernel is not known';
    return { check: { name, result: 'could not', at, wanted: 0, why } };
  }
  const same = others.includes(own);
  const why = same ? 'its kernel is that of its parent' : 'its kernel differs from that of its parent';
  return { check: { name, result: same ? 'fail' : 'pass', at, wanted: 0, why } };
}
