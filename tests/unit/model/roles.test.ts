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
  assert.is(map.role(7), 'fresh');
});

test.run();
