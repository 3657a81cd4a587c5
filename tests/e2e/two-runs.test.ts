import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { ci, recordOf, scratch } from './support/cli.js';
import { point } from './support/records.js';

const MINUTE = 60_000;
const test = suite('e2e: two runs at once', { timeoutMs: 15 * MINUTE, fileTimeoutMs: 20 * MINUTE });

test('one cache, one kernel that neither has: both right, built once', async () => {
  const dir = scratch('two-runs');
  const text = readFileSync(path.join(projectRoot(), 'tests/series/reinit-lost.mbox'), 'utf8');
  const [first = ''] = text.split(/^(?=From [0-9a-f]{40} )/m).slice(0, 1);
  // Another word in the comment: a tree that was never built, and the kernel of the base all the same.
  const series = path.join(dir, 'comment.mbox');
  const nonce = randomBytes(4).toString('hex');
  const alone = first.replace('[PATCH 1/3]', '[PATCH]');
  const changed = alone.replace(/^\+ \*( .*)$/m, `+ * ${nonce}$1`);
  assert.is.not(changed, alone);
  writeFileSync(series, changed);
  const run = (name: string): ReturnType<typeof ci> =>
    ci([
      'run',
      series,
      '--suite',
      'mixed-order',
      '--test',
      'mixed-order/S1',
      '--json',
      '--out',
      path.join(dir, name),
    ]);
  const records = (await Promise.all([run('a'), run('b')])).map(recordOf);
  for (const record of records) {
    assert.is(record.exitCode, 0, point(record, 1).reason);
    assert.is(point(record, 1).inheritedFrom, 0);
  }
  const built = records.map((record) => point(record, 1).build.status).toSorted();
  assert.equal(built, ['built', 'cached']);
});

test.run();
