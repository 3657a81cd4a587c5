import { suite } from '../../harness/suite.js';
import { point, testRows } from './point-rows.js';

const test = suite('verdict/point-flakes');

testRows(test, [
  {
    name: 'without a series, flaky',
    points: [point({ a: 'flaky 1/3' })],
    single: true,
    verdicts: 'skip',
    exit: 125,
    summary: { flaky: ['0 a'] },
    reason: 'too flaky',
  },
  {
    name: 'flaky as at the base',
    points: [point({ a: 'flaky 1/4' }), point({ a: 'flaky 2/4' })],
    verdicts: 'good good',
    exit: 0,
    summary: { flaky: ['0 a', '1 a'] },
    reason: 'flaky as before',
  },
  {
    name: 'newly flaky, too few runs before',
    points: [point({ a: 'pass' }), point({ a: 'flaky 10/30' })],
    verdicts: 'good skip',
    exit: 125,
    summary: { flaky: ['1 a'] },
    reason: 'too flaky',
  },
  {
    name: 'newly flaky and significant',
    points: [point({ a: 'pass x30' }), point({ a: 'flaky 10/30' })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 a'], flaky: ['1 a'] },
  },
  {
    name: 'newly flaky, not significant',
    points: [point({ a: 'pass x60' }), point({ a: 'flaky 3/60' })],
    verdicts: 'good skip',
    exit: 125,
    summary: { flaky: ['1 a'] },
  },
  {
    name: 'flaky, then failing every time',
    points: [point({ a: 'flaky 1/4' }), point({ a: 'fail' })],
    verdicts: 'good good',
    exit: 0,
    summary: { flaky: ['0 a'], stillFailing: ['1 a'] },
  },
  {
    name: 'flaky, then passing once: not fixed',
    points: [point({ a: 'flaky 2/4' }), point({ a: 'pass' })],
    verdicts: 'good good',
    exit: 0,
    summary: { flaky: ['0 a'] },
  },
  {
    name: 'flaky, then passing often: fixed',
    points: [point({ a: 'flaky 15/30' }), point({ a: 'pass x30' })],
    verdicts: 'good good',
    exit: 0,
    summary: { flaky: ['0 a'], fixed: ['1 a'] },
  },
]);

test.run();
