import * as assert from 'uvu/assert';
import { RamMmIds, addMappings, removeMappings } from '../../../../orchestrator/model/mapping/mm-ids.js';
import type { Process } from '../../../../orchestrator/model/mapping/tables.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/mapping/mm-ids');

const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name })) as unknown as [Process, Process, Process];

test('two processes have a slot each, the second makes the folio shared, the third has none', () => {
  const ids = new RamMmIds();
  addMappings(ids, a, 2, 1);
  assert.equal([ids.slotOf(a), ids.count(0), ids.shared], [0, 1, false]);
  addMappings(ids, a, 1, 2);
  assert.equal([ids.count(0), ids.shared], [2, false]);
  addMappings(ids, b, 1, 3);
  assert.equal([ids.slotOf(b), ids.count(1), ids.shared], [1, 0, true]);
  addMappings(ids, c, 1, 4);
  assert.is(ids.slotOf(c), undefined);
});

test('a slot is free with the last mapping; one process that has all mappings left is alone', () => {
  const ids = new RamMmIds();
  addMappings(ids, a, 2, 1);
  addMappings(ids, b, 1, 2);
  removeMappings(ids, a, 1, 1);
  assert.equal([ids.slotOf(a), ids.count(0), ids.shared], [0, 0, true]);
  removeMappings(ids, a, 1, 0);
  assert.equal([ids.slotOf(a), ids.slotOf(undefined), ids.shared], [undefined, 0, false]);
});

test.run();
