import { suite } from '../../harness/suite.js';
import { boots, noTests, point, testRows, tests } from './point-rows.js';

const test = suite('verdict/point-not-run');

testRows(test, [
  {
    name: 'a test that the base skipped',
    points: [point({ a: 'skip no feature', b: 'pass' }), point({ a: 'fail', b: 'pass' })],
    verdicts: 'good skip',
    exit: 125,
    summary: { stillFailing: ['1 a'] },
  },
  {
    name: 'a skip in between hides no regression',
    points: [
      point({ a: 'pass', b: 'pass' }),
      point({ a: 'skip', b: 'pass' }),
      point({ a: 'fail', b: 'pass' }),
    ],
    verdicts: 'good good bad',
    exit: 1,
    summary: { introduced: ['2 a'] },
  },
  {
    name: 'everything skipped',
    points: [point({ a: 'skip no large folios', b: 'skip x' })],
    single: true,
    verdicts: 'skip',
    exit: 125,
    reason: 'all 2 tests of s skipped: no large folios',
  },
  {
    name: 'one suite skipped, the other passing: what was asked for was not tested',
    points: [
      point(
        {},
        {
          tests: [
            boots,
            ...tests({ a: 'skip no large folios' }),
            { ...tests({ b: 'pass' })[0]!, suite: 'upstream' },
          ],
        },
      ),
    ],
    single: true,
    verdicts: 'skip',
    exit: 125,
    reason: 'the only test of s skipped: no large folios',
  },
  {
    name: 'zero tests',
    points: [point({})],
    single: true,
    verdicts: 'infra',
    exit: 128,
    reason: 'no test ran',
  },
  { name: 'no point at all', points: [], verdicts: '', exit: 128 },
  {
    name: 'an error of ours',
    points: [point({ a: 'pass' }), point({ a: 'error did not finish' })],
    verdicts: 'good infra',
    exit: 128,
    reason: 'a: did not finish',
  },
  {
    name: 'bad goes before an error of ours',
    points: [point({ a: 'pass', b: 'pass' }), point({ a: 'error', b: 'fail' })],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 b'] },
  },
  {
    name: 'our fault before any test',
    points: [point({ a: 'pass' }), noTests({ infra: 'no space left on the device' })],
    verdicts: 'good infra',
    exit: 128,
    reason: 'no space left',
  },
  {
    name: 'not tested',
    points: [point({ a: 'pass' }), noTests({ status: 'not-run' })],
    verdicts: 'good skip',
    exit: 125,
    reason: 'not tested',
  },
  {
    name: 'bad, infra and skip in one run',
    points: [
      point({ a: 'pass' }),
      point({ a: 'fail' }),
      noTests({ infra: 'x' }),
      noTests({ status: 'failed' }),
    ],
    verdicts: 'good bad infra skip',
    exit: 1,
    summary: { introduced: ['1 a'] },
  },
]);

test.run();
