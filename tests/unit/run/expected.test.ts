import * as assert from 'uvu/assert';
import { elapsedOf, expectedMs, testKind, withDuration } from '../../../orchestrator/run/expected.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/expected');

test('expects the median of what was seen lately, and nothing where nothing was', () => {
  let history = {};
  assert.is(expectedMs(history, 'test'), undefined);
  for (const ms of [900, 10, 20, 30, 40, 50]) history = withDuration(history, 'test', ms);
  assert.is(expectedMs(history, 'test'), 30);
});

test('a few tests say nothing of how long all of them take', () => {
  const all = { suites: ['mixed-order', 'hmm-tests'], repeat: 1 };
  const one = { ...all, test: 'mixed-order/S2' };
  assert.is(
    new Set([all, one, { ...all, suites: ['mixed-order'] }, { ...all, repeat: 3 }].map(testKind)).size,
    4,
  );
  let history = withDuration({}, testKind(all), 30_000);
  history = withDuration(history, testKind(one), 1000);
  assert.is(expectedMs(history, testKind(all)), 30_000);
});

test('what was not done for longest is forgotten', () => {
  let history = withDuration({}, 'build-first', 1);
  history = withDuration(history, 'build-next', 1);
  for (let i = 0; i < 38; i++) history = withDuration(history, `test ${i}`, 1);
  history = withDuration(history, 'build-first', 2);
  history = withDuration(history, 'test x', 1);
  assert.is(Object.keys(history).length, 40);
  assert.is(expectedMs(history, 'build-next'), undefined);
  assert.is(expectedMs(history, 'build-first'), 2);
});

test('says how long it has been and how long it takes', () => {
  assert.is(elapsedOf(12_400, 17_000), '12 s of about 17 s');
  assert.is(elapsedOf(12_400, undefined), '12 s');
  assert.is(elapsedOf(600, 80), '1 s of about 1 s');
  assert.equal([elapsedOf(100, 17_000), elapsedOf(100, undefined)], ['about 17 s', '']);
});

test.run();
