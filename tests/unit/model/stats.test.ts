import * as assert from 'uvu/assert';
import { Stats } from '../../../orchestrator/model/index.js';
import { MTHP_STATS } from '../../../orchestrator/model/stats.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/stats');

test('mTHP counters: none for orders 0 and 1, each other order alone', () => {
  const stats = new Stats();
  for (let order = 0; order <= 9; order += 1) {
    stats.addAnon(order, order + 1);
    stats.addPartiallyMapped(order, -order);
  }
  stats.addAnon(2, 4);
  stats.addPartiallyMapped(9, 1);
  const orders = Array.from({ length: 10 }, (_, order) => order);
  assert.equal(
    orders.map((order) => stats.nrAnon(order)),
    [0, 0, 7, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.equal(
    orders.map((order) => stats.nrPartiallyMapped(order)),
    [0, 0, -2, -3, -4, -5, -6, -7, -8, -8],
  );
});

test('every mTHP counter by itself, from nothing', () => {
  const stats = new Stats();
  const counts = (): number[] => MTHP_STATS.map((stat) => stats.mthp(stat, 4));
  assert.equal(counts(), [0, 0, 0, 0, 0]);
  for (const [i, stat] of MTHP_STATS.entries()) stats.addMthp(stat, 4, i + 1);
  assert.equal(counts(), [1, 2, 3, 4, 5]);
});

test('a new boot counts from nothing', () => {
  const stats = new Stats();
  assert.equal([stats.charged, stats.splitList], [0, false]);
  stats.splitList = true;
  stats.addAnon(9, 1);
  stats.addPartiallyMapped(9, 1);
  stats.charged = 5;
  stats.objcgs.add(1n);
  stats.reset();
  assert.equal([stats.nrAnon(9), stats.nrPartiallyMapped(9), stats.charged, stats.objcgs.size], [0, 0, 0, 0]);
  assert.is(stats.splitList, false);
});

test.run();
