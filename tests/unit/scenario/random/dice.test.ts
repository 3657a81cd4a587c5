import * as assert from 'uvu/assert';
import { Dice } from '../../../../orchestrator/scenario/random/dice.js';
import { suite } from '../../../harness/suite.js';

const test = suite('scenario/random/dice');

test('a seed gives the same numbers everywhere', () => {
  const dice = new Dice(42);
  assert.equal(
    Array.from({ length: 8 }, () => dice.roll(1000)),
    [601, 448, 852, 669, 174, 526, 273, 624],
  );
  assert.not.equal(new Dice(43).roll(1e6), new Dice(42).roll(1e6));
});

test('every side comes up, about as often as the others', () => {
  const dice = new Dice(7);
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 6000; i += 1) {
    const side = dice.roll(6);
    counts[side] = (counts[side] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 850 && count < 1150, counts.join(' '));
});

test('weights: in proportion, a weight of 0 never', () => {
  const dice = new Dice(7);
  const counts = { a: 0, b: 0, c: 0 };
  for (let i = 0; i < 4000; i += 1) counts[dice.weighted({ a: 3, b: 1, c: 0 }) ?? 'c'] += 1;
  assert.is(counts.c, 0);
  assert.ok(counts.a > 2850 && counts.a < 3150, String(counts.a));
  assert.is(dice.weighted({ a: 0 }), undefined);
  assert.is(dice.weighted({}), undefined);
});

test.run();
