import * as assert from 'uvu/assert';
import { elapsedOf, expectedMs, withDuration } from '../../../orchestrator/run/expected.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/expected');

test('expects the median of what was seen lately, and nothing where nothing was', () => {
  let history = {};
  assert.is(expectedMs(history, 'test'), undefined);
  for (const ms of [900, 10, 20, 30, 40, 50]) history = withDuration(history, 'test', ms);
  assert.is(expectedMs(history, 'test'), 30);
});

test('says how long it has been and how long it takes', () => {
  assert.is(elapsedOf(12_400, 17_000), '12 s of about 17 s');
  assert.is(elapsedOf(12_400, undefined), '12 s');
  assert.is(elapsedOf(100, 80), '0 s of about 1 s');
});

test.run();
