import * as assert from 'uvu/assert';
import { CaseQueue } from '../../../orchestrator/scenario/queue.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import { suite } from '../../harness/suite.js';
import { free, init, made } from './support.js';

const test = suite('scenario/queue');

/** `D1/a` is case a of scenario D1. */
const cases = (...names: readonly string[]): Case[] =>
  names.map((name) => made(name, [init(0, 0), free(0)], { scenario: name.split('/')[0] as string }));

const taken = (queue: CaseQueue, lanes: readonly number[]): (string | undefined)[] =>
  lanes.map((lane) => queue.shift(lane)?.id.slice('t/'.length));

test('a lane stays with its scenario while there are others for the other lanes', () => {
  const queue = new CaseQueue(cases('D1/a', 'D1/b', 'D1/c', 'E1/a', 'E1/b'));
  assert.equal(taken(queue, [0, 1, 0, 1, 0]), ['D1/a', 'E1/a', 'D1/b', 'E1/b', 'D1/c']);
});

test('its next scenario is of its own family, and not of one that another lane is at, where there is one', () => {
  const queue = new CaseQueue(cases('D1/a', 'D2/a', 'E1/a', 'E1/b', 'F1/a', 'E2/a'));
  assert.equal(taken(queue, [0, 1, 0, 0, 1, 0, 1]), [
    'D1/a',
    'E1/a',
    'D2/a',
    'F1/a',
    'E1/b',
    'E2/a',
    undefined,
  ]);
});

test('a lane without a scenario helps with the one that has most left', () => {
  const queue = new CaseQueue(cases('A1/a', 'A2/a', 'A2/b', 'A2/c', 'A2/d', 'B1/a', 'B1/b'));
  assert.equal(taken(queue, [0, 1, 2, 2, 2, 1, 0]), ['A1/a', 'B1/a', 'A2/a', 'A2/b', 'A2/c', 'B1/b', 'A2/d']);
});

test('what comes last is handed out in the order it was given, to whoever asks', async () => {
  const last = new Set(['t/D1/a', 't/E1/b']);
  const queue = new CaseQueue(cases('E1/b', 'D1/a', 'D1/b', 'E1/a'), { last });
  let late = false;
  void queue.late.then(() => (late = true));
  assert.equal(taken(queue, [0, 1]), ['D1/b', 'E1/a']);
  await Promise.resolve();
  assert.is(late, false);
  assert.equal(taken(queue, [1, 1, 0]), ['E1/b', 'D1/a', undefined]);
  await queue.late;
  assert.equal(
    queue.taken.map(({ id }) => id),
    ['t/D1/b', 't/E1/a', 't/E1/b', 't/D1/a'],
  );
});

test('who waits for hangs begins with them, the others come to them at their end', () => {
  const names = ['A1/a', 'B1/h', 'B1/i', 'C1/c', 'C1/d'];
  const last = new Set(['t/B1/h', 't/B1/i', 't/C1/c', 't/C1/d']);
  const queued = (): CaseQueue =>
    new CaseQueue(cases(...names), { last, hangs: new Set(['t/B1/h', 't/B1/i', 't/A1/a']) });
  const shifts = (queue: CaseQueue, patient: readonly boolean[]): (string | undefined)[] =>
    patient.map((one) => queue.shift(0, one)?.id.slice('t/'.length));
  // What is not of the last is not moved.
  assert.equal(shifts(queued(), [true, true, false, true, true, true]), [
    'A1/a',
    'B1/h',
    'C1/c',
    'B1/i',
    'C1/d',
    undefined,
  ]);
  assert.equal(
    shifts(queued(), [false, false, false, false, false]),
    names.slice(0, 1).concat('C1/c', 'C1/d', 'B1/h', 'B1/i'),
  );
});

test('cases that somebody chose the order of, or draws, come as they are given', async () => {
  const names = ['D1/a', 'E1/a', 'D1/b'];
  assert.equal(taken(new CaseQueue(cases(...names), { asGiven: true }), [0, 0, 1]), names);
  const drawn = new CaseQueue(new Set(cases(...names)));
  assert.equal(taken(drawn, [0, 0, 1]), names);
  await drawn.late;
});

test('nothing is taken from a queue that was stopped', async () => {
  const queue = new CaseQueue(cases('D1/a', 'D1/b'));
  queue.shift(0);
  queue.stop();
  assert.is(queue.shift(0), undefined);
  await queue.late;
});

test.run();
