import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { comparePoints } from '../../../orchestrator/verdict/points.js';
import type { PointFacts } from '../../../orchestrator/verdict/point-tests.js';
import {
  expiredTriage,
  markTriaged,
  parseTriage,
  triageEntry,
} from '../../../orchestrator/verdict/triage.js';
import type { TriageEntry } from '../../../orchestrator/verdict/triage.js';
import { addTriage, loadTriage } from '../../../orchestrator/verdict/triage-file.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { record } from '../report/sample.js';

const test = suite('verdict/triage');

const run = reduceEvents(readJournal('tests/fixtures/runs/introduced/events.jsonl'));
const said = {
  as: 'unrelated',
  reason: 'the base shows it under load too, see the link',
  link: 'https://lore.example.org/x/',
  expires: '2027-02-01',
} as const;
const entry = triageEntry(run, 'mixed-order/S2', said);
const next = { title: run.series?.title ?? '', subjects: run.points.slice(1).map(({ subject }) => subject) };
const TODAY = '2026-12-01';
const usage = (error: unknown): boolean => error instanceof CiError && error.fault === 'usage';

const failing = run.points[2]?.tests.find(({ id }) => id === 'mixed-order/S2') as TestRecord;
const excused = (tests: readonly TestRecord[], entries = [entry], series = next, today = TODAY): boolean[] =>
  markTriaged(tests, entries, series, today).map(({ triaged }) => triaged !== undefined);

test('an entry has the signature of the failure and the name of the series', () => {
  assert.is(entry.signature, failing.failureKey);
  assert.equal([entry.kind, entry.series, entry.subjects.length], ['stale-field', run.series?.title, 3]);
});

test('the name of a test goes without its suite too', () => {
  assert.is(triageEntry(run, 'S2', said).test, 'mixed-order/S2');
});

test('what cannot be excused is refused: a splat, a hang, a lost boot, a pass, a tree without a series', () => {
  const { series: _series, ...tree } = run;
  for (const [of, name] of [
    [run, 'mixed-order/S2f'],
    [run, 'mixed-order/S2b'],
    [reduceEvents(readJournal('tests/fixtures/runs/boot-lost/events.jsonl')), 'boot'],
    [run, 'mixed-order/none'],
    [tree, 'mixed-order/S2'],
  ] as const)
    assert.throws(() => triageEntry(of, name, said), usage);
});

test('the failure is excused until the entry expires, wherever it comes', () => {
  assert.equal(excused([failing, { ...failing, id: 'mixed-order/other' }]), [true, true]);
  assert.equal(excused([failing], [entry], next, '2027-02-01'), [true]);
  assert.equal(excused([failing], [entry], next, '2027-02-02'), [false]);
  assert.equal(expiredTriage([entry], next, '2027-02-02').length, 1);
  assert.equal(expiredTriage([entry], next, TODAY), []);
});

test('another signature, and one with a splat, is not', () => {
  assert.equal(excused([{ ...failing, failureKey: 'stale-field other' }]), [false]);
  const splat = { title: 'kernel BUG', altTitles: [], frames: [], corrupted: false, text: '', fields: {} };
  assert.equal(excused([{ ...failing, splats: [splat] }]), [false]);
  assert.equal(excused([{ ...failing, kind: 'hang' }], [{ ...entry, kind: 'hang' }]), [false]);
  assert.equal(excused([{ ...failing, verdict: 'pass' }]), [false]);
});

test('an entry is about the next version of its series, and about no other', () => {
  const next = { title: 'renamed', subjects: [...entry.subjects.slice(1), 'a new patch'] };
  assert.equal(excused([failing], [entry], next), [true]);
  assert.equal(excused([failing], [entry], { title: 'another', subjects: ['x'] }), [false]);
});

/** Two points: the second one has these tests, the first one passes all. */
function judged(tests: readonly TestRecord[]): ReturnType<typeof comparePoints> {
  const build = { status: 'built', durationMs: 1 } as const;
  const boot = record('boot', 'pass');
  const passing = tests.map(({ id }) => record(id, 'pass'));
  const facts = (index: number, own: readonly TestRecord[]): PointFacts => ({
    index,
    subject: '',
    build,
    tests: [boot, ...own],
    splats: [],
  });
  return comparePoints(
    [
      facts(0, passing),
      facts(1, tests),
      facts(
        2,
        tests.map((one) => ({ ...one, failureKey: 'new' })),
      ),
    ],
    true,
  );
}

test('a point is not bad for what was excused, and the next failure of the same test is not hidden by it', () => {
  assert.is(judged([failing]).points[1]?.verdict, 'bad');
  const [marked] = markTriaged([failing], [entry], next, TODAY);
  const { points, summary } = judged([marked as TestRecord]);
  assert.is(points[1]?.verdict, 'good');
  assert.match(points[1]?.reason ?? '', 'fail and were triaged');
  assert.equal([summary.introduced.length, summary.triaged?.length], [0, 2]);
  const { triaged: _triaged, ...fresh } = { ...(marked as TestRecord), failureKey: 'new' };
  const build = { status: 'built', durationMs: 1 } as const;
  const all = [[record(failing.id, 'pass')], [marked as TestRecord], [fresh]].map(
    (tests, index): PointFacts => ({ index, subject: '', build, tests, splats: [] }),
  );
  assert.equal(
    comparePoints(all, true).summary.introduced.map(({ point }) => point),
    [2],
  );
});

test('written and read again; the same signature of the same series is replaced', async () => {
  const file = path.join(scratchDir('triage'), 'triage.yaml');
  assert.equal(await loadTriage(file), []);
  await addTriage(entry, file);
  await addTriage({ ...entry, as: 'invalid' }, file);
  await addTriage({ ...entry, signature: 'another' }, file);
  const entries = await loadTriage(file);
  assert.equal(entries, [
    { ...entry, as: 'invalid' },
    { ...entry, signature: 'another' },
  ]);
  assert.match(readFileSync(file, 'utf8'), /^# What people said/);
});

const wrong: readonly (readonly [string, Partial<TriageEntry>])[] = [
  ['a short reason', { reason: 'because' }],
  ['no address', { link: 'lore' }],
  ['no day', { expires: 'soon' }],
];
for (const [what, change] of wrong) {
  test(`refused: ${what}`, async () => {
    const file = path.join(scratchDir('triage'), 'triage.yaml');
    try {
      await addTriage({ ...entry, ...change }, file);
      assert.unreachable();
    } catch (error) {
      assert.ok(usage(error), String(error));
    }
    assert.equal(await loadTriage(file), []);
  });
}

test('a file that is wrong is named with its place', () => {
  try {
    parseTriage('entries:\n  - as: perhaps\n', 'triage.yaml');
    assert.unreachable();
  } catch (error) {
    assert.ok(usage(error));
    assert.match(`${(error as CiError).details.where} ${(error as Error).message}`, /triage\.yaml:\d+/);
  }
});

test.run();
