import { endChecks, purposeOf, type OpenCheck } from './checks.js';
import { candidates, classesOf, type Candidate } from './classes.js';
import { mostInformative } from './choose.js';
import { evidenceRuns, testableCommits, totalRuns, whyUntestable } from './evidence.js';
import { posterior, type Posterior } from './posterior.js';
import { rateOf } from './rate.js';
import { newEnd, tallyOf } from './state.js';
import type { Check, Decision, Place, Purpose, State, Verdict } from './types.js';

/** Runs at the end that should pass, before the search begins. */
export const CLEAN_ANCHOR_RUNS = 10;
/** The end that fails is run until it matched so often, or so many runs were made. */
export const FAILING_ANCHOR_MATCHES = 3;
export const FAILING_ANCHOR_RUNS = 40;
/** Runs at the end that should pass before "at both ends" is said. */
const BOTH_ENDS_RUNS = 3;
/** Runs in a row that end in trouble of ours before that is the answer. */
export const INFRA_IN_A_ROW = 4;
/** Posterior from which on the end checks of a candidate say more than a search among all. */
export const PROPOSE = 0.7;

/** What to do next, or the answer. A function of the state alone: the same state, the same decision. */
export function decide(state: State): Decision {
  const ends = endsOf(state);
  const hopeless = noAnswer(state, ends);
  if (hopeless !== undefined) return hopeless;

  const anchor = nextAtFailingEnd(state, ends.failing);
  if (anchor !== undefined) return anchor;
  const known = posterior(state);
  const cleanTally = tallyOf(state, ends.clean);
  if ((known.of[0] ?? 0) >= state.options.confidence && evidenceRuns(cleanTally) >= BOTH_ENDS_RUNS)
    return answer(state, known, 'at both ends', { commits: [], posterior: known.of[0] ?? 0 });
  const missing = CLEAN_ANCHOR_RUNS - evidenceRuns(cleanTally);
  if (missing > 0) {
    const runs = Math.min(missing, state.options.costs.lanes);
    return { kind: 'run', at: ends.clean, runs, purpose: purposeAt(state, ends.clean) };
  }

  const found = candidates(classesOf(state.history, testableCommits(state)), known.of);
  if (totalRuns(state) >= state.options.maxRuns) return undecided(state, known, found);
  const [best] = found;
  const checked = best === undefined ? undefined : nextCheck(state, known, best);
  if (checked !== undefined) return checked;
  const choice = mostInformative(state, known);
  if (choice === undefined) return undecided(state, known, found);
  return { kind: 'run', at: { kind: 'commit', commit: choice.commit }, runs: choice.runs, purpose: 'search' };
}

interface Ends {
  readonly failing: Place;
  readonly clean: Place;
}

function endsOf(state: State): Ends {
  const oldEnd: Place = { kind: 'commit', commit: 0 };
  const last: Place = { kind: 'commit', commit: newEnd(state.history) };
  return state.options.change === 'introduced'
    ? { failing: last, clean: oldEnd }
    : { failing: oldEnd, clean: last };
}

function purposeAt(state: State, at: Place): Purpose {
  return at.kind === 'commit' && at.commit === newEnd(state.history) ? 'new end' : 'old end';
}

/** What makes every further run pointless. */
function noAnswer(state: State, ends: Ends): Decision | undefined {
  const none = { commits: [], posterior: 0 };
  if (state.infra.inARow >= INFRA_IN_A_ROW) {
    const why = state.infra.why ?? `${state.infra.inARow} runs in a row came to nothing`;
    return answer(state, undefined, 'infra', none, { why });
  }
  for (const at of [ends.failing, ends.clean]) {
    const why = whyUntestable(tallyOf(state, at));
    if (why !== undefined)
      return answer(state, undefined, 'untestable', none, { why: `the ${purposeAt(state, at)}: ${why}` });
  }
  const signature = tallyOf(state, ends.failing).signature;
  if (signature !== undefined && signature === tallyOf(state, ends.clean).signature)
    return answer(state, undefined, 'no difference', none);
  return undefined;
}

function nextAtFailingEnd(state: State, at: Place): Decision | undefined {
  const tally = tallyOf(state, at);
  const runs = evidenceRuns(tally);
  if (tally.match >= FAILING_ANCHOR_MATCHES) return undefined;
  if (runs < FAILING_ANCHOR_RUNS) {
    const batch = Math.min(state.options.costs.lanes, FAILING_ANCHOR_RUNS - runs);
    return { kind: 'run', at, runs: batch, purpose: purposeAt(state, at) };
  }
  if (tally.match > 0) return undefined;
  const why = `${runs} runs, no match`;
  return answer(state, undefined, 'not reproduced', { commits: [], posterior: 0 }, { why });
}

/** The next run of the end checks, the answer when they are made, or undefined to go on with the search. */
function nextCheck(state: State, known: Posterior, best: Candidate): Decision | undefined {
  if (best.posterior < PROPOSE) return undefined;
  const checks = endChecks(state, known, best);
  const sure = best.posterior >= state.options.confidence;
  const open = checks.find(({ more }) => more !== undefined);
  if (open?.more !== undefined && (sure || open.check.name !== 'cure' || isCheap(state, open)))
    return { kind: 'run', ...open.more, purpose: purposeOf(open.check) };
  const cured = checks.some(({ check }) => check.name === 'cure' && check.result !== 'could not');
  if (!sure || (!cured && best.posterior < withoutCure(state.options.confidence))) return undefined;
  const verdict = best.commits.length === 1 ? 'culprit' : 'range';
  return answer(state, known, verdict, best, { checks: checks.map(({ check }) => check) });
}

/**
 * Whether the kernel of a check costs no more than its runs. These are to be made in any case once the candidate is sure, and
 * speak for or against it before; a dear kernel would be wasted on a candidate that turns out to be another.
 */
function isCheap({ options }: State, { check, more }: OpenCheck): boolean {
  const { buildSeconds, runSeconds, lanes } = options.costs;
  return more !== undefined && buildSeconds <= (check.wanted / lanes) * runSeconds;
}

/** What the posterior must be where nothing but the commits themselves speaks: a fifth of the doubt. */
function withoutCure(confidence: number): number {
  return 1 - (1 - confidence) / 5;
}

/** The smallest set of classes that has the wanted posterior, or all there are. */
function undecided(state: State, known: Posterior, found: readonly Candidate[]): Decision {
  const commits: number[] = [];
  let sum = 0;
  for (const one of found) {
    if (sum >= state.options.confidence) break;
    commits.push(...one.commits);
    sum += one.posterior;
  }
  return answer(state, known, 'undecided', { commits: commits.toSorted((a, b) => a - b), posterior: sum });
}

function answer(
  state: State,
  known: Posterior | undefined,
  verdict: Verdict,
  { commits, posterior }: Candidate,
  more: { readonly checks?: readonly Check[]; readonly why?: string } = {},
): Decision {
  const end = tallyOf(state, endsOf(state).failing);
  const [first] = commits;
  const endRate = rateOf(end.match, evidenceRuns(end));
  const all = first === undefined || known === undefined ? undefined : known.failed;
  const rate =
    all === undefined || first === undefined ? endRate : rateOf(all.match[first] ?? 0, all.runs[first] ?? 0);
  return {
    kind: 'answer',
    answer: {
      verdict,
      commits,
      posterior,
      endRate,
      rate,
      checks: more.checks ?? [],
      ...(more.why === undefined ? {} : { why: more.why }),
    },
  };
}
