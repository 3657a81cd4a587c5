import * as assert from 'uvu/assert';
import { ChunkPool } from '../../../orchestrator/report/html/chunk-pool.js';
import { suite } from '../../harness/suite.js';

const test = suite('report/chunk pool');

test('copies are apart from what they were made of and from each other, until they are made again', () => {
  const [pool, bytes] = [new ChunkPool(), Uint8Array.of(1, 2)];
  const one = pool.copy(bytes);
  bytes[0] = 9;
  const two = pool.copy(bytes);
  assert.equal([one, two], [Uint8Array.of(1, 2), Uint8Array.of(9, 2)]);
  pool.reuse();
  assert.is(pool.copy(Uint8Array.of(3, 4)), one, 'the same room');
  assert.equal([one, two], [Uint8Array.of(3, 4), Uint8Array.of(9, 2)]);
  pool.reuse();
  assert.equal(pool.copy(Uint8Array.of(5)), Uint8Array.of(5), 'a chunk of another size');
});

test.run();
