import * as assert from 'uvu/assert';
import { RoleMap, roleIn } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/roles');

const all = (map: RoleMap): string => Array.from({ length: map.pages }, (_, p) => map.describe(p)).join(' ');

test('roles in a folio by order', () => {
  assert.is(roleIn(0, 0), 'order0');
  assert.equal(
    [0, 1].map((i) => roleIn(1, i)),
    ['head', 'tail1'],
  );
  assert.equal(
    [0, 1, 2, 3, 7].map((i) => roleIn(3, i)),
    ['head', 'tail1', 'tail2', 'tail', 'tail'],
  );
});

test('life, death and dead tails', () => {
  const map = new RoleMap(8);
  assert.is(all(map), 'fresh fresh fresh fresh fresh fresh fresh fresh');
  map.init(0, 3);
  assert.is(all(map), 'head tail1 tail2 tail tail tail tail tail');
  map.free(0);
  assert.is(all(map), 'free head free tail1 free tail2 free tail free tail free tail free tail free tail');
  map.init(4, 1);
  assert.is(map.describe(3), 'free tail', 'its head is still the head it was');
  map.init(0, 0);
  assert.is(all(map), 'order0 dead tail1 dead tail2 dead tail head tail1 dead tail dead tail');
  assert.equal(map.folio(3), { pfn: 0, order: 3 });
  assert.equal(map.folio(5), { pfn: 4, order: 1 });
  map.free(0);
  assert.is(map.describe(0), 'free order0');
  assert.is(map.live(4), true);
  map.init(0, 3);
  assert.is(map.dead(7), false);
  map.reset();
  assert.is(all(map), 'fresh fresh fresh fresh fresh fresh fresh fresh');
  assert.equal(
    [map.order(7), map.live(0), map.dead(7), map.folio(7)],
    [0, false, false, { pfn: 7, order: 0 }],
  );
});

test('a page of no folio is of order 0, alone and dead', () => {
  const map = new RoleMap(4);
  assert.equal(map.folio(3), { pfn: 3, order: 0 });
  assert.equal([map.order(3), map.live(3), map.dead(3)], [0, false, false]);
});

test('a split makes every page a live folio of order 0', () => {
  const map = new RoleMap(8);
  map.init(4, 2);
  map.split(4);
  assert.is(all(map), 'fresh fresh fresh fresh order0 order0 order0 order0');
  assert.equal(
    [4, 5, 7].map((page) => map.folio(page)),
    [
      { pfn: 4, order: 0 },
      { pfn: 5, order: 0 },
      { pfn: 7, order: 0 },
    ],
  );
  map.free(6);
  assert.is(all(map), 'fresh fresh fresh fresh order0 order0 free order0 order0');
  map.init(0, 2);
  map.init(4, 2);
  map.split(0);
  assert.is(all(map), 'order0 order0 order0 order0 head tail1 tail2 tail', 'and of no other folio');
});

test('pages up to the last that is not fresh, and the head of each', () => {
  const map = new RoleMap(8);
  assert.is(map.used, 0);
  map.init(4, 1);
  map.init(0, 0);
  map.free(4);
  assert.equal([map.used, map.head(5), map.head(7)], [6, 4, 7]);
  assert.is(map.copy().used, 6);
  map.reset();
  assert.is(map.used, 0);
});

test('a copy and a snapshot stay what they were; a copy goes its own way', () => {
  const map = new RoleMap(8);
  map.init(0, 2);
  map.free(0);
  map.init(0, 0);
  const [copy, past] = [map.copy(), map.snapshot()];
  const before = all(map);
  map.init(4, 2);
  map.init(0, 3);
  assert.is(all(copy), before);
  assert.is(copy.dead(3), true, 'its head is another folio');
  assert.equal([copy.order(3), copy.live(0), copy.live(3)], [2, true, false]);
  assert.equal([past.role(1), past.role(0), past.role(4)], ['tail1', 'order0', 'fresh']);
  assert.equal(
    [past.folio(3), past.folio(5)],
    [
      { pfn: 0, order: 2 },
      { pfn: 5, order: 0 },
    ],
  );
  const young = new RoleMap(8);
  young.init(0, 2);
  const its = young.copy();
  its.init(0, 0);
  assert.equal([its.dead(3), young.dead(3)], [true, false], 'a folio made since is another one');
  copy.init(0, 2);
  assert.is(copy.dead(3), false, 'serial numbers go on from where the map was');
  assert.is(map.role(4), 'tail');
});

test.run();
