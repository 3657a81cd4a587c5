import * as assert from 'uvu/assert';
import { exitCodeOfScore, scoreOf, standingOf } from '../../../orchestrator/score/standing.js';
import { suite } from '../../harness/suite.js';
import { result } from './support.js';

const test = suite('score/standing');
const killed = { verdict: 'killed' } as const;
const survived = { verdict: 'survived' } as const;
const error = { verdict: 'error', text: 'no guest' } as const;

test('a mutant is to be killed, one that changes nothing is to stay green', () => {
  assert.is(standingOf('killed', killed, false).standing, 'as-expected');
  assert.is(standingOf('killed', survived, false).standing, 'unexpected');
  for (const expect of ['neutral', 'equivalent'] as const) {
    assert.is(standingOf(expect, survived, false).standing, 'as-expected');
    assert.is(standingOf(expect, survived, true).standing, 'as-expected');
    assert.is(standingOf(expect, killed, false).standing, 'unexpected');
  }
});

test('a mutant to be killed that changes no code is a mistake of ours, no survivor', () => {
  assert.equal(standingOf('killed', survived, true), {
    standing: 'cannot-tell',
    reason: 'changes no code in this configuration, nothing can see it',
  });
});

test('no result is none, whatever was expected', () => {
  for (const expect of ['killed', 'neutral', 'equivalent'] as const)
    assert.equal(standingOf(expect, error, false), { standing: 'infra', reason: 'no result: no guest' });
});

test('without a suite of ours nothing can be told', () => {
  assert.is(standingOf('neutral', { verdict: 'not-run' }, false).standing, 'cannot-tell');
});

test('exit codes: 1 before 128 before 125', () => {
  const code = (...all: Parameters<typeof result>[1][]): number =>
    exitCodeOfScore(all.map((more) => result('x', more)));
  assert.is(code({}), 0);
  assert.is(code({}, { standing: 'cannot-tell' }), 125);
  assert.is(code({ standing: 'infra' }, { standing: 'cannot-tell' }), 128);
  assert.is(code({ standing: 'infra' }, { standing: 'unexpected' }), 1);
  assert.is(code(), 125, 'nothing was tried');
});

test('the score counts each kind by itself', () => {
  const score = scoreOf([
    result('a', { upstream: killed }),
    result('b'),
    result('c', { ours: survived, standing: 'unexpected' }),
    result('d', { expect: 'neutral', ours: survived }),
    result('e', { expect: 'neutral', ours: killed, standing: 'unexpected' }),
    result('f', { expect: 'equivalent', ours: survived }),
  ]);
  assert.equal(score, {
    ours: { k: 2, n: 3 },
    upstream: { k: 1, n: 3 },
    neutral: { k: 1, n: 2 },
    equivalent: { k: 1, n: 1 },
  });
});

test('what was not run is none that survived', () => {
  const score = scoreOf([
    result('a', { upstream: { verdict: 'not-run' } }),
    result('b', { ours: { verdict: 'not-run' }, upstream: killed, standing: 'cannot-tell' }),
  ]);
  assert.equal(
    [score.ours, score.upstream],
    [
      { k: 1, n: 1 },
      { k: 1, n: 1 },
    ],
  );
});

test.run();
