import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { besideBaseline } from '../../../orchestrator/report/baseline-text.js';
import {
  Baseline,
  baselineFor,
  baselineOf,
  compareWithBaseline,
  steadied,
  versionName,
} from '../../../orchestrator/verdict/baseline.js';
import { baselineNamed, loadBaselines, saveBaseline } from '../../../orchestrator/verdict/baselines.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { record, sampleRun } from '../report/sample.js';

const test = suite('verdict/baseline');
const run = sampleRun();
const made = baselineOf(run, '7.3', '2026-11-26');

const usage = (error: unknown): boolean => error instanceof CiError && error.fault === 'usage';

test('the first point of a run, listed by what came of its tests', () => {
  assert.ok(Baseline.safeParse(made).success);
  const tests = run.points[0]?.tests ?? [];
  const count = (verdict: string): number => tests.filter((one) => one.verdict === verdict).length;
  assert.equal(
    [made.pass.length, Object.keys(made.known).length, made.skip.length],
    [count('pass'), count('known'), count('skip')],
  );
  assert.is(made.known['mixed-order/A2/9@0,0@1'], 'large-rmappable-leak');
});

test('a run that is none for a baseline is refused', () => {
  const [point] = run.points;
  if (point === undefined) throw new Error('the sample has points');
  const bad = { ...point, tests: [...point.tests, record('mixed-order/X', 'error')] };
  assert.throws(() => baselineOf({ ...run, points: [bad] }, '7.3', '2026-11-26'), usage);
  assert.throws(() => baselineOf({ ...run, points: [] }, '7.3', '2026-11-26'), usage);
  const asked = {
    suites: [],
    test: 'x*',
    points: 'all',
    repeat: 1,
    fragments: [],
    makeOptions: [],
    config: [],
  } as const;
  const part = { ...run, askedFor: { ...asked, suites: [], fragments: [], makeOptions: [], config: [] } };
  assert.throws(() => baselineOf(part, '7.3', '2026-11-26'), usage);
});

test('the version in a name', () => {
  assert.is(versionName('v7.3.4-debian-1-bpo13+1'), '7.3');
  assert.is(versionName('v7.3-rc7-12-gabcdef'), '7.3');
  assert.is(versionName('abcdef012345'), undefined);
});

test('the same kernel before the same version, other profiles and machines never', () => {
  const other = { ...made, name: 'mine', base: 'v6.6', kernelSignature: 'f'.repeat(64) };
  assert.is(baselineFor(run, [other, made])?.name, '7.3');
  assert.is(
    baselineFor(run, [
      { ...other, kernelSignature: 'a'.repeat(64) },
      { ...made, kernelSignature: '0' },
    ])?.name,
    'mine',
  );
  assert.is(baselineFor({ ...run, profiles: ['kasan'] }, [made]), undefined);
  assert.is(baselineFor({ ...run, base: { ...run.base, describe: 'v7.2' }, points: [] }, [made]), undefined);
});

test('worse, better, otherwise, new and absent', () => {
  const base: Baseline = {
    ...made,
    pass: ['a', 'b', 'gone'],
    skip: [],
    flaky: ['f'],
    known: { c: 'x', d: 'x' },
    fail: { e: 'k' },
  };
  const known = (id: string, by: string) =>
    record(id, 'known', {
      deviations: [{ kind: 'stale-field', step: 1, field: 'f', expected: '0', found: '1', known: by }],
    });
  const compared = compareWithBaseline(base, [
    record('a', 'pass'),
    known('b', 'x'),
    known('c', 'y'),
    record('d', 'pass'),
    record('e', 'fail', { failureKey: 'k' }),
    record('new', 'pass'),
    record('f', 'pass'),
  ]);
  const ids = (list: readonly { test: string }[]): string[] => list.map((one) => one.test);
  assert.equal(
    [
      ids(compared.worse),
      ids(compared.better),
      ids(compared.other),
      compared.equal,
      compared.absent,
      compared.added,
    ],
    [['b'], ['d'], ['c'], 2, ['gone'], ['new']],
  );
});

