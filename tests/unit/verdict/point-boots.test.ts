import { bootRecord } from '../../../orchestrator/verdict/point-tests.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { boots, lost, lostOnce, noBoot, point, testRows, tests } from './point-rows.js';

const test = suite('verdict/point-boots');

const second = bootRecord({ booted: true, attempts: 2, reason: 'panic', splats: [], durationMs: 1 });
const under = (profile: string, record: TestRecord): TestRecord => ({
  ...record,
  id: `${record.id}@${profile}`,
});

testRows(test, [
  {
    name: 'a boot that took two attempts is flaky, not good',
    points: [point({ a: 'pass' }), { ...point({}), tests: [second, ...tests({ a: 'pass' })] }],
    verdicts: 'good skip',
    exit: 125,
    summary: { flaky: ['1 boot'] },
    reason: 'too flaky to tell: boot',
  },
  {
    name: 'does not boot under one of two profiles, where its predecessor did',
    points: [
      { ...point({}), tests: [under('default', boots), under('kasan', boots), ...tests({ a: 'pass' })] },
      { ...point({}), tests: [under('default', boots), under('kasan', lost), ...tests({ a: 'pass' })] },
    ],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 boot@kasan'] },
    reason: 'does not boot (2 attempts): no output for 60 s',
  },
  {
    name: 'two profiles that boot and run nothing: no test ran',
    points: [{ ...point({}), tests: [under('default', boots), under('kasan', boots)] }],
    verdicts: 'infra',
    exit: 128,
    reason: 'no test ran',
  },
  {
    name: 'without a series, a kernel that does not boot cannot be judged',
    points: [noBoot(lost)],
    single: true,
    verdicts: 'skip',
    exit: 125,
    summary: { stillFailing: ['0 boot'] },
    reason: 'nothing to compare with',
  },
  {
    name: 'boot lost twice where the base boots',
    points: [point({ a: 'pass' }), noBoot(lost)],
    verdicts: 'good bad',
    exit: 1,
    summary: { introduced: ['1 boot'] },
    reason: 'no output for 60 s',
  },
  {
    name: 'boot lost once and not tried again',
    points: [point({ a: 'pass' }), noBoot(lostOnce)],
    verdicts: 'good infra',
    exit: 128,
    summary: { introduced: ['1 boot'] },
  },
  {
    name: 'neither boots',
    points: [noBoot(lost), noBoot(lost)],
    verdicts: 'skip skip',
    exit: 125,
    summary: { stillFailing: ['0 boot', '1 boot'] },
  },
  {
    name: 'after a point that does not boot the tests are compared with the one before it',
    points: [point({ a: 'pass' }), noBoot(lost), point({ a: 'fail' })],
    verdicts: 'good bad bad',
    exit: 1,
    summary: { introduced: ['1 boot', '2 a'], fixed: ['2 boot'] },
  },
]);

test.run();
