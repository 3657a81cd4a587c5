import path from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness/suite.js';
import { ci, recordOf, scratch } from '../e2e/support/cli.js';
import { point } from '../e2e/support/records.js';

const HOUR = 3_600_000;
const test = suite('proof: the bundled series on other kernels', {
  timeoutMs: HOUR,
  fileTimeoutMs: 4 * HOUR,
});
const dir = scratch('versions');

/** Debian's other sources with the feature; each has suites that carry it for some months. */
for (const source of ['7.2', '7.3-rc7']) {
  for (const series of ['reinit-lost', 'split-callback']) {
    test(`${series} on ${source}: good, good, bad, good`, async () => {
      const out = path.join(dir, `${series}-${source}`);
      const argv = ['run', `tests/series/${series}.mbox`, '--source', source, '--suite', 'mixed-order'];
      const result = await ci([...argv, '--json', '--out', out]);
      const record = recordOf(result);
      assert.match(record.base.tree, new RegExp(source.replace('-', '[~-]')));
      const verdicts = record.points.map(({ verdict }) => verdict);
      assert.equal(verdicts, ['good', 'good', 'bad', 'good'], point(record, 0).reason);
      assert.ok(record.summary.introduced.length > 0);
      assert.ok(record.summary.introduced.every((one) => one.point === 2));
      assert.is(result.code, 1);
    });
  }
}

test.run();
