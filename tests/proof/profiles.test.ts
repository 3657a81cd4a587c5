import path from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { ci, recordOf, scratch } from '../e2e/support/cli.js';
import { point } from '../e2e/support/records.js';

const HOUR = 3_600_000;
const test = suite('proof: every config profile', { timeoutMs: HOUR, fileTimeoutMs: 4 * HOUR });
const dir = scratch('profiles');

for (const profile of ['nodebug', 'kasan', 'lockdep']) {
  test(`${profile}: the base is good, and the lost re-initialisation is found`, async () => {
    const argv = ['run', 'tests/series/reinit-lost.mbox', '--profile', profile, '--suite', 'mixed-order'];
    const result = await ci([...argv, '--points', 'all', '--json', '--out', path.join(dir, profile)]);
    const record = recordOf(result);
    assert.is(point(record, 0).verdict, 'good', point(record, 0).reason);
    assert.is(point(record, 2).verdict, 'bad', point(record, 2).reason);
    assert.ok(record.summary.introduced.every((one) => one.point === 2));
    assert.is(result.code, 1);
  });
}

test.run();
