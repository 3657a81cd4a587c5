import * as assert from 'uvu/assert';
import { classifyTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { coverageRecord } from '../../../../orchestrator/score/coverage/record.js';
import { renderCoverage } from '../../../../orchestrator/score/coverage/table.js';
import type { CoverageRecord } from '../../../../orchestrator/store/coverage-record.js';
import { suite } from '../../../harness/suite.js';
import { measured, REACHABLE } from './support.js';

const test = suite('score/coverage/table');

function render(record: CoverageRecord, columns: number): string {
  const paint = (_shade: unknown, text: string): string => text;
  return renderCoverage(record, { columns, paint, record: 'results/score/coverage.json', exitCode: 1 });
}

const upstream = measured(REACHABLE.slice(0, 9), { name: 'hmm-tests', suites: ['hmm-tests'], tests: 39 });
const both = coverageRecord({ ours: measured(REACHABLE.slice(0, -1)), upstream });

test('both figures, where they come from, and 100 % only for all', () => {
  const text = render(both, 140);
  assert.match(text, /^transitions of a page between roles: 274 of 760 can be made$/m);
  assert.match(text, /^ {2}our suite +273 of 274 \(99 %\)$/m);
  assert.match(text, /^ {2}hmm-tests +9 of 274 \(3 %\)$/m);
  assert.match(
    text,
    /mixed-order on v7\.3\.4, profile default: 717 tests in 21\.0 s, 2026-11-26; by struct pages$/m,
  );
  assert.match(render(coverageRecord({ ours: measured(REACHABLE) }), 80), /274 of 274 \(100 %\)/);
});

test('tables stand side by side where there is room, else one below the other', () => {
  const row = / {2}9 +10\/10 +12\/12 +17\/17 +17\/17 +7\/7 +4\/4/;
  assert.match(render(both, 140), new RegExp(`^${row.source} +9 +0/10`, 'm'));
  assert.match(render(both, 80), new RegExp(`^${row.source}$`, 'm'));
  assert.match(render(both, 80), /^ {2}fresh +1\/1 +2\/2 +2\/4 +2\/4 +2\/4 +–$/m);
});

test('all that our suite leaves out is named, of the other as much as shows what is meant', () => {
  const text = render(both, 140);
  assert.match(text, /^not seen by our suite: 1\n {2}piece tail→tail\/9$/m);
  assert.match(text, /^not seen by hmm-tests: 265$/m);
  assert.match(text, /, … \(all in the record\)/);
  assert.match(text, /^cannot be made: 486$/m);
  assert.match(text, /^ {2}289 {2}natural alignment: /m);
});

test('what the model rules out, what could not be told and what failed is said', () => {
  const never = classifyTransitions().unreachable[0]?.transition as number;
  const one = measured([never], { failed: ['mixed-order/A1'] });
  one.tally.uncertain = 7;
  one.tally.contradictions = 3;
  const text = render(coverageRecord({ ours: one }), 200);
  assert.match(text, /^our suite: seen, although the model says that it cannot be\n {2}fresh→piece head$/m);
  assert.match(text, /717 tests, 1 of them failed in/);
  assert.match(
    text,
    /on 7 pages more it could not be told which transition it was; 3 times pages\s+were not/,
  );
  assert.match(text, /^ {2}hmm-tests +not measured$/m);
});

test('no line is wider than the terminal', () => {
  for (const columns of [80, 100, 140])
    for (const line of render(both, columns).split('\n'))
      assert.ok(line.length <= columns, `${columns}: ${line}`);
});

test.run();
