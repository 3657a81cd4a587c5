import { suite } from '../../harness/suite.js';
import { noTests, point, testRows } from './point-rows.js';

const test = suite('verdict/point-builds');

testRows(test, [
  {
    name: 'bad under one profile, does not compile under another',
    points: [point({ a: 'pass' }), point({ a: 'fail' }, { status: 'failed', error: 'profile kasan: x' })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 a'] },
  },
  {
    name: 'passes under one profile, does not compile under another',
    points: [point({ a: 'pass' }), point({ a: 'pass' }, { status: 'failed', error: 'profile kasan: x' })],
    verdicts: 'good skip',
    exit: 125,
    reason: 'does not compile: profile kasan: x',
  },
  {
    name: 'does not apply',
    points: [
      point({ a: 'pass' }),
      noTests({ status: 'not-applied', error: 'patch failed: mm/memremap.c:481' }),
    ],
    verdicts: 'good skip',
    exit: 125,
    reason: 'does not apply: patch failed: mm/memremap.c:481',
  },
  {
    name: 'does not compile',
    points: [point({ a: 'pass' }), noTests({ status: 'failed', error: 'mm/memremap.c:9: error: x' })],
    verdicts: 'good skip',
    exit: 125,
    reason: 'does not compile: mm/memremap.c:9: error: x',
  },
  {
    name: 'module API',
    points: [point({ a: 'pass' }), { ...point({}, { moduleError: 'too few arguments' }) }],
    verdicts: 'good skip',
    exit: 125,
    reason: 'module API: too few arguments',
  },
  {
    name: 'a suite that needs no module may still find something bad',
    points: [point({ a: 'pass' }), point({ a: 'fail' }, { moduleError: 'too few arguments' })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 a'] },
  },
  {
    name: 'only files that are not compiled',
    points: [point({ a: 'pass' }), { ...noTests({ onlyNotCompiled: true, inheritedFrom: 0 }) }],
    verdicts: 'good skip',
    exit: 125,
    reason: 'does not compile',
  },
  {
    name: 'compared with the last point that was tested, not with the one that did not build',
    points: [point({ a: 'pass' }), noTests({ status: 'failed' }), point({ a: 'fail' })],
    verdicts: 'good skip bad',
    exit: 1,
    summary: { introduced: ['2 a'] },
  },
  {
    name: 'a failure with nothing to compare with',
    points: [noTests({ status: 'failed' }), point({ a: 'fail' })],
    verdicts: 'skip skip',
    exit: 125,
    summary: { stillFailing: ['1 a'] },
    reason: 'no earlier result',
  },
]);

test.run();
