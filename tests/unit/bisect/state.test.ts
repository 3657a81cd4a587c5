import * as assert from 'uvu/assert';
import { line } from '../../../orchestrator/bisect/history.js';
import { DEFAULT_OPTIONS, observe, start, tallyOf } from '../../../orchestrator/bisect/state.js';
import type { Observation, Outcome, Place, State } from '../../../orchestrator/bisect/types.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/state');

const history = line(['base', 'one', 'two', 'three']);
const at = (commit: number): Place => ({ kind: 'commit', commit });
const run = (place: Place, outcome: Outcome, why?: string): Observation => ({
  kind: 'run',
  at: place,
  outcome,
  ...(why === undefined ? {} : { why }),
});
const after = (...observations: Observation[]): State => observations.reduce(observe, start(history));

test('runs are counted by place and outcome', () => {
  const without: Place = { kind: 'without', commits: [1, 2] };
  const state = after(
    run(at(2), 'match'),
    run(at(2), 'pass'),
    run(at(2), 'pass'),
    run(at(2), 'other'),
    run(at(2), 'infra'),
    run(without, 'pass'),
    { kind: 'built', at: at(2), signature: 'abc' },
  );
  assert.equal(tallyOf(state, at(2)), {
    at: at(2),
    match: 1,
    pass: 2,
    other: 1,
    infra: 1,
    signature: 'abc',
  });
  assert.is(tallyOf(state, { kind: 'without', commits: [1, 2] }).pass, 1);
  assert.is(tallyOf(state, { kind: 'without', commits: [1] }).pass, 0);
  assert.is(tallyOf(state, at(1)).pass, 0);
});

test('what cannot be tested keeps its reason', () => {
  const state = after(run(at(1), 'untestable', 'does not compile'));
  assert.is(tallyOf(state, at(1)).untestable, 'does not compile');
});

test('infra counts what came in a row', () => {
  assert.equal(after(run(at(1), 'infra', 'lost'), run(at(2), 'infra', 'lost again')).infra, {
    inARow: 2,
    why: 'lost again',
  });
  assert.equal(after(run(at(1), 'infra', 'lost'), run(at(2), 'pass')).infra, { inARow: 0 });
});

test('the state before stays as it is, and a state is JSON', () => {
  const before = after(run(at(1), 'match'));
  const text = JSON.stringify(before);
  const next = observe(before, run(at(1), 'match'));
  assert.is(JSON.stringify(before), text);
  assert.equal(JSON.parse(JSON.stringify(next)), next);
  assert.equal(observe(JSON.parse(text) as State, run(at(1), 'match')), next);
});

for (const [name, options, message] of [
  ['certainty', { confidence: 1 }, /confidence/],
  ['a coin', { confidence: 0.4 }, /confidence/],
  ['no runs', { maxRuns: 0 }, /most runs/],
  ['free runs', { costs: { ...DEFAULT_OPTIONS.costs, runSeconds: 0 } }, /costs/],
] as const) {
  test(`options: ${name} is refused`, () => {
    assert.throws(() => start(history, options), message);
  });
}

test('a place that the history does not have is refused', () => {
  assert.throws(() => after(run(at(4), 'pass')), /no such place/);
  assert.throws(() => after(run({ kind: 'without', commits: [9] }, 'pass')), /no such place/);
});

test.run();
