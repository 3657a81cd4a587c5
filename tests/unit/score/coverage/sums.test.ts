import * as assert from 'uvu/assert';
import { NEW_ROLES, OLD_ROLES } from '../../../../orchestrator/model/explore/page-role.js';
import { classifyTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { coverageRecord } from '../../../../orchestrator/score/coverage/record.js';
import {
  between,
  classOf,
  covered,
  exitCodeOfCoverage,
  FROM_CLASSES,
  missing,
  TO_CLASSES,
} from '../../../../orchestrator/score/coverage/sums.js';
import { suite } from '../../../harness/suite.js';
import { measured, REACHABLE } from './support.js';

const test = suite('score/coverage/sums');

test('every role has a class', () => {
  assert.equal(
    ['fresh', 'order0', 'tail1/1', 'head/2', 'tail/3..8 (head alive)', 'tail2/9', 'piece tail2'].map(classOf),
    ['fresh', '0', '1', '2', '3..8', '9', 'piece'],
  );
  assert.equal(new Set(OLD_ROLES.map(classOf)), new Set(FROM_CLASSES));
  assert.equal(new Set(NEW_ROLES.map(classOf)), new Set(TO_CLASSES));
  assert.throws(() => classOf('tail1/12'), /no class for role tail1\/12/);
});

test('the classes together have every transition once', () => {
  const record = coverageRecord({ ours: measured(REACHABLE.slice(0, 100)) });
  let [k, n] = [0, 0];
  for (const from of FROM_CLASSES)
    for (const to of TO_CLASSES) {
      const cell = covered(record, 'ours', between(from, to));
      k += cell.k;
      n += cell.n;
    }
  assert.equal({ k, n }, covered(record, 'ours'));
  assert.equal({ k, n }, { k: 100, n: 274 });
  assert.is(missing(record, 'ours').length, 174);
  assert.is(missing(record, 'upstream').length, 274);
});

test('good is all that can be made, by our suite, and nothing else', () => {
  const all = measured(REACHABLE);
  const none = measured([]);
  const never = classifyTransitions().unreachable[0]?.transition as number;
  assert.is(exitCodeOfCoverage(coverageRecord({ ours: all, upstream: none })), 0);
  assert.is(exitCodeOfCoverage(coverageRecord({ ours: measured(REACHABLE.slice(1)) })), 1);
  assert.is(exitCodeOfCoverage(coverageRecord({ upstream: all })), 125);
  assert.is(exitCodeOfCoverage(coverageRecord({ ours: measured([...REACHABLE, never]) })), 1);
  assert.is(exitCodeOfCoverage(coverageRecord({ ours: all, upstream: measured([never]) })), 1);
});

test.run();
