import { testableCommits } from './evidence.js';
import { forecasts } from './forecast.js';
import { informationAt, informationOfOneRun } from './information.js';
import type { Posterior } from './posterior.js';
import type { State } from './types.js';

/** Batches that are tried, as multiples of the lanes. */
const BATCHES = [1, 2, 4, 8];
/** Less information than this, in nats a run, is none. */
const NOTHING = 1e-9;

export interface Choice {
  readonly commit: number;
  readonly runs: number;
}

/**
 * The runs that say most per second about which commit it is: the commit and the batch with the highest mutual information
 * between the culprit and the number of matches, over the time that they take. What is built costs its runs only. Every
 * hypothesis foretells the matches by what it makes of both rates so far, so that runs at an end are worth while, too,
 * where the rates are what hypotheses disagree about. For a failure that always comes, this is the commit that halves the
 * posterior, as in a plain bisect.
 * @returns undefined where no commit that can be tested says anything
 */
export function mostInformative(state: State, known: Posterior): Choice | undefined {
  const { lanes, buildSeconds, runSeconds } = state.options.costs;
  const [cheap, dear] = bestOfEachPrice(state, known);
  const choices: Choice[] = [];
  // Without a price to share, a longer batch never says more per run.
  if (cheap !== undefined) choices.push({ commit: cheap, runs: lanes });
  if (dear !== undefined) choices.push(...BATCHES.map((times) => ({ commit: dear, runs: times * lanes })));
  let choice = choices[0];
  if (choice === undefined || choices.length === 1) return choice;
  let most = 0;
  for (const candidate of choices) {
    const { commit, runs } = candidate;
    const seconds = (commit === dear ? buildSeconds : 0) + (runs / lanes) * runSeconds;
    const worth = informationAt(state, commit, forecasts(known, runs)) / seconds;
    if (worth > most) [choice, most] = [candidate, worth];
  }
  return choice;
}

/** The commit whose next run says most, of those whose kernel is there (or costs nothing), and of the others. */
function bestOfEachPrice(state: State, known: Posterior): [number | undefined, number | undefined] {
  const information = informationOfOneRun(state, forecasts(known, 1));
  const testable = testableCommits(state);
  const built = builtCommits(state);
  const best = (there: boolean): number | undefined => {
    let found: number | undefined;
    let most = NOTHING;
    for (let commit = 0; commit < testable.length; commit++) {
      const bits = information[commit] ?? 0;
      if (testable[commit] && built[commit] === there && bits > most) [found, most] = [commit, bits];
    }
    return found;
  };
  return [best(true), best(false)];
}

function builtCommits({ history, options, tallies }: State): boolean[] {
  const built = history.commits.map(() => options.costs.buildSeconds === 0);
  for (const { at, signature, match, pass, other } of tallies) {
    if (at.kind === 'commit' && (signature !== undefined || match + pass + other > 0))
      built[at.commit] = true;
  }
  return built;
}
