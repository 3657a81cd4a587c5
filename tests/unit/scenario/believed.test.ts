import * as assert from 'uvu/assert';
import { failuresOf } from '../../../orchestrator/scenario/believed.js';
import { suite } from '../../harness/suite.js';
import { record } from '../report/sample.js';

const test = suite('scenario/believed');

test('an earlier failure counts as confirmed where it came more than once', () => {
  const failed = (id: string, runs: number, matches: number): ReturnType<typeof record> =>
    record(id, 'fail', { failureKey: 'refcount refs', runs, matches });
  const earlier = failuresOf([
    failed('t/again', 2, 2),
    // Run again, and then something else came: this failure has been seen once.
    failed('t/other', 2, 1),
    failed('t/once', 1, 1),
    record('t/flaky', 'flaky', { failureKey: 'refcount refs', runs: 3, matches: 1 }),
    record('t/good', 'pass'),
  ]);
  assert.equal(
    [...earlier].map(([id, { confirmed }]) => [id, confirmed]),
    [
      ['t/again', true],
      ['t/other', false],
      ['t/once', false],
    ],
  );
});

test.run();
