import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { digestOf, readDigests, writeDigest } from '../../../orchestrator/report/digest.js';
import type { RunDigest } from '../../../orchestrator/report/digest.js';
import { trendOf, trendSection } from '../../../orchestrator/report/html/trend.js';
import { suite } from '../../harness/suite.js';
import { sampleRun } from './sample.js';

const test = suite('report/trend');
const dir = mkdtempSync(path.join(os.tmpdir(), 'trend-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

const own = { ...digestOf(sampleRun()), failing: ['a', 'b'] };

function version(n: number, failing: readonly string[]): RunDigest {
  const series = { title: own.series?.title ?? '', version: n };
  return { ...own, id: `run-${n}`, startedAt: `2026-01-0${n}T00:00:00.000Z`, series, failing: [...failing] };
}

test('versions of a series follow each other: what is new, what is gone, what stays', () => {
  const rows = trendOf(own, [version(1, ['a', 'c']), version(3, ['a', 'c', 'd']), own]);
  assert.equal(
    rows.map(({ digest, against }) => [digest.id, against]),
    [
      ['run-1', undefined],
      ['run-3', { appeared: ['d'], gone: [], still: 2 }],
      [own.id, { appeared: ['b'], gone: ['c', 'd'], still: 1 }],
    ],
  );
});

test('other series, other profiles and later runs do not count', () => {
  const others: RunDigest[] = [
    { ...version(1, []), series: { title: 'another', version: 1 } },
    { ...version(2, []), profiles: ['kasan'] },
    { ...version(3, []), startedAt: '2027-01-01T00:00:00.000Z' },
  ];
  assert.is(trendOf(own, others).length, 1);
  assert.is(trendSection(own, others), undefined);
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
