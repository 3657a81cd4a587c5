import path from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { ci, recordOf, scratch } from './support/cli.js';
import { point } from './support/records.js';

const MINUTE = 60_000;
const test = suite('e2e: the split callback lost', { timeoutMs: 20 * MINUTE, fileTimeoutMs: 25 * MINUTE });

test('scenarios of a split find the patch; those of alloc and free do not', async () => {
  const out = path.join(scratch('split'), 'run');
  const series = 'tests/series/split-callback.mbox';
  // Families of alloc and free, of splits and of forks; the whole suite has its own e2e test.
  const only = ['--suite', 'mixed-order', '--test', 'mixed-order/[SDE]*'];
  const result = await ci(['run', series, ...only, '--json', '--out', out]);
  const record = recordOf(result);
  assert.is(result.code, 1, result.stderr.slice(-2000));
  assert.is(point(record, 1).verdict, 'good', point(record, 1).reason);
  assert.is(point(record, 2).verdict, 'bad', point(record, 2).reason);
  assert.is(point(record, 3).verdict, 'good', point(record, 3).reason);
  const found = record.summary.introduced;
  assert.ok(found.length > 0 && found.every((one) => one.point === 2));
  assert.ok(found.some((one) => one.test.startsWith('mixed-order/D1')));
  assert.not(found.some((one) => /^mixed-order\/S\d/.test(one.test)));
});

test.run();
