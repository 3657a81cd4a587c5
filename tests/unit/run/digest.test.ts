import * as assert from 'uvu/assert';
import { suiteDigest, suiteVersion } from '../../../orchestrator/run/digest.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/digest');

test('a known issue that has expired makes stored results worthless', async () => {
  const issues = [{ id: 'stale-memcg', expires: '2027-01-31' }];
  const on = (day: string): Promise<string> => suiteDigest(undefined, {}, issues, day);
  assert.is(await on('2026-11-23'), await on('2027-01-31'));
  assert.is.not(await on('2027-01-31'), await on('2027-02-01'));
});

test('the version of the suites is the same as long as nothing is changed', async () => {
  const version = await suiteVersion();
  assert.match(version, /^[0-9a-f]{16}$/);
  assert.is(await suiteVersion(), version);
});

test.run();
