import path from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { ci, recordOf, scratch } from './support/cli.js';
import { point } from './support/records.js';

const MINUTE = 60_000;
const test = suite('e2e: a kernel without the feature', {
  timeoutMs: 25 * MINUTE,
  fileTimeoutMs: 30 * MINUTE,
});

test('6.12 boots, every test is skipped with the reason, and the verdict is skip', async () => {
  const out = path.join(scratch('no-feature'), 'run');
  const result = await ci(['run', '--source', '6.12', '--suite', 'mixed-order', '--json', '--out', out]);
  const record = recordOf(result);
  assert.is(result.code, 125, result.stderr.slice(-2000));
  assert.match(record.base.describe, /6\.12/);
  const { tests, verdict, reason } = point(record, 0);
  assert.is(verdict, 'skip', reason);
  const suiteTests = tests.filter((one) => one.suite === 'mixed-order');
  assert.ok(suiteTests.length > 400);
  for (const one of suiteTests) {
    assert.is(one.verdict, 'skip');
    assert.match(one.reason ?? '', /large device-private/);
  }
});

test.run();
