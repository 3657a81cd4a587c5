import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { toJson } from '../../../orchestrator/report/json.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { RunRecord } from '../../../orchestrator/store/records.js';
import type { Event, PointRecord } from '../../../orchestrator/store/records.js';
import { record, sampleRun } from './sample.js';

const test = suite('report/reduce');

const run = sampleRun();
const noSummary = { introduced: [], fixed: [], stillFailing: [], flaky: [], known: [] };
const { finishedAt: _finished, ...unfinished } = run;

/** The run as it stands before anything is done: the points are planned and bare. */
const planned: RunRecord = {
  ...unfinished,
  points: run.points.map((point) => ({
    index: point.index,
    commit: point.commit,
    subject: point.subject,
    verdict: 'infra',
    reason: 'not tested yet',
    build: { status: 'not-run', durationMs: 0 },
    tests: [],
    splats: [],
    notCompiled: [],
  })),
  summary: noSummary,
  timings: {},
  verdict: 'infra',
  exitCode: 128,
};

/** The events of the whole run, in the order in which the runner writes them. */
function eventsOf(): Event[] {
  const events: Event[] = [{ t: Date.parse(run.startedAt), type: 'run-start', run: planned }];
  for (const point of run.points) {
    const { index, build, notCompiled, kernelSignature } = point;
    const signature = kernelSignature === undefined ? {} : { kernelSignature };
    events.push({ t: 1, type: 'station', name: 'build', phase: 'start', point: index });
    events.push({ t: 2, type: 'point-built', index, build, notCompiled, ...signature });
    for (const one of point.tests) {
      events.push({ t: 3, type: 'test-start', point: index, id: one.id, suite: one.suite });
      events.push({ t: 4, type: 'test-end', point: index, test: one });
    }
  }
  for (const point of run.points) events.push({ t: 5, type: 'point-end', point });
  const { verdict, exitCode, summary, timings } = run;
  const t = Date.parse(run.finishedAt ?? '');
  events.push({ t, type: 'run-end', verdict, exitCode, summary, timings });
  return events;
}

function before(type: Event['type'], nth = 0): Event[] {
  const events = eventsOf();
  const found = events.flatMap((event, i) => (event.type === type ? [i] : []));
  return events.slice(0, found[nth]);
}

const point = (record_: RunRecord, index: number): PointRecord | undefined =>
  record_.points.find((one) => one.index === index);

test('the events of a whole run give its record', () => {
  assert.equal(reduceEvents(eventsOf()), run);
});

test('a run cut off after any event gives a record that fits the schema and is no success', () => {
  const events = eventsOf();
  for (let n = 1; n < events.length; n++) {
    const reduced = reduceEvents(events.slice(0, n));
    assert.ok(RunRecord.safeParse(reduced).success, `after event ${n}`);
    assert.ok(reduced.verdict === 'infra' || reduced.verdict === 'bad', `after event ${n}`);
    assert.ok(reduced.exitCode === 128 || reduced.exitCode === 1);
  }
});

test('a test without an end did not finish', () => {
  const events = before('test-end', 3);
  const last = events.at(-1);
  assert.is(last?.type, 'test-start');
  const tests = point(reduceEvents(events), 0)?.tests ?? [];
  assert.is(tests.at(-1)?.verdict, 'error');
  assert.is(tests.at(-1)?.reason, 'did not finish');
  assert.equal(tests.slice(0, -1), run.points[0]?.tests.slice(0, 3));
});

test('what was found before the end is kept: the bad point is bad', () => {
  const reduced = reduceEvents(before('point-end'));
  assert.is(point(reduced, 2)?.verdict, 'bad');
  assert.is(reduced.summary.introduced.length, 5);
  assert.is(reduced.exitCode, 1);
  assert.is(point(reduced, 3)?.verdict, 'infra');
});

test('a point that had not begun is not tested, and named', () => {
  const reduced = reduceEvents(before('point-built', 1));
  assert.is(point(reduced, 4)?.verdict, 'infra');
  assert.is(point(reduced, 4)?.subject, run.points[4]?.subject);
  assert.match(point(reduced, 4)?.reason ?? '', 'cut off');
});

test('a second result of a test replaces the first', () => {
  const again = record('mixed-order/A1', 'flaky', { runs: 2, matches: 1 });
  const events = [...before('point-end'), { t: 9, type: 'test-end', point: 0, test: again } satisfies Event];
  const tests = point(reduceEvents(events), 0)?.tests.filter(({ id }) => id === again.id);
  assert.equal(tests, [again]);
});

test('a program that announced itself has ended once its tests are told', () => {
  const one = { ...record('mixed-order/A1', 'pass'), id: 'hmm-tests/hmm.a', suite: 'hmm-tests' };
  const start: Event = { t: 8, type: 'test-start', point: 0, id: 'hmm-tests', suite: 'hmm-tests' };
  const ids = (events: Event[]): (string | undefined)[] =>
    point(reduceEvents([{ t: 0, type: 'run-start', run: planned }, ...events]), 0)?.tests.map(
      ({ id }) => id,
    ) ?? [];
  assert.equal(ids([start]), ['hmm-tests']);
  assert.equal(ids([start, { t: 9, type: 'test-end', point: 0, test: one }]), ['hmm-tests/hmm.a']);
});

test('what was found out later holds', () => {
  const accelerator = { name: 'kvm', why: 'Linux boots under it' } as const;
  const events: Event[] = [
    { t: 0, type: 'run-start', run: planned },
    { t: 1, type: 'run-start', run: { ...planned, accelerator } },
  ];
  assert.equal(reduceEvents(events).accelerator, accelerator);
});

test('events of a point that was not planned make one', () => {
  const events: Event[] = [
    { t: 0, type: 'run-start', run: { ...planned, points: [] } },
    { t: 1, type: 'test-start', point: 7, id: 'a/b', suite: 'a' },
  ];
  assert.is(point(reduceEvents(events), 7)?.tests[0]?.reason, 'did not finish');
});

for (const events of [[], eventsOf().slice(1)]) {
  test(`events without a beginning (${events.length})`, () => {
    assert.throws(
      () => reduceEvents(events),
      (error: unknown) => error instanceof CiError && error.fault === 'infra',
    );
  });
}

test('run.json is the record', () => {
  assert.equal(RunRecord.parse(JSON.parse(toJson(run))), run);
  assert.ok(toJson(run).endsWith('}\n'));
  assert.throws(() => toJson({ ...run, exitCode: 1.5 }));
});

test.run();
