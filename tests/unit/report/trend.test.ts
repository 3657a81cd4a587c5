import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { digestOf, readDigests, writeDigest } from '../../../orchestrator/report/digest.js';
import type { RunDigest } from '../../../orchestrator/report/digest.js';
import { trendSection } from '../../../orchestrator/report/html/trend.js';
import { trendOf } from '../../../orchestrator/report/html/trend-rows.js';
import { reduceEvents } from '../../../orchestrator/report/reduce.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import { suite } from '../../harness/suite.js';
import { sampleRun } from './sample.js';

const test = suite('report/trend');
const dir = mkdtempSync(path.join(os.tmpdir(), 'trend-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

const { keys: _keys, ...sample } = digestOf(sampleRun());
/** Version 4 of a series, of which nobody knows why tests fail. */
const own: RunDigest = { ...sample, series: { title: 't', version: 4 }, failing: ['a', 'b'] };

function version(n: number, failing: readonly string[]): RunDigest {
  const series = { title: 't', version: n };
  return { ...own, id: `run-${n}`, startedAt: `2026-01-0${n}T00:00:00.000Z`, series, failing: [...failing] };
}

test('versions of a series follow each other: what is new, what is gone, what stays', () => {
  const rows = trendOf(own, [version(1, ['a', 'c']), version(3, ['a', 'c', 'd']), own]);
  assert.equal(
    rows.map(({ digest, against }) => [digest.id, against]),
    [
      ['run-1', undefined],
      ['run-3', { appeared: ['d'], otherwise: [], gone: [], notRun: [], still: 2 }],
      [own.id, { appeared: ['b'], otherwise: [], gone: ['c', 'd'], notRun: [], still: 1 }],
    ],
  );
});

test('other series, profiles and tests, later versions and later runs do not count', () => {
  const others: RunDigest[] = [
    { ...version(1, []), asked: 'mixed-order mixed-order/S1' },
    version(5, []),
    { ...version(1, []), series: { title: 'another', version: 1 } },
    { ...version(2, []), profiles: ['kasan'] },
    { ...version(3, []), startedAt: '2027-01-01T00:00:00.000Z' },
  ];
  assert.is(trendOf(own, others).length, 1);
  assert.is(trendSection(own, others), undefined);
});

test('a version that was renamed is known by its patches', () => {
  const of = (title: string, version: number, subjects: string[]): NonNullable<RunDigest['series']> => {
    return { title, version, subjects };
  };
  const now = { ...own, series: of('mm: a (and 1 more)', 4, ['mm: a', 'mm: b']) };
  const before = { ...version(3, []), series: of('mm: a (and 2 more)', 3, ['mm: a', 'mm: b', 'mm: c']) };
  assert.is(trendOf(now, [before]).length, 2);
  assert.is(trendOf(now, [{ ...before, series: of('mm: a (and 4 more)', 3, ['mm: a']) }]).length, 2);
  assert.is(trendOf(now, [{ ...before, series: of('mm: z', 3, ['mm: z']) }]).length, 1);
});

test('a test that is skipped now is not fixed', () => {
  const now = { ...own, failing: [], skipped: ['a', 'z'] };
  const rows = trendOf(now, [version(1, ['a', 'b'])]);
  assert.equal([rows[1]?.against?.gone, rows[1]?.against?.notRun], [['b'], ['a']]);
  assert.match(trendSection(now, [version(1, ['a', 'b'])])?.text ?? '', '1 skipped now');
});

test('a test that fails otherwise than before is none that still fails', () => {
  const before = { ...version(1, ['a', 'b', 'c']), keys: ['x', 'y', ''] };
  const now = { ...own, failing: ['a', 'b', 'c'], keys: ['x', 'z', 'w'] };
  assert.equal(trendOf(now, [before]).at(-1)?.against, {
    appeared: [],
    otherwise: ['b'],
    gone: [],
    notRun: [],
    still: 2,
  });
  assert.match(trendSection(now, [before])?.text ?? '', '<p>fail otherwise: b</p>');
});

test('of each earlier version the last run stands, one that came to its end where there is one', () => {
  const run = (id: string, n: number, day: number, more: Partial<RunDigest> = {}): RunDigest => {
    return { ...version(n, []), id, startedAt: `2026-01-0${day}T00:00:00.000Z`, ...more };
  };
  const all = [
    run('v1-late', 1, 5),
    run('v1', 1, 1),
    run('v2-cut', 2, 3, { complete: false }),
    run('v2', 2, 2),
    run('v3-cut', 3, 4, { complete: false }),
    ...[6, 7, 8, 9].map((day) => run(`v4-${day}`, 4, day)),
  ];
  const ids = (now: RunDigest): string[] => trendOf(now, all).map(({ digest }) => digest.id);
  assert.equal(ids(own), ['v1-late', 'v2', 'v3-cut', 'v4-6', 'v4-7', 'v4-8', 'v4-9', own.id]);
  assert.equal(ids(run('again', 2, 9)), ['v1-late', 'v2', 'v2-cut', 'again']);
});

test('what a run did not come to is neither fixed nor new for the next', () => {
  const cut = { ...version(2, []), complete: false };
  const rows = trendOf(own, [version(1, ['a', 'c']), cut]);
  assert.equal(
    rows.map(({ against }) => against?.gone),
    [undefined, undefined, ['c']],
  );
  assert.match(trendSection(own, [version(1, []), cut])?.text ?? '', '<td>not tested to its end</td>');
});

test('a run is complete when its last point was tested, each test to a result, or changes nothing that could be', () => {
  assert.ok(digestOf(sampleRun()).complete);
  const run = sampleRun();
  const points = run.points.map((point) => ({ ...point, notCompiled: [] }));
  assert.not.ok(digestOf({ ...run, points }).complete, 'a last point that came to nothing');
  const short = run.points.slice(0, 4);
  assert.ok(digestOf({ ...run, points: short }).complete);
  const tests =
    short[3]?.tests.map((one, i) => (i === 0 ? { ...one, verdict: 'error' as const } : one)) ?? [];
  const cut = short.map((point, i) => (i === 3 ? { ...point, tests } : point));
  assert.not.ok(digestOf({ ...run, points: cut }).complete, 'a test without a result');
});

test('three versions of a series, as they ran: what was fixed, what fails otherwise, what still does', () => {
  const digests = ['v1', 'v2', 'v3'].map((name) =>
    digestOf(reduceEvents(readJournal(path.join('tests/fixtures/trend', name, 'events.jsonl')))),
  );
  const last = digests.at(-1);
  assert.ok(last);
  const rows = trendOf(last, digests);
  assert.equal(
    rows.map(({ digest, against }) => [digest.series?.version, digest.verdict, against]),
    [
      [1, 'bad', undefined],
      [
        2,
        'bad',
        { appeared: [], otherwise: ['mixed-order/S2'], gone: ['mixed-order/S1'], notRun: [], still: 1 },
      ],
      [
        3,
        'good',
        { appeared: [], otherwise: [], gone: ['mixed-order/S2', 'mixed-order/S5'], notRun: [], still: 0 },
      ],
    ],
  );
});

test('a trend says what became of the failures, and links to the reports of the others', () => {
  const text = trendSection(own, [version(1, ['a', 'c'])])?.text ?? '';
  assert.match(text, 'href="../run-1/report.html"');
  assert.match(text, '+1 new');
  assert.match(text, '−1 fixed');
  assert.match(text, '<p>new: b</p>');
  assert.match(text, '<p>fixed: c</p>');
  for (const kind of ['still', 'new', 'gone']) assert.match(text, `<rect class="${kind}"`);
});

test('a run with the failures of the one before says that it has them still, and nothing of none', () => {
  const text = trendSection(own, [version(1, own.failing)])?.text ?? '';
  assert.match(text, '<td>2 still</td>');
  assert.not.match(text, / new<| fixed</);
});

test('digests come back from disk; folders without one, or with another layout, are left out', async () => {
  for (const name of ['r1', 'r2', 'r3']) await mkdir(path.join(dir, name), { recursive: true });
  await writeDigest(path.join(dir, 'r1'), own);
  await writeFile(path.join(dir, 'r2', 'digest.json'), '{"schemaVersion":0}');
  assert.equal(await readDigests(dir), [own]);
  assert.equal(await readDigests(path.join(dir, 'none')), []);
});

test('the digest has the failures of the last point that was tested', () => {
  const digest = digestOf(sampleRun());
  assert.equal(digest.failing, []);
  assert.ok(digest.tests > 0 && digest.introduced === 5 && digest.fixed === 5);
});

test.run();
