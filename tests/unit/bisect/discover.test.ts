import * as assert from 'uvu/assert';
import { chooseFailure } from '../../../orchestrator/bisect/discover.js';
import type { Deviation } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { failing, passing } from './fake-lab.js';

const test = suite('bisect/discover');
const deviation: Deviation = { kind: 'stale-field', step: 1, field: 'x', expected: '0', found: '1' };

test('what fails at the other end too comes last', () => {
  const failed = [failing('old', 'a'), { ...failing('new', 'b'), durationMs: 900 }];
  assert.is(chooseFailure(failed, [failing('old', 'a')])?.target.test, 'b');
  assert.is(chooseFailure([failing('old', 'a')], [failing('old', 'a')])?.target.test, 'a');
});

test('certain before flaky, decoded before not, then the quickest', () => {
  const flaky = { ...failing('k', 'flaky'), verdict: 'flaky' as const, durationMs: 1 };
  const splat = { ...failing('k', 'splat'), durationMs: 2 };
  const slow = { ...failing('k', 'slow'), deviations: [deviation], durationMs: 9 };
  const quick = { ...failing('k', 'quick'), deviations: [deviation], durationMs: 3 };
  const order = [flaky, splat, slow, quick];
  const chosen: string[] = [];
  while (order.length > 0) {
    const id = chooseFailure(order, [])?.record.id ?? '';
    chosen.push(id);
    order.splice(
      order.findIndex((one) => one.id === id),
      1,
    );
  }
  assert.equal(chosen, ['quick', 'slow', 'splat', 'flaky']);
});

test('a kernel that does not boot shows nothing else', () => {
  assert.is(chooseFailure([failing('k', 'a'), failing('boot', 'boot')], [])?.target.test, 'boot');
});

test('with a key only that one, as it was given', () => {
  const found = chooseFailure([failing('x 1', 'a'), failing('y 1', 'b')], [], 'y *');
  assert.equal(found?.target, { test: 'b', keys: ['y *'] });
  assert.is(chooseFailure([failing('x 1', 'a')], [], 'y *'), undefined);
});

test('nothing fails', () => {
  assert.is(chooseFailure([passing()], []), undefined);
});

test.run();
