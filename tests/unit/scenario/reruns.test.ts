import * as assert from 'uvu/assert';
import { inherit, nextAttempt } from '../../../orchestrator/scenario/reruns.js';
import type { Attempt } from '../../../orchestrator/scenario/reruns.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/reruns');
const alone = (matched: boolean): Attempt => ({ manner: 'alone', matched });
const prefix = (matched: boolean): Attempt => ({ manner: 'prefix', matched });

test('the rules of DESIGN for a failure that came once', () => {
  assert.is(nextAttempt([], true), 'alone');
  assert.equal(nextAttempt([alone(true)], true), {
    verdict: 'fail',
    runs: 2,
    matches: 2,
    note: 'came 2 of 2 times',
  });
  assert.is(nextAttempt([alone(false)], true), 'prefix');
  assert.is(nextAttempt([alone(false)], false), 'alone');
  assert.equal(nextAttempt([alone(false), prefix(false)], true), {
    verdict: 'flaky',
    runs: 3,
    matches: 1,
    note: 'came 1 of 3 times',
  });
  assert.is(nextAttempt([alone(false), prefix(true)], true), 'prefix');
  const twice = nextAttempt([alone(false), prefix(true), prefix(true)], true);
  assert.ok(typeof twice !== 'string' && twice.verdict === 'fail' && twice.matches === 3);
  const once = nextAttempt([alone(false), prefix(true), prefix(false)], true);
  assert.ok(typeof once !== 'string' && once.verdict === 'flaky' && once.matches === 2);
});

test('cases not run again are believed if one like them was confirmed', () => {
  const flaky = { verdict: 'flaky', runs: 3, matches: 1, note: '' } as const;
  const fail = { verdict: 'fail', runs: 2, matches: 2, note: '' } as const;
  assert.is(
    inherit([
      { id: 'x', decided: flaky },
      { id: 'y', decided: fail },
    ]).verdict,
    'fail',
  );
  assert.is(inherit([{ id: 'x', decided: flaky }]).verdict, 'flaky');
  assert.match(inherit([{ id: 'x', decided: flaky }]).note, 'the same failure in x came 1 of 3 times');
});

test.run();
