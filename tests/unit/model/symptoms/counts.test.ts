import * as assert from 'uvu/assert';
import { symptomOf } from '../../../../orchestrator/model/index.js';
import { COUNTS } from '../../../../orchestrator/model/symptoms/counts.js';
import { suite } from '../../../harness/suite.js';
import { linesOf } from './lines.js';

const test = suite('model/symptoms/counts');

test('bit 31 of _mm_ids is a lock, whatever else is there; no other bit is', () => {
  const lines = (value: bigint): string => linesOf(symptomOf('_mm_ids', 'tail1', undefined, value));
  assert.is(lines(1n << 31n), 'include/linux/rmap.h:114');
  assert.is(lines((1n << 31n) | 5n), 'include/linux/rmap.h:114');
  for (const bit of [0n, 30n, 32n, 63n]) assert.match(lines(1n << bit), 'include/linux/rmap.h:151');
  assert.match(linesOf(symptomOf('_mm_id_mapcount[0]', 'tail1', undefined, 1n << 31n)), 'rmap.h:151');
});

test('every row is of a count, or of what driver and pgmap are told', () => {
  const told = new Set(COUNTS.flatMap(({ fields }) => [...fields]).filter((field) => !field.startsWith('_')));
  assert.equal([...told], ['pgmap.ref', 'folio_free']);
});

test.run();
