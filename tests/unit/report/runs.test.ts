import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { painter } from '../../../orchestrator/report/colour.js';
import { findRun } from '../../../orchestrator/report/find-run.js';
import { renderRunList } from '../../../orchestrator/report/run-list.js';
import { runsIn } from '../../../orchestrator/report/runs.js';
import type { RunHead } from '../../../orchestrator/report/runs.js';
import { widthOf } from '../../../orchestrator/report/width.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { golden } from './recorded.js';
import { HOSTILE } from './sample.js';

const test = suite('report/runs');
const FOLDER = 'tests/fixtures/runs';
const plain = painter(false);
const runs = await runsIn(FOLDER);
const named = (name: string): RunHead => {
  const found = runs.find(({ dir }) => path.basename(dir) === name);
  if (found === undefined) throw new Error(`no run ${name}`);
  return found;
};

for (const columns of [80, 140]) {
  test(`the list at ${columns} columns`, () => {
    const text = renderRunList(runs, { columns, paint: plain });
    golden(`tests/fixtures/formats/list-${columns}.txt`, text);
    for (const line of text.split('\n')) assert.ok(widthOf(line) <= columns, line);
  });
}

test('newest first; one that was cut off says so', () => {
  const starts = runs.map(({ startedAt }) => startedAt);
  assert.equal(starts, starts.toSorted().toReversed());
  assert.equal([named('cut-off').ended, named('introduced').ended], [false, true]);
  assert.match(renderRunList([named('cut-off')], { columns: 80, paint: plain }), 'cut off');
});

test('colour only adds escapes, and a hostile title stays text', () => {
  const evil = [{ ...named('introduced'), series: { source: '', title: HOSTILE, version: 1, patches: 1 } }];
  const coloured = renderRunList(evil, { columns: 80, paint: painter(true) });
  // eslint-disable-next-line no-control-regex -- the painter's own
  assert.is(coloured.replace(/\u001b\[\d+m/g, ''), renderRunList(evil, { columns: 80, paint: plain }));
  // eslint-disable-next-line no-control-regex -- what must not be there
  assert.not.match(renderRunList(evil, { columns: 80, paint: plain }), /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('no folder, no runs; what is no run is left out', async () => {
  assert.equal(await runsIn(path.join(scratchDir('runs'), 'none')), []);
  assert.is(renderRunList([], { columns: 80, paint: plain }), 'no runs\n');
  const dir = scratchDir('runs');
  mkdirSync(path.join(dir, 'empty'));
  mkdirSync(path.join(dir, 'torn'));
  writeFileSync(path.join(dir, 'torn', 'events.jsonl'), '{"t":1\n');
  cpSync(path.join(FOLDER, 'good'), path.join(dir, 'good'), { recursive: true });
  assert.equal(
    (await runsIn(dir)).map((run) => path.basename(run.dir)),
    ['good'],
  );
});

const seek = { patchId: '', series: [] };

test('a patch is found by its message-id, the cover letter as the series', () => {
  const { run, point } = findRun(runs, { ...seek, messageId: '20261120101500.4711-2-dev@example.org' }) ?? {};
  assert.equal([path.basename(run?.dir ?? ''), point], ['introduced', 2]);
  const cover = findRun(runs, { ...seek, messageId: '20261120101500.4711-0-dev@example.org' });
  assert.equal([path.basename(cover?.run.dir ?? ''), cover?.point], ['introduced', undefined]);
});

test('a patch that was tested before it was sent is found by its patch-id', () => {
  const { points } = named('introduced');
  const sought = { ...seek, messageId: 'new@example.org', patchId: points[3]?.patchId ?? '' };
  assert.is(findRun(runs, sought)?.point, 3);
});

test('the other mails of a series lead to it; an unknown mail to nothing', () => {
  const series = ['x@y', '20261120101500.4711-3-dev@example.org'];
  const found = findRun(runs, { patchId: '', messageId: 'resend@y', series });
  assert.equal([path.basename(found?.run.dir ?? ''), found?.point], ['introduced', undefined]);
  assert.is(findRun(runs, { ...seek, messageId: 'x@y' }), undefined);
  assert.is(findRun(runs, seek), undefined);
});

test.run();
