import * as assert from 'uvu/assert';
import { Teardown } from '../../../orchestrator/process/teardown.js';
import { suite } from '../../harness/suite.js';

const test = suite('process/teardown');

test('undoes the last thing first, everything once', async () => {
  const teardown = new Teardown();
  const order: string[] = [];
  teardown.add('a', () => void order.push('a'));
  const take = teardown.add('b', () => void order.push('b'));
  teardown.add('c', async () => void order.push('c'));
  take();
  await Promise.all([teardown.run(), teardown.run()]);
  await teardown.run();
  assert.equal(order, ['c', 'a']);
});

test('a step that throws or hangs does not keep the others from running', async () => {
  const teardown = new Teardown(30);
  let reached = false;
  teardown.add('first', () => void (reached = true));
  teardown.add('thrower', () => {
    throw new Error('no');
  });
  teardown.add('hanger', () => new Promise(() => {}));
  let message = '';
  await teardown.run().catch((error: unknown) => {
    message = (error as Error).message;
  });
  assert.ok(reached);
  assert.match(message, /hanger.*timed out.*thrower: no/);
});

test('works with await using', async () => {
  let undone = false;
  {
    await using teardown = new Teardown();
    teardown.add('x', () => void (undone = true));
  }
  assert.ok(undone);
});

test.run();
