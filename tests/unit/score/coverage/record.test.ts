import * as assert from 'uvu/assert';
import { classifyTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { coverageRecord } from '../../../../orchestrator/score/coverage/record.js';
import { CoverageRecord } from '../../../../orchestrator/store/coverage-record.js';
import { suite } from '../../../harness/suite.js';
import { measured, REACHABLE } from './support.js';

const test = suite('score/coverage/record');

test('it has every transition once: those that can be made, the others by their reason', () => {
  const record = CoverageRecord.parse(coverageRecord({}));
  const others = record.unreachable.flatMap(({ transitions }) => transitions);
  assert.equal([record.transitions.length, others.length], [274, 486]);
  const all = [...record.transitions, ...others].map(({ from, to }) => `${from}→${to}`);
  assert.is(new Set(all).size, record.from.length * record.to.length);
  assert.is(record.unreachable.length, 4);
  assert.equal([record.ours, record.upstream], [undefined, undefined]);
});

test('what each side saw stands beside the transition', () => {
  const [first, second] = REACHABLE as [number, number];
  const record = coverageRecord({ ours: measured([first, first, second]), upstream: measured([second]) });
  assert.equal(
    record.transitions.slice(0, 3).map(({ ours, upstream }) => [ours?.pages, upstream?.pages]),
    [
      [2, undefined],
      [1, 1],
      [undefined, undefined],
    ],
  );
  assert.is(record.transitions[0]?.ours?.test, 'mixed-order/A1');
});

test('a side that is not measured now stays as it was, one that is loses what it had', () => {
  const [first, second] = REACHABLE as [number, number];
  const before = coverageRecord({
    ours: measured([first]),
    upstream: measured([first], { name: 'hmm-tests', tests: 39 }),
  });
  const after = coverageRecord({ ours: measured([second], { tests: 1 }) }, before);
  assert.equal([after.ours?.tests, after.upstream?.tests], [1, 39]);
  assert.equal(
    after.transitions.slice(0, 2).map(({ ours, upstream }) => [ours?.pages, upstream?.pages]),
    [
      [undefined, 1],
      [1, undefined],
    ],
  );
});

test('what was seen and cannot be is told', () => {
  const never = classifyTransitions().unreachable.slice(0, 2);
  const record = coverageRecord({ ours: measured(never.toReversed().map(({ transition }) => transition)) });
  assert.equal(
    record.ours?.unforeseen,
    never.map(({ transition }) => transitionText(transition)),
  );
  assert.ok(record.transitions.every(({ ours }) => ours === undefined));
});

test.run();
