import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { loadLater } from '../../../orchestrator/cli/load-later.js';
import { suite } from '../../harness/suite.js';

const test = suite('cli/load-later');

test('loads after a while, once, or at once for who asks', async () => {
  let loads = 0;
  const load = async (): Promise<number> => ++loads;
  const soon = loadLater(load, 5);
  assert.is(loads, 0);
  await sleep(50);
  assert.is(loads, 1);
  assert.is(await soon(), 1);
  const late = loadLater(load, 60_000);
  assert.equal([await late(), await late()], [2, 2]);
});

test('what cannot be loaded is told to who asks, and only then', async () => {
  const never = loadLater(() => Promise.reject(new Error('gone')), 1);
  await sleep(30);
  try {
    await never();
  } catch (error) {
    assert.is((error as Error).message, 'gone');
    return;
  }
  assert.unreachable();
});

test.run();
