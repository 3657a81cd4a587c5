import { CiError } from '../process/errors.js';
import type { Costs, History, Observation, Options, Place, State, Tally } from './types.js';

export const DEFAULT_COSTS: Costs = { buildSeconds: 60, runSeconds: 5, lanes: 2 };
export const DEFAULT_OPTIONS: Options = {
  change: 'introduced',
  confidence: 0.95,
  costs: DEFAULT_COSTS,
  maxRuns: 1000,
};

/**
 * The state before anything was tested. Options that are not given have the values of DEFAULT_OPTIONS.
 * Throws CiError('usage') for options that no search could follow.
 */
export function start(history: History, options: Partial<Options> = {}): State {
  const all = { ...DEFAULT_OPTIONS, ...options };
  const { confidence, maxRuns, costs } = all;
  if (!(confidence >= 0.5 && confidence < 1))
    throw new CiError('usage', `the confidence must be at least 0.5 and below 1, not ${confidence}`);
  if (!(maxRuns >= 1)) throw new CiError('usage', `the most runs must be 1 or more, not ${maxRuns}`);
  if (!(costs.buildSeconds >= 0 && costs.runSeconds > 0 && costs.lanes >= 1))
    throw new CiError('usage', `these are no costs: ${JSON.stringify(costs)}`);
  return { history, options: all, tallies: [], infra: { inARow: 0 } };
}

/** The state after one more observation; the one before stays as it is. */
export function observe(state: State, observation: Observation): State {
  const { at } = observation;
  const index = state.tallies.findIndex((tally) => samePlace(tally.at, at));
  const before = state.tallies[index] ?? emptyTally(checkedPlace(state.history, at));
  const after =
    observation.kind === 'built'
      ? { ...before, signature: observation.signature }
      : counted(before, observation);
  const tallies = index < 0 ? [...state.tallies, after] : state.tallies.with(index, after);
  return { ...state, tallies, infra: infraAfter(state, observation) };
}

/** What is known of a place; zeros for one that was never heard of. */
export function tallyOf(state: State, at: Place): Tally {
  return state.tallies.find((tally) => samePlace(tally.at, at)) ?? emptyTally(at);
}

export function samePlace(a: Place, b: Place): boolean {
  if (a.kind === 'commit') return b.kind === 'commit' && a.commit === b.commit;
  return (
    b.kind === 'without' &&
    a.commits.length === b.commits.length &&
    a.commits.every((commit, index) => commit === b.commits[index])
  );
}

/** Number of the new end. */
export function newEnd(history: History): number {
  return history.commits.length - 1;
}

function emptyTally(at: Place): Tally {
  return { at, match: 0, pass: 0, other: 0, infra: 0 };
}

function checkedPlace(history: History, at: Place): Place {
  const commits = at.kind === 'commit' ? [at.commit] : at.commits;
  if (commits.every((commit) => history.commits[commit] !== undefined)) return at;
  throw new CiError('infra', `no such place in this history: ${JSON.stringify(at)}`);
}

function counted(tally: Tally, run: Extract<Observation, { kind: 'run' }>): Tally {
  if (run.outcome === 'untestable') return { ...tally, untestable: run.why ?? 'it cannot be tested' };
  return { ...tally, [run.outcome]: tally[run.outcome] + 1 };
}

function infraAfter({ infra }: State, observation: Observation): State['infra'] {
  if (observation.kind === 'built') return infra;
  if (observation.outcome !== 'infra') return { inARow: 0 };
  return { inARow: infra.inARow + 1, ...(observation.why === undefined ? {} : { why: observation.why }) };
}
