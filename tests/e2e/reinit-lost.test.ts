import path from 'node:path';
import * as assert from 'uvu/assert';
import type { RunRecord } from '../../orchestrator/store/records.js';
import { suite } from '../harness/suite.js';
import { ci, recordOf, scratch } from './support/cli.js';
import { byId, point } from './support/records.js';

const MINUTE = 60_000;
const test = suite('e2e: the fix lost and found again', {
  timeoutMs: 20 * MINUTE,
  fileTimeoutMs: 45 * MINUTE,
});

let record: RunRecord;

async function run(name: string): Promise<RunRecord> {
  const out = path.join(scratch(name), 'run');
  const result = await ci(['run', 'tests/series/reinit-lost.mbox', '--json', '--out', out]);
  assert.is(result.code, 1, result.stderr.slice(-3000));
  return recordOf(result);
}

/** Whether everything that a second run finds in the cache was there already. */
function isSecond(one: RunRecord): boolean {
  const built = one.points.some(({ build }) => build.status !== 'cached');
  const anew = one.points
    .flatMap(({ index, tests }) =>
      tests.filter(({ suite: name }) => index === 0 || name.startsWith('hmm-tests')),
    )
    .some(({ reused }) => !reused);
  return !built && !anew;
}

test.before(async () => {
  record = await run('reinit-lost');
});

test('the base is good, and its own deviations are known', () => {
  const base = point(record, 0);
  assert.is(base.verdict, 'good', base.reason);
  assert.ok(base.tests.some((one) => one.verdict === 'known'));
  for (const one of base.tests)
    assert.ok(
      ['pass', 'known', 'skip'].includes(one.verdict),
      `${one.id}: ${one.verdict} ${one.reason ?? ''}`,
    );
  assert.match(record.base.foundBy, /./);
});

test('a comment that moves every line is the same kernel, and is not booted again', () => {
  const comment = point(record, 1);
  assert.is(comment.verdict, 'good', comment.reason);
  assert.is(comment.kernelSignature, point(record, 0).kernelSignature);
  assert.is(comment.inheritedFrom, 0);
  assert.match(comment.reason, /same kernel|inherit/i);
});

test('without the re-initialisation the scenarios fail, each with its place', () => {
  const lost = point(record, 2);
  assert.is(lost.verdict, 'bad', lost.reason);
  assert.is.not(lost.kernelSignature, point(record, 0).kernelSignature);
  const s2 = byId(lost, 'mixed-order/S2');
  assert.is(s2.verdict, 'fail');
  const first = s2.deviations[0];
  assert.ok(first !== undefined && first.step === 3 && first.page !== undefined && first.byte !== undefined);
  assert.ok(first.expected !== first.found && first.expected !== '' && first.found !== '');
  assert.is(byId(lost, 'mixed-order/S5').verdict, 'fail');
});

test('a lock on the stale head is reported as a hang with the kernel stack', () => {
  const s2b = byId(point(record, 2), 'mixed-order/S2b');
  assert.is(s2b.verdict, 'fail');
  assert.is(s2b.kind, 'hang');
  assert.match(s2b.evidence.join('\n'), /folio_lock|lock_page|zone_device_page_init/);
});

test('the fix put back is good again', () => {
  assert.is(point(record, 3).verdict, 'good', point(record, 3).reason);
});

test('the summary names who introduced and who fixed it', () => {
  assert.ok(record.summary.introduced.length > 0);
  assert.ok(record.summary.introduced.every((one) => one.point === 2));
  assert.ok(record.summary.fixed.length > 0);
  assert.ok(record.summary.fixed.every((one) => one.point === 3));
  assert.is(record.exitCode, 1);
});

test("the kernel's own hmm-tests see none of it", () => {
  for (const index of [0, 2]) {
    const own = point(record, index).tests.filter((one) => one.suite.startsWith('hmm-tests'));
    assert.ok(own.length >= 70, `point ${index}: ${own.length} tests of hmm-tests`);
    for (const one of own)
      assert.ok(
        ['pass', 'skip'].includes(one.verdict),
        `point ${index}: ${one.id}: ${one.verdict} ${one.reason ?? ''}`,
      );
  }
});

test('a second run builds nothing and tests the changed kernel anew', async () => {
  // On a warm cache the run above is a second one already.
  const again = isSecond(record) ? record : await run('again');
  for (const one of again.points) assert.is(one.build.status, 'cached');
  assert.ok(point(again, 0).tests.every((one) => one.reused));
  const changed = point(again, 2).tests;
  assert.ok(changed.filter((one) => one.suite === 'mixed-order').every((one) => !one.reused));
  assert.ok(changed.filter((one) => one.suite.startsWith('hmm-tests')).every((one) => one.reused));
  assert.is(again.exitCode, 1);
});

test.run();
