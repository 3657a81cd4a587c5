import * as assert from 'uvu/assert';
import { compareRuns } from '../../../orchestrator/report/compare-runs.js';
import { renderComparison } from '../../../orchestrator/report/compare-text.js';
import type { RunRecord, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { golden, recorded } from './recorded.js';
import { record, sampleRun } from './sample.js';

const test = suite('report/compare-runs');

/** A run whose last point has these tests. */
function having(tests: readonly TestRecord[]): RunRecord {
  const run = sampleRun();
  const [point] = run.points;
  if (point === undefined) throw new Error('the sample has points');
  return { ...run, points: [{ ...point, tests: [...tests] }] };
}

const fails = (id: string, failureKey: string): TestRecord =>
  record(id, 'fail', { kind: 'stale-field', failureKey });
const flaky = (id: string, matches: number, runs: number): TestRecord =>
  record(id, 'flaky', { matches, runs });

test('every way in which a test can differ', () => {
  const before = having([
    record('s/breaks', 'pass'),
    fails('s/mended', 'k'),
    fails('s/same', 'k'),
    fails('s/other', 'k'),
    record('s/gone', 'pass'),
    record('s/known', 'known'),
    record('s/skipped', 'skip'),
    flaky('s/rarer', 30, 40),
    flaky('s/noise', 1, 3),
  ]);
  const now = having([
    fails('s/breaks', 'k'),
    record('s/mended', 'known'),
    fails('s/same', 'k'),
    fails('s/other', 'k2'),
    record('s/new', 'pass'),
    record('s/known', 'pass'),
    record('s/skipped', 'pass'),
    flaky('s/rarer', 1, 40),
    flaky('s/noise', 2, 3),
  ]);
  const { fails: broken, fixed, stillFailing, otherwise, rates, ...rest } = compareRuns(before, now);
  const ids = [broken, fixed, stillFailing, otherwise, rates].map((list) => list.map(({ test: id }) => id));
  assert.equal(ids, [['s/breaks'], ['s/mended'], ['s/same'], ['s/other'], ['s/rarer']]);
  assert.equal([rest.onlyBefore, rest.onlyNow, rest.alike], [['s/gone'], ['s/new', 's/skipped'], 2]);
});

test('the last point that was tested counts, and one that inherits has the results of its kernel', () => {
  const { run } = recorded('introduced');
  const { points, fixed, alike } = compareRuns({ ...run, points: run.points.slice(0, 3) }, run);
  assert.equal([points?.before.index, points?.now.index], [2, 3]);
  assert.equal([fixed.length, alike], [3, 1]);
});

for (const columns of [80, 140]) {
  test(`as text at ${columns} columns`, () => {
    const { run } = recorded('introduced');
    const broken = { ...run, points: run.points.slice(0, 3) };
    const context = { columns, colour: false };
    const there = renderComparison(run, broken, compareRuns(run, broken), context);
    const back = renderComparison(broken, run, compareRuns(broken, run), context);
    golden(`tests/fixtures/formats/compare-${columns}.txt`, `${there}\n${back}`);
  });
}

test('what else differs is said, since it may be the reason', () => {
  const { run } = recorded('introduced');
  const other = { ...run, profiles: ['nodebug'], machine: { ...run.machine, qemuVersion: 'QEMU 10' } };
  const text = renderComparison(run, other, compareRuns(run, other), { columns: 100, colour: false });
  assert.match(text, 'profile: default, now nodebug');
  assert.match(text, `QEMU: ${run.machine.qemuVersion}, now QEMU 10`);
});

test('a run without any result', () => {
  const none = having([]);
  assert.is(compareRuns(none, none).points, undefined);
  assert.match(
    renderComparison(none, none, compareRuns(none, none), { columns: 80, colour: false }),
    'nothing was tested',
  );
});

test.run();
