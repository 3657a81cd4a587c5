import * as assert from 'uvu/assert';
import { mayReuse, storedResults, storeResults } from '../../../orchestrator/run/reuse.js';
import type { ReuseKey } from '../../../orchestrator/run/reuse.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('run/reuse');

const asked = { fresh: false, hasSeries: true, repeat: 1 };
const rows: readonly (readonly [string, Parameters<typeof mayReuse>, boolean])[] = [
  ['the base of a series', [asked, 0, false], true],
  ['a point of the series', [asked, 1, false], false],
  ['an upstream suite at a point of the series', [asked, 1, true], true],
  ['--fresh', [{ ...asked, fresh: true }, 0, true], false],
  ['--repeat', [{ ...asked, repeat: 3 }, 0, true], false],
  ['--test', [{ ...asked, test: 'S2' }, 0, true], false],
  ['the tree as it stands', [{ ...asked, hasSeries: false }, 0, false], false],
];
for (const [name, call, expected] of rows)
  test(`${name}: ${expected}`, () => assert.is(mayReuse(...call), expected));

const record: TestRecord = {
  id: 's/T',
  suite: 's',
  verdict: 'pass',
  runs: 1,
  matches: 0,
  deviations: [],
  splats: [],
  evidence: [],
  durationMs: 1,
  reused: false,
};
const key: ReuseKey = { kernelSignature: 'k', suite: 's', suiteDigest: 'd', machineDigest: 'm' };

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir();
});

test('comes back marked, for the same key only', async () => {
  await storeResults(key, [record]);
  assert.equal(await storedResults(key), { tests: [{ ...record, reused: true }], splats: [] });
  for (const part of ['kernelSignature', 'suite', 'suiteDigest', 'machineDigest'] as const)
    assert.is(await storedResults({ ...key, [part]: 'other' }), undefined);
});

test('a suite without a result for every test is not kept', async () => {
  await storeResults(key, [record, { ...record, id: 's/U', verdict: 'error' }]);
  assert.is(await storedResults(key), undefined);
  await storeResults(key, []);
  assert.is(await storedResults(key), undefined);
});

test('a boot that took two attempts is not kept', async () => {
  const boot: TestRecord = { ...record, id: 'boot', suite: 'boot' };
  await storeResults(key, [{ ...boot, verdict: 'flaky', runs: 2, matches: 1 }]);
  assert.is(await storedResults(key), undefined);
  await storeResults(key, [boot]);
  assert.is((await storedResults(key))?.tests.length, 1);
});

test.run();
