import * as assert from 'uvu/assert';
import { remaining } from '../../../orchestrator/run/forecast.js';
import type { Ahead, Task } from '../../../orchestrator/run/forecast.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/forecast');

const ahead = (expectedMs: number): Task => ({ state: 'ahead', elapsedMs: 0, expectedMs });
const running = (expectedMs: number, elapsedMs: number): Task => ({
  state: 'running',
  elapsedMs,
  expectedMs,
});
const over: Task = { state: 'over', elapsedMs: 5 };
const leg = (build: Task, test: Task): Ahead => ({ build, test });

test('a kernel is built while the one before it is tested', () => {
  const three = [1, 2, 3].map(() => leg(ahead(10), ahead(30)));
  assert.equal(remaining(three), { ms: 100, late: false }, 'one build, three tests');
  const slow = [1, 2, 3].map(() => leg(ahead(40), ahead(30)));
  assert.equal(remaining(slow), { ms: 150, late: false }, 'three builds, one test');
});

test('what is over counts no more, what runs by what is left of it', () => {
  assert.equal(remaining([leg(over, over), leg(running(10, 4), ahead(30))]), { ms: 36, late: false });
  assert.equal(remaining([leg(over, running(30, 20)), leg(running(50, 5), over)]), { ms: 45, late: false });
  assert.equal(remaining([leg(over, over)]), { ms: 0, late: false });
});

test('what takes longer than before makes the rest the least that it can be', () => {
  assert.equal(remaining([leg(over, running(30, 31)), leg(over, ahead(30))]), { ms: 30, late: true });
});

test('where something ahead was never seen there is no forecast; of what is over nothing need be known', () => {
  const unknown: Task = { state: 'ahead', elapsedMs: 0 };
  assert.is(remaining([leg(over, over), leg(unknown, ahead(30))]), undefined);
  assert.is(remaining([leg(ahead(1), unknown)]), undefined);
  assert.equal(remaining([leg(over, ahead(30))]), { ms: 30, late: false });
});

test.run();
