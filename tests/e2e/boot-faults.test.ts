import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { quickRun } from './support/cli.js';
import { byId, point } from './support/records.js';

const MINUTE = 60_000;
const test = suite('e2e: kernels that do not boot', { timeoutMs: 15 * MINUTE, fileTimeoutMs: 30 * MINUTE });

test('a kernel that panics at boot is bad where the base boots, and says so at once', async () => {
  const { result, record } = await quickRun('tests/e2e/series/panic-at-boot.mbox');
  assert.is(result.code, 1, result.stderr.slice(-2000));
  assert.is(point(record, 1).verdict, 'bad');
  const boot = byId(point(record, 1), 'boot');
  assert.is(boot.kind, 'boot');
  assert.is(boot.runs, 2);
  assert.match(JSON.stringify(boot), /zone_device: self check failed/);
  assert.ok(record.summary.introduced.some((one) => one.test === 'boot' && one.point === 1));
});

test('a kernel that never prints is bad where the base boots', async () => {
  const { result, record } = await quickRun('tests/e2e/series/silent-boot.mbox');
  assert.is(result.code, 1, result.stderr.slice(-2000));
  assert.match(byId(point(record, 1), 'boot').reason ?? '', /printed nothing/);
});

test.run();
