import * as assert from 'uvu/assert';
import { comparePoints, runVerdict } from '../../../orchestrator/verdict/points.js';
import { suite } from '../../harness/suite.js';
import { point, splat, testRows } from './point-rows.js';

const test = suite('verdict/points');

testRows(test, [
  {
    name: 'what fails for certain after an undecided flake did pass before',
    points: [point({ a: 'pass' }), point({ a: 'flaky 1/3' }), point({ a: 'fail' })],
    verdicts: 'good skip bad',
    exit: 1,
    summary: { introduced: ['2 a'], flaky: ['1 a'] },
  },
  {
    name: 'all pass',
    points: [point({ a: 'pass' }), point({ a: 'pass' })],
    verdicts: 'good good',
    exit: 0,
    reason: '1 test passed',
  },
  {
    name: 'broken, then repaired',
    points: [
      point({ a: 'known x', b: 'pass' }),
      point({}, { inheritedFrom: 0 }),
      point({ a: 'fail', b: 'pass' }),
      point({ a: 'known x', b: 'pass' }),
    ].map((one, index) => (index === 1 ? { ...one, tests: [] } : one)),
    verdicts: 'good good bad good',
    exit: 1,
    summary: { introduced: ['2 a'], fixed: ['3 a'], known: ['0 a', '1 a', '3 a'] },
    reason: 'fixes a',
  },
  {
    name: 'the reason of an inherited verdict says so',
    points: [point({ a: 'pass' }), { ...point({}, { inheritedFrom: 0 }), tests: [] }],
    verdicts: 'good good',
    exit: 0,
    reason: 'same kernel as the base, not booted again: 1 test passed',
  },
  {
    name: 'a revert inherits from the base and still fixes',
    points: [point({ a: 'pass' }), point({ a: 'fail' }), { ...point({}, { inheritedFrom: 0 }), tests: [] }],
    verdicts: 'good bad good',
    exit: 1,
    summary: { introduced: ['1 a'], fixed: ['2 a'] },
  },
  {
    name: 'the same kernel as a bad one introduces nothing',
    points: [point({ a: 'pass' }), point({ a: 'fail' }), { ...point({}, { inheritedFrom: 1 }), tests: [] }],
    verdicts: 'good bad good',
    exit: 1,
    summary: { introduced: ['1 a'], stillFailing: ['2 a'] },
  },
  {
    name: 'the base fails: pre-existing, not bad',
    points: [point({ a: 'fail' }), point({ a: 'fail' })],
    verdicts: 'good good',
    exit: 0,
    summary: { stillFailing: ['0 a', '1 a'] },
    reason: 'still failing',
  },
  {
    name: 'another failure of a test that failed is still failing, and said',
    points: [point({ a: 'fail one' }), point({ a: 'fail two' })],
    verdicts: 'good good',
    exit: 0,
    summary: { stillFailing: ['0 a', '1 a'] },
    reason: 'in another way',
  },
  {
    name: 'one fixed, one broken',
    points: [point({ a: 'fail', b: 'pass' }), point({ a: 'pass', b: 'fail' })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 b'], fixed: ['1 a'], stillFailing: ['0 a'] },
    reason: 'fixes a',
  },
  {
    name: 'known becomes fail: introduced',
    points: [point({ a: 'known x' }), point({ a: 'fail' })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 a'], known: ['0 a'] },
  },
  {
    name: 'without a series any failure is bad',
    points: [point({ a: 'fail' })],
    single: true,
    verdicts: 'bad',
    exit: 1,
    summary: { stillFailing: ['0 a'] },
  },
  {
    name: 'without a series, passing',
    points: [point({ a: 'pass', b: 'known x' })],
    single: true,
    verdicts: 'good',
    exit: 0,
    summary: { known: ['0 b'] },
  },
  {
    name: 'a splat outside of any test',
    points: [point({ a: 'pass' }), point({ a: 'pass' }, { splats: [splat('WARNING in f')] })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 console/WARNING in f'] },
  },
  {
    name: 'another splat than the one before',
    points: [
      point({ a: 'pass' }, { splats: [splat('one')] }),
      point({ a: 'pass' }, { splats: [splat('two')] }),
    ],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 console/two'], fixed: ['1 console/one'], stillFailing: ['0 console/one'] },
  },
  {
    name: 'a corrupted splat is no evidence',
    points: [point({ a: 'pass' }), point({ a: 'pass' }, { splats: [{ ...splat('x'), corrupted: true }] })],
    verdicts: 'good good',
    exit: 0,
  },
]);

test('what was fixed is named by the failure that is gone', () => {
  const facts = [point({ a: 'fail the key' }), point({ a: 'pass' })].map((one, index) => ({ ...one, index }));
  assert.equal(comparePoints(facts, true).summary.fixed, [{ test: 'a', point: 1, failureKey: 'the key' }]);
});

test('the order in which points arrive does not matter', () => {
  const facts = [point({ a: 'pass' }), point({ a: 'fail' }), point({ a: 'pass' })].map((one, index) => ({
    ...one,
    index,
  }));
  assert.equal(comparePoints(facts.toReversed(), true), comparePoints(facts, true));
});

test('run verdict: bad > infra > skip > good', () => {
  assert.is(runVerdict(['good', 'skip']), 'skip');
  assert.is(runVerdict(['skip', 'infra', 'good']), 'infra');
  assert.is(runVerdict(['infra', 'bad']), 'bad');
  assert.is(runVerdict([]), 'infra');
});

test.run();
