import * as assert from 'uvu/assert';
import { breadthFirst, isNewTo, stoppingSuites } from '../../../orchestrator/score/stopping.js';
import { loadSuite } from '../../../orchestrator/scenario/suite-file.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { made } from '../scenario/support.js';
import { suite } from '../../harness/suite.js';
import { record } from './support.js';

const test = suite('score/stopping');

test('one case of every scenario comes before the second of any', () => {
  const of = (scenario: string, n: number) => made(`${scenario}/${n}`, [], { scenario });
  const cases = [of('A', 1), of('A', 2), of('A', 3), of('B', 1), of('C', 1), of('C', 2)];
  assert.equal(
    breadthFirst(cases).map(({ id }) => id),
    ['t/A/1', 't/B/1', 't/C/1', 't/A/2', 't/C/2', 't/A/3'],
  );
});

test('all cases are kept, and the digest is another', async () => {
  const whole = await Promise.all(
    ['mixed-order', 'hmm-tests-quick'].map((name) => loadSuite(projectRoot(), name)),
  );
  const passes = [record('mixed-order/S1', 'pass')];
  const [first, second] = stoppingSuites(whole, passes);
  assert.ok(first?.kind === 'scenarios' && whole[0]?.kind === 'scenarios');
  assert.equal(first.cases.map(({ id }) => id).toSorted(), whole[0].cases.map(({ id }) => id).toSorted());
  assert.is.not(first.digest, whole[0].digest);
  assert.is.not(second?.digest, whole[1]?.digest);
  assert.ok(second?.kind === 'kselftest' && whole[1]?.kind === 'kselftest');
  assert.ok(second.deadlineMs < whole[1].deadlineMs);
  const again = stoppingSuites(whole, [...passes, record('mixed-order/S9', 'flaky')]);
  assert.is.not(again[0]?.digest, first.digest, 'what fails at the base decides where it stops');
});

test('only what passed at the base is new', () => {
  const base: TestRecord[] = [
    record('a', 'pass'),
    record('b', 'known'),
    record('c', 'fail'),
    record('d', 'skip'),
  ];
  const isNew = isNewTo(base);
  assert.equal(
    ['a', 'b', 'c', 'd', 'e'].map((id) => isNew(record(id, 'fail'))),
    [true, true, false, false, false],
  );
});

test.run();
