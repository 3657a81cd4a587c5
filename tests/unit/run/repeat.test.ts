import * as assert from 'uvu/assert';
import { mergeRepeats } from '../../../orchestrator/run/repeat.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/repeat');

const pass: TestRecord = {
  id: 's/T',
  suite: 's',
  verdict: 'pass',
  runs: 1,
  matches: 0,
  deviations: [],
  splats: [],
  evidence: [],
  durationMs: 10,
  reused: false,
};
const fail: TestRecord = { ...pass, verdict: 'fail', kind: 'stale-field', failureKey: 'k', matches: 1 };
const splat: TestRecord = { ...fail, kind: 'splat', failureKey: 'splat: x' };
const broken: TestRecord = { ...pass, verdict: 'error' };

const rows: readonly (readonly [string, readonly TestRecord[], string, number])[] = [
  ['passes every time', [pass, pass], 'pass', 0],
  ['fails every time', [fail, fail], 'fail', 2],
  ['fails sometimes', [pass, fail, pass], 'flaky', 1],
  ['a splat is never withdrawn', [pass, splat, pass], 'fail', 1],
  ['one round without a result is no pass', [pass, broken], 'error', 0],
  ['fails every time, in ever other ways', [fail, { ...fail, failureKey: 'other' }], 'fail', 1],
  ['known in one round only is listed', [pass, { ...pass, verdict: 'known', failureKey: 'k' }], 'known', 0],
  ['a failure without a key counts too', [{ ...pass, verdict: 'fail', matches: 1 }, pass], 'flaky', 1],
  ['a failure weighs more than a round without a result', [broken, fail], 'flaky', 1],
];
for (const [name, rounds, verdict, matches] of rows) {
  test(name, () => {
    const [merged] = mergeRepeats(rounds.map((one) => [one]));
    assert.is(merged?.verdict, verdict);
    assert.is(merged?.matches, matches);
    assert.is(merged?.runs, rounds.length);
  });
}

test('a test that only a later round has is kept', () => {
  const late: TestRecord = { ...fail, id: 's/run' };
  const merged = mergeRepeats([[pass], [pass, late]]);
  assert.equal(
    merged.map(({ id, verdict }) => [id, verdict]),
    [
      ['s/T', 'pass'],
      ['s/run', 'fail'],
    ],
  );
});

test('one round is what it was', () => assert.equal(mergeRepeats([[fail, pass]]), [fail, pass]));

test.run();
