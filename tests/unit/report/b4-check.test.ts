import * as assert from 'uvu/assert';
import { checkResult } from '../../../orchestrator/report/b4-check.js';
import type { CheckResult } from '../../../orchestrator/report/b4-check.js';
import { suite } from '../../harness/suite.js';
import { golden, hostile, recorded } from './recorded.js';

const test = suite('report/b4-check');

const of = (name: string, index?: number): CheckResult => checkResult(recorded(name).run, index);

test('the patch that breaks something fails, those around it pass', () => {
  const statuses = [1, 2, 3].map((index) => of('introduced', index).status);
  assert.equal(statuses, ['pass', 'fail', 'pass']);
  const { summary, details } = of('introduced', 2);
  assert.match(summary, /^fails mixed-order\/S2.*\(3 fail\)$/);
  assert.match(details, 'written in step 1 by prep_compound_head');
  assert.not.match(of('introduced', 3).details, 'makes 3 tests fail');
});

test('what could not be told is a warning', () => {
  assert.is(of('does-not-compile', 1).status, 'warn');
  assert.match(of('does-not-compile', 1).summary, 'does not compile');
});

test('a series is what its points are', () => {
  assert.is(of('introduced').status, 'fail');
  assert.match(of('introduced').summary, /^patch 2\/3 bad: /);
  assert.equal([of('good').status, of('good').summary], ['pass', 'the one patch is good']);
});

test('the array as b4 reads it', () => {
  const results = [
    of('introduced', 2),
    checkResult(recorded('introduced').run, undefined, 'file:///x/report.html'),
  ];
  golden('tests/fixtures/formats/introduced.b4-check.json', `${JSON.stringify(results, null, 2)}\n`);
  for (const one of results) {
    assert.ok(['pass', 'warn', 'fail'].includes(one.status));
    assert.not.match(one.summary, '\n');
  }
});

test('a hostile subject stays text', () => {
  const { run } = hostile();
  for (const index of [undefined, 2]) {
    const { summary, details } = checkResult(run, index);
    // eslint-disable-next-line no-control-regex -- what must not be there
    assert.not.match(summary + details, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  }
});

test.run();
