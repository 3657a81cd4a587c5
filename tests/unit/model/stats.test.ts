import * as assert from 'uvu/assert';
import { Stats } from '../../../orchestrator/model/index.js';
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

test('a new boot counts from nothing', () => {
  const stats = new Stats();
  assert.is(stats.charged, 0);
  stats.addAnon(9, 1);
  stats.addPartiallyMapped(9, 1);
  stats.charged = 5;
  stats.objcgs.add(1n);
  stats.reset();
  assert.equal([stats.nrAnon(9), stats.nrPartiallyMapped(9), stats.charged, stats.objcgs.size], [0, 0, 0, 0]);
});

test.run();
