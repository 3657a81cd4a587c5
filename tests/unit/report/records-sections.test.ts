import * as assert from 'uvu/assert';
import { baselineSection } from '../../../orchestrator/report/html/baseline.js';
import { coverageSection } from '../../../orchestrator/report/html/coverage.js';
import { scoreSection } from '../../../orchestrator/report/html/score.js';
import type { ScoreRow } from '../../../orchestrator/report/page-context.js';
import type { CoverageRecord } from '../../../orchestrator/store/coverage-record.js';
import { baselineOf } from '../../../orchestrator/verdict/baseline.js';
import { suite } from '../../harness/suite.js';
import { sampleRun } from './sample.js';

const test = suite('report/sections of records');

const side = {
  name: 'our suite',
  suites: ['mixed-order'],
  by: 'pages',
  base: 'v7.3.4',
  profile: 'default',
  kernelSignature: 'a',
  tests: 700,
  failed: [],
  at: '2026-01-19T06:00:00.000Z',
  ms: 1,
  uncertain: 0,
  contradictions: 0,
  unforeseen: [],
};
const map: CoverageRecord = {
  schemaVersion: 1,
  from: ['fresh', 'head/9'],
  to: ['order0', 'tail'],
  ours: side,
  transitions: [
    { from: 'fresh', to: 'order0', ours: { pages: 12_345, test: 'mixed-order/A1' } },
    { from: 'head/9', to: 'order0' },
  ],
  unreachable: [{ why: 'no', transitions: [{ from: 'fresh', to: 'tail' }] }],
};

test('the map has a number, a nought and a dot: seen, not seen, cannot be', () => {
  const text = coverageSection(map).text;
  assert.match(text, '>12k</td>');
  assert.match(text, '<td class="h0" title="head/9 to order0: not seen">0</td>');
  assert.is([...text.matchAll(/class="never"/g)].length, 2);
  assert.match(text, 'our suite: 1 of 2, 700 tests on v7.3.4 (2026-01-19)');
});

const mutant: ScoreRow = {
  name: 'no-clear',
  subject: 'mm: keep it',
  place: 'mm/memremap.c:1',
  harmful: true,
  ours: 'killed',
  upstream: 'survived',
  expected: true,
  on: '2026-01-19',
  suites: 'this',
};

test('the base beside its baseline, and nothing where it has no results', () => {
  const run = sampleRun();
  const baseline = baselineOf(run, '7.3', '2026-01-10');
  const [first = ''] = baseline.pass;
  const was = { ...baseline, pass: baseline.pass.slice(1), fail: { [first]: 'hang: x' } };
  const text = baselineSection(run, was)?.text ?? '';
  assert.match(text, 'as in baseline 7.3 (v7.3.4, 2026-01-10), 1 better. It changes no verdict.');
  assert.match(text, `better: ${first}: fail: hang: x, now pass`);
  const none = run.points.map((point) => ({ ...point, tests: [] }));
  assert.is(baselineSection({ ...run, points: none }, was), undefined);
});

test('the score counts mutants that do harm, and names what was not as expected', () => {
  const rows = [mutant, { ...mutant, name: 'renamed', harmful: false, ours: 'killed', expected: false }];
  const text = scoreSection({ rows, mutants: 5 })?.text ?? '';
  assert.match(text, 'see 1 of 1');
  assert.match(text, 'see 0 of 1');
  assert.match(text, 'not as expected');
  assert.match(text, '2 of 5 mutants, on 2026-01-19: 2 with the suites as they are now');
  assert.is(scoreSection({ rows: [], mutants: 5 }), undefined);
});

test('a side that was not asked is no side that saw nothing', () => {
  const rows = [mutant, { ...mutant, name: 'b', upstream: 'not-run' }];
  const text = scoreSection({ rows, mutants: 2 })?.text ?? '';
  assert.match(text, 'see 2 of 2');
  assert.match(text, 'see 0 of 1');
  assert.match(text, '<td>not run</td>');
  const none = scoreSection({ rows: [{ ...mutant, upstream: 'error' }], mutants: 2 })?.text ?? '';
  assert.match(none, "<dt>upstream's</dt><dd>not asked</dd>");
});

test('what was measured with other suites than those of now says so, row by row and in all', () => {
  const rows: ScoreRow[] = [
    mutant,
    { ...mutant, name: 'b', suites: 'earlier', on: '2026-01-03' },
    { ...mutant, name: 'c', suites: 'unknown', on: '2026-01-02' },
  ];
  const text = scoreSection({ rows, mutants: 3 })?.text ?? '';
  assert.match(
    text,
    '3 of 3 mutants, from 2026-01-02 to 2026-01-19: 1 with the suites as they are now, 1 with earlier versions of the suites, 1 with a version of the suites that was not recorded',
  );
  for (const words of ['suites as now', 'earlier suites', 'suites not recorded'])
    assert.is(text.split(`<br>${words}</span>`).length, 2, words);
});

test.run();
