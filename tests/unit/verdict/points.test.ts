import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { bootRecord } from '../../../orchestrator/verdict/point-tests.js';
import type { PointFacts } from '../../../orchestrator/verdict/point-tests.js';
import { comparePoints, runVerdict } from '../../../orchestrator/verdict/points.js';
import type { BuildRecord, Splat, Summary, TestRecord } from '../../../orchestrator/store/records.js';

const test = suite('verdict/points');

type Short = Record<string, string>;

/** `{ a: 'pass', b: 'fail key', c: 'flaky 3/30', d: 'pass x60', e: 'skip why', f: 'error', g: 'known id' }` */
function tests(short: Short): TestRecord[] {
  return Object.entries(short).map(([id, text]): TestRecord => {
    const [verdict = '', rest = ''] = text.split(/ (.*)/);
    const flaky = /^(\d+)\/(\d+)$/.exec(rest);
    const repeated = /^x(\d+)$/.exec(rest);
    const runs = Number(flaky?.[2] ?? repeated?.[1] ?? 1);
    const failed = verdict === 'fail' || verdict === 'flaky';
    return {
      id,
      suite: 's',
      verdict: verdict as TestRecord['verdict'],
      ...(failed
        ? { kind: 'stale-field', failureKey: flaky === null ? rest || `key ${id}` : `key ${id}` }
        : {}),
      runs,
      matches: verdict === 'fail' ? runs : Number(flaky?.[1] ?? 0),
      ...(verdict === 'skip' || verdict === 'error' ? { reason: rest || 'did not finish' } : {}),
      deviations:
        verdict === 'known'
          ? [{ kind: 'stale-field', step: 1, field: 'f', expected: '0', found: '1', known: rest }]
          : [],
      splats: [],
      evidence: [],
      durationMs: 1,
      reused: false,
    };
  });
}

const boots = bootRecord({ booted: true, attempts: 1, durationMs: 1 });
const lost = bootRecord({ booted: false, attempts: 2, reason: 'no output for 60 s', durationMs: 1 });
const lostOnce = bootRecord({ booted: false, attempts: 1, durationMs: 1 });

type Extra = Partial<PointFacts> & { status?: BuildRecord['status']; error?: string };

function point(short: Short, extra: Extra = {}): Omit<PointFacts, 'index'> {
  const { status = 'built', error, ...rest } = extra;
  const build = { status, durationMs: 1, ...(error === undefined ? {} : { error }) };
  return { subject: 'a patch', build, tests: [boots, ...tests(short)], splats: [], ...rest };
}
const noTests = (extra: Extra): Omit<PointFacts, 'index'> => ({ ...point({}, extra), tests: [] });
const noBoot = (record: TestRecord): Omit<PointFacts, 'index'> => ({ ...point({}), tests: [record] });

const splat = (title: string): Splat => ({
  title,
  altTitles: [],
  frames: ['f'],
  corrupted: false,
  text: '',
  fields: {},
});

interface Row {
  readonly name: string;
  readonly points: readonly Omit<PointFacts, 'index'>[];
  /** Verdicts of the points, in order. */
  readonly verdicts: string;
  readonly exit: number;
  /** Part of the last point's reason. */
  readonly reason?: string;
  /** `point test` of each list that is not empty. */
  readonly summary?: Partial<Record<keyof Summary, readonly string[]>>;
  readonly single?: boolean;
}

const second = bootRecord({ booted: true, attempts: 2, reason: 'panic', splats: [], durationMs: 1 });
const under = (profile: string, record: TestRecord): TestRecord => ({
  ...record,
  id: `${record.id}@${profile}`,
});

const rows: readonly Row[] = [
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
    name: 'two profiles that boot and run nothing: no test ran',
    points: [{ ...point({}), tests: [under('default', boots), under('kasan', boots)] }],
    verdicts: 'infra',
    exit: 128,
    reason: 'no test ran',
  },
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
    name: 'without a series, a kernel that does not boot cannot be judged',
    points: [noBoot(lost)],
    single: true,
    verdicts: 'skip',
    exit: 125,
    summary: { stillFailing: ['0 boot'] },
    reason: 'nothing to compare with',
  },
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
];

for (const row of rows) {
  test(row.name, () => {
    const facts = row.points.map((one, index) => ({ ...one, index }));
    const judged = comparePoints(facts, row.single !== true);
    assert.is(judged.points.map(({ verdict }) => verdict).join(' '), row.verdicts);
    assert.is(judged.exitCode, row.exit);
    const lists: Record<string, string[]> = {};
    for (const [key, entries = []] of Object.entries(judged.summary)) {
      if (entries.length > 0) lists[key] = entries.map((entry) => `${entry.point} ${entry.test}`);
    }
    assert.equal(lists, row.summary ?? {});
    const reason = judged.points.at(-1)?.reason ?? '';
    if (row.reason !== undefined) assert.ok(reason.includes(row.reason), reason);
    for (const one of judged.points) assert.ok(one.reason !== '' && !one.reason.includes('\n'));
  });
}

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
