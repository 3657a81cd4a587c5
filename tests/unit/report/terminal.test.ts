import * as assert from 'uvu/assert';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../../harness/suite.js';
import { wantsColour } from '../../../orchestrator/report/colour.js';
import { printable } from '../../../orchestrator/report/printable.js';
import { PIPED_COLUMNS } from '../../../orchestrator/cli/table-context.js';
import { renderTable } from '../../../orchestrator/report/terminal.js';
import { clip, widthOf, wrap } from '../../../orchestrator/report/width.js';
import { duration } from '../../../orchestrator/report/words.js';
import type { RunRecord } from '../../../orchestrator/store/records.js';
import { fullRun, HOSTILE, issue, record, sampleRun, singleRun } from './sample.js';

const test = suite('report/terminal');

const context = {
  colour: false,
  runDirectory: 'results/runs/20260119-060005-3fa9c1',
  report: 'results/runs/20260119-060005-3fa9c1/report.html',
  knownIssues: [issue],
};

// eslint-disable-next-line no-control-regex -- what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

/** Compares with the golden; UPDATE_GOLDENS=1 writes it. */
function golden(name: string, text: string): void {
  const file = join('tests/fixtures/report', name);
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(file, text);
  assert.ok(existsSync(file), `${file} is missing: a golden that is not there is a failure`);
  assert.is(text, readFileSync(file, 'utf8'));
}

for (const columns of [80, 140]) {
  test(`a series at ${columns} columns`, () => {
    golden(`table-${columns}.txt`, renderTable(sampleRun(), { ...context, columns }));
  });

  test(`the tree as it stands at ${columns} columns`, () => {
    golden(`table-single-${columns}.txt`, renderTable(singleRun(), { ...context, columns }));
  });
}

test('in colour', () => {
  golden('table-colour-80.txt', renderTable(sampleRun(), { ...context, columns: 80, colour: true }));
});

for (const [name, columns, colour] of [
  ['80', 80, false],
  ['140', 140, false],
  ['colour-80', 80, true],
  ['colour-140', 140, true],
  ['piped', PIPED_COLUMNS, wantsColour({ TERM: 'xterm' }, {})],
] as const)
  test(`every section: ${name}`, () => {
    const { run, more } = fullRun();
    golden(`table-full-${name}.txt`, renderTable(run, { ...context, ...more, columns, colour }));
  });

test('every section is in the golden of every section', () => {
  const { run, more } = fullRun();
  const text = renderTable(run, { ...context, ...more, columns: 140 });
  for (const title of [
    'introduced',
    'fixed',
    'flaky',
    'triaged',
    'known deviations',
    'not tested',
    'baseline',
  ])
    assert.match(text, new RegExp(`^${title}$`, 'm'));
  assert.match(text, 'unrelated, fails on the base under load too');
});

for (const columns of [0, 60, 80, 100, 140, 1000]) {
  test(`no line is wider than the terminal: ${columns}`, () => {
    for (const [run, more] of [[sampleRun()], [singleRun()], [fullRun().run, fullRun().more]] as const) {
      const text = renderTable(run, {
        ...context,
        ...more,
        columns,
        expired: [issue],
        notes: ['x'.repeat(300)],
      });
      for (const line of text.split('\n')) {
        assert.ok(widthOf(line) <= Math.min(160, Math.max(60, columns)), line);
        assert.not.match(line, CONTROL);
        assert.is(line, line.trimEnd());
      }
    }
  });
}