test('an error and an intermittent failure say nothing', () => {
  const base = { ...made, pass: ['a', 'b'], known: {}, skip: [], flaky: [], fail: {} };
  const { worse, equal } = compareWithBaseline(base, [record('a', 'error'), record('b', 'flaky')]);
  assert.equal([worse, equal], [[], 0]);
});

test('what another look at the same kernel saw otherwise is intermittent, and stays so', () => {
  const [first = '', second = ''] = made.pass;
  const moved: Baseline = {
    ...made,
    pass: made.pass.filter((id) => id !== first),
    fail: { [first]: 'hang: x' },
  };
  const again = steadied(made, [moved]);
  assert.equal(again.flaky, [first]);
  assert.not.ok(again.pass.includes(first));
  assert.ok(again.pass.includes(second));
  assert.equal(steadied(made, [again]).flaky, [first]);
  const tests = [record(first, 'fail', { failureKey: 'hang: x' })];
  assert.equal(compareWithBaseline(again, tests).worse, []);
});

test('further looks count whatever the kernel is called', () => {
  const [first = '', second = ''] = made.pass;
  const look: Baseline = {
    ...made,
    kernelSignature: 'c'.repeat(64),
    pass: made.pass.filter((id) => id !== first && id !== second),
    known: { ...made.known, [first]: 'mapped-flags-leak' },
    flaky: [second],
  };
  assert.equal(steadied(made, [], [look]).flaky, [first, second].toSorted());
  assert.equal(steadied(made, []), made);
});

test('what is intermittent on one kernel is not compared on another; other results of another kernel say nothing', () => {
  const [first = '', second = ''] = made.pass;
  const other: Baseline = {
    ...made,
    name: '7.2',
    kernelSignature: 'c'.repeat(64),
    pass: made.pass.filter((id) => id !== first && id !== second),
    flaky: [first, 'hmm-tests/hmm.unheard_of'],
    fail: { [second]: 'hang: x' },
  };
  const steady = steadied(made, [other]);
  assert.equal(steady.flaky, [first]);
  assert.ok(steady.pass.includes(second));
  assert.equal(steadied(made, [{ ...other, machine: 'numa' }]), made);
});

test('in sentences', () => {
  const [first, ...more] = besideBaseline(run, made);
  assert.match(first ?? '', /^the base: \d+ as in baseline 7\.3 \(v7\.3\.4, 2026-11-26\)$/);
  assert.equal(more, []);
  const worse = besideBaseline(run, { ...made, pass: [...made.pass, 'mixed-order/A2/9@0,0@1'], known: {} });
  assert.match(worse.join('\n'), 'worse: mixed-order/A2/9@0,0@1: pass, now known: large-rmappable-leak');
  assert.equal(besideBaseline({ ...run, points: [] }, made), []);
});

test('written and read again; what is no baseline is named', async () => {
  const folder = scratchDir('baselines');
  assert.equal(await loadBaselines(path.join(folder, 'none')), []);
  await saveBaseline(made, folder);
  assert.equal(await loadBaselines(folder), [made]);
  assert.equal(await baselineNamed('7.3', folder), made);
  for (const text of ['{', '{"schemaVersion":2}']) {
    writeFileSync(path.join(folder, 'bad.json'), text);
    try {
      await loadBaselines(folder);
      assert.unreachable();
    } catch (error) {
      assert.ok(usage(error), String(error));
      assert.match(String((error as CiError).details.where), 'bad.json');
    }
  }
});

test('an unknown name is a usage error that names those there are', async () => {
  const folder = scratchDir('baselines');
  await saveBaseline(made, folder);
  try {
    await baselineNamed('6.6', folder);
    assert.unreachable();
  } catch (error) {
    assert.ok(usage(error));
    assert.match((error as CiError).details.remedy ?? '', '7.3');
  }
});

test.run();
