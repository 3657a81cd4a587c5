import * as assert from 'uvu/assert';
import { likelyNext } from '../../../orchestrator/bisect/ahead.js';
import { decide } from '../../../orchestrator/bisect/decide.js';
import { line } from '../../../orchestrator/bisect/history.js';
import { observe, samePlace, start } from '../../../orchestrator/bisect/state.js';
import type { Observation, Place, State } from '../../../orchestrator/bisect/types.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/ahead');

const eight = line(['base', '1', '2', '3', '4', '5', '6', '7', '8']);
const at = (commit: number): Place => ({ kind: 'commit', commit });
const see = (state: State, place: Place, outcome: 'match' | 'pass', runs: number): State => {
  const all: Observation[] = [
    { kind: 'built', at: place, signature: JSON.stringify(place) },
    ...Array.from({ length: runs }, (): Observation => ({ kind: 'run', at: place, outcome })),
  ];
  return all.reduce(observe, state);
};

test('while the ends are run, the middle is built', () => {
  const state = see(start(eight), at(8), 'match', 3);
  const decision = decide(state);
  assert.equal(decision.kind === 'run' && decision.at, at(0));
  assert.ok(likelyNext(state, decision).some((place) => samePlace(place, at(4))));
});

test('while a step is run, both of its sequels are built', () => {
  const state = see(see(start(eight), at(8), 'match', 3), at(0), 'pass', 10);
  assert.equal(likelyNext(state, decide(state)), [at(2), at(6)]);
});

test('what is needed once in four times is not built ahead', () => {
  let state = see(see(start(eight), at(8), 'match', 3), at(0), 'pass', 10);
  for (const commit of [4, 2, 6])
    state = observe(state, { kind: 'built', at: at(commit), signature: `${commit}` });
  const decision = decide(state);
  assert.equal(decision.kind === 'run' && decision.at, at(4));
  assert.equal(likelyNext(state, decision), []);
});

test('no kernel for a check of a candidate that is only one of several', () => {
  let state = see(see(start(eight), at(8), 'match', 3), at(0), 'pass', 10);
  state = see(state, at(4), 'pass', 2);
  for (const commit of [6, 7])
    state = observe(state, { kind: 'built', at: at(commit), signature: `${commit}` });
  const decision = decide(state);
  assert.equal(decision.kind === 'run' && decision.at, at(6));
  assert.equal(likelyNext(state, decision), [at(5)]);
});

test('while the parent is run, the cure is built', () => {
  let state = see(see(start(eight), at(8), 'match', 3), at(0), 'pass', 10);
  state = see(see(state, at(4), 'match', 2), at(2), 'pass', 2);
  state = see(state, at(3), 'match', 2);
  const decision = decide(state);
  assert.is(decision.kind === 'run' && decision.purpose, 'parent');
  assert.equal(likelyNext(state, decision), [{ kind: 'without', commits: [3] }]);
});

test('what has a kernel is not built again, and after the answer nothing is', () => {
  let state = see(see(start(eight), at(8), 'match', 3), at(0), 'pass', 10);
  state = observe(state, { kind: 'built', at: at(2), signature: 'two' });
  state = observe(state, { kind: 'built', at: at(6), signature: 'six' });
  const places = likelyNext(state, decide(state));
  assert.ok(
    !places.some((place) => samePlace(place, at(2)) || samePlace(place, at(6))),
    JSON.stringify(places),
  );
  const same = observe(observe(start(eight), { kind: 'built', at: at(0), signature: 'x' }), {
    kind: 'built',
    at: at(8),
    signature: 'x',
  });
  assert.equal(likelyNext(same, decide(same)), []);
});

test.run();
