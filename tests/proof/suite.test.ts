import path from 'node:path';
import * as assert from 'uvu/assert';
import { ci, recordOf, scratch } from '../e2e/support/cli.js';
import { point } from '../e2e/support/records.js';
import { suite } from '../harness/suite.js';

const HOUR = 3_600_000;
const test = suite('proof: no false alarm', { timeoutMs: HOUR, fileTimeoutMs: 6 * HOUR });
const dir = scratch('suite');

/** How often the whole suite has to come to the same on a kernel that nobody changed. */
const REPEATS = [
  { source: '7.3', profile: 'default', times: 20 },
  { source: '7.3', profile: 'nodebug', times: 20 },
  { source: '7.2', profile: 'default', times: 5 },
  { source: '7.3', profile: 'lockdep', times: 5 },
  { source: '7.3', profile: 'kasan', times: 5 },
];

for (const { source, profile, times } of REPEATS)
  for (let run = 1; run <= times; run++)
    test(`${source} ${profile}: the mixed-order suite, ${run} of ${times}`, async () => {
      const argv = ['run', '--source', source, '--profile', profile, '--suite', 'mixed-order', '--fresh'];
      const out = path.join(dir, `${source}-${profile}-${run}`);
      const result = await ci([...argv, '--json', '--out', out]);
      const { tests, splats } = point(recordOf(result), 0);
      const count = (verdict: string): number => tests.filter((one) => one.verdict === verdict).length;
      // Not judged below: a case that was skipped. The counts show it.
      process.stderr.write(
        `${source} ${profile} ${run}: ${count('pass')} pass, ${count('known')} known, ${count('skip')} skip, ${Math.round(result.ms / 1000)} s\n`,
      );
      assert.equal(
        tests
          .filter(({ verdict }) => !['pass', 'known', 'skip'].includes(verdict))
          .map(({ id, verdict, failureKey }) => [id, verdict, failureKey]),
        [],
      );
      assert.equal(splats, []);
      assert.ok(count('pass') + count('known') > 400, `${tests.length} tests`);
      assert.is(result.code, 0);
    });

test.run();
