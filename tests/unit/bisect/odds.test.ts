import * as assert from 'uvu/assert';
import { line } from '../../../orchestrator/bisect/history.js';
import { chanceOfSoFew, MISS, runsWanted } from '../../../orchestrator/bisect/odds.js';
import { posterior } from '../../../orchestrator/bisect/posterior.js';
import { failing } from '../../../orchestrator/bisect/priors.js';
import { observe, start } from '../../../orchestrator/bisect/state.js';
import type { Place, State } from '../../../orchestrator/bisect/types.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/odds');

const commit = (number: number): Place => ({ kind: 'commit', commit: number });
const without: Place = { kind: 'without', commits: [3] };

function ran(state: State, at: Place, match: number, runs: number): State {
  let after = state;
  for (let run = 0; run < runs; run++)
    after = observe(after, { kind: 'run', at, outcome: run < match ? 'match' : 'pass' });
  return after;
}

/** Of four commits the third is the culprit, and it comes in 10 of 100 runs. */
const searched = ran(ran(start(line(['0', '1', '2', '3', '4'])), commit(4), 10, 100), commit(0), 0, 10);

function chance(at: Place, match: number, runs: number): number {
  const state = ran(searched, at, match, runs);
  return chanceOfSoFew(state, posterior(state), 3, at);
}

test('no match: as many runs as were asked for, and no fewer, make the chance one in a hundred', () => {
  const wanted = runsWanted(10, 100);
  assert.ok(wanted > 40 && wanted < 60, `${wanted}`);
  assert.ok(chance(commit(2), 0, wanted) <= MISS);
  assert.ok(chance(commit(2), 0, wanted - 1) > MISS);
  assert.ok(Math.abs(chance(without, 0, wanted) - chance(commit(2), 0, wanted)) < 1e-9);
});

test('a match among them asks for more runs, all of them are no news', () => {
  const wanted = runsWanted(10, 100);
  assert.ok(chance(without, 1, wanted) > MISS);
  assert.ok(chance(without, 1, 2 * wanted) <= MISS);
  assert.ok(Math.abs(chance(without, 20, 20) - 1) < 1e-9);
});

test('the runs of a place itself are no evidence of the rate that it is held against', () => {
  const alone = failing.log(10, 100);
  const none = Math.exp(failing.log(10, 105) - alone);
  assert.ok(Math.abs(chance(commit(3), 0, 5) - none) < 1e-9);
});

test.run();