test('colour only adds escapes', () => {
  const coloured = renderTable(sampleRun(), { ...context, columns: 80, colour: true });
  // eslint-disable-next-line no-control-regex -- the painter's own
  const plain = coloured.replace(/\u001b\[\d+m/g, '');
  assert.is(plain, renderTable(sampleRun(), { ...context, columns: 80 }));
});

test('a hostile subject, reason and error stay text', () => {
  const run = sampleRun();
  const points = run.points.map((point) => ({
    ...point,
    subject: HOSTILE,
    reason: HOSTILE,
    notCompiled: [HOSTILE],
  }));
  const evil: RunRecord = {
    ...run,
    points,
    series: { source: HOSTILE, title: HOSTILE, version: 1, patches: 1 },
  };
  const text = renderTable(evil, { ...context, columns: 140, runDirectory: HOSTILE });
  for (const line of text.split('\n')) assert.not.match(line, CONTROL);
  assert.match(text, '\\x1b[2J');
});

test('what the table must say', () => {
  const text = renderTable(sampleRun(), { ...context, columns: 140 });
  for (const words of [
    'base    v7.3.4 (000000000000), found by blob hashes (4 of 4 match)',
    'tcg: /dev/kvm opens and creates VMs, but Linux printed nothing',
    'same kernel as the base, not booted again',
    'stale-field at step 3, page 1 byte 56: memcg_data (written as _nr_pages) expected 0x0, found 0x200',
    '`_nr_pages` of the order-9 folio at page 0, written in step 1 by prep_compound_head',
    'hang: step 4 did not return within 3000 ms',
    'failed in 2 of 2 runs',
    '5 tests: mixed-order/A2 (4), mixed-order/S2b',
    'large-rmappable-leak, in 4 tests: zone_device_page_init() clears only flag bits 0-7.',
    'Documentation/mm/hmm.rst',
    'skipped hmm-tests/hmm.coherent: no reserved memory for a coherent device',
    'results/runs/20260119-060005-3fa9c1/report.html',
    'bad, exit code 1',
  ]) {
    assert.ok(text.includes(words), words);
  }
});

test('many failures of one point are counted by scenario', () => {
  const run = sampleRun();
  const ids = Array.from({ length: 200 }, (_, i) => `mixed-order/A2/${i}`);
  const tests = ids.map((id) => record(id, 'fail', { kind: 'leak', failureKey: 'leak pgmap.ref' }));
  const points = run.points.map((point) => (point.index === 2 ? { ...point, tests } : point));
  const introduced = ids.map((id) => ({ test: id, point: 2, failureKey: 'leak pgmap.ref' }));
  const text = renderTable(
    { ...run, points, summary: { ...run.summary, introduced } },
    { ...context, columns: 80 },
  );
  assert.match(text, 'and 197 tests: mixed-order/A2 (197)');
  assert.ok(text.split('\n').length < 60);
});

test('colour is for terminals that want it', () => {
  const tty = { isTTY: true };
  assert.is(wantsColour({ TERM: 'xterm' }, tty), true);
  assert.is(wantsColour({ TERM: 'xterm', NO_COLOR: '' }, tty), true);
  assert.is(wantsColour({ TERM: 'xterm', NO_COLOR: '1' }, tty), false);
  assert.is(wantsColour({ TERM: 'dumb' }, tty), false);
  assert.is(wantsColour({ TERM: 'xterm', CI: 'true' }, tty), false);
  assert.is(wantsColour({ TERM: 'xterm' }, {}), false);
});

test('widths: wide characters, combining marks, emoji', () => {
  assert.is(widthOf('漢字'), 4);
  assert.is(widthOf('e\u0301'), 1);
  assert.is(widthOf('👍'), 2);
  assert.is(clip('漢字漢字', 5), '漢字…');
  assert.is(clip('short', 5), 'short');
  assert.equal(wrap('one two three', 10), ['one two', 'three']);
  assert.equal(wrap('x'.repeat(25), 10), ['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
  assert.equal(wrap('', 10), ['']);
});

test('printable', () => {
  assert.is(printable('a\tb\r\nc'), 'a b c');
  assert.is(printable('\u001b[31m\u009b\u0000'), '\\x1b[31m\\x9b\\x00');
  assert.is(printable('\u202ex\u200b\u{e0041}'), '\\u202ex\\u200b\\u{e0041}');
  assert.is(printable('naïve 漢字 👍'), 'naïve 漢字 👍');
});

test('durations', () => {
  const cases = [
    [0, '0 ms'],
    [850, '850 ms'],
    [4200, '4.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [65_000, '1 min 05 s'],
    [7_380_000, '2 h 03 min'],
  ] as const;
  for (const [ms, words] of cases) assert.is(duration(ms), words);
});

test('a point takes the time of its build and the wall time of its tests, which overlap', () => {
  const run = sampleRun();
  const points = run.points.map((point) => ({
    ...point,
    build: { ...point.build, durationMs: 1000 },
    testMs: 25_000,
    tests: point.tests.map((one) => ({ ...one, durationMs: 20_000 })),
  }));
  const text = renderTable({ ...run, points }, { ...context, columns: 140 });
  assert.match(text, / base +\S+ +26\.0 s/);
});

test.run();
