import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { overlapOffsets, pairId, pairs } from '../../../orchestrator/scenario/pairs.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/pairs');

test('offsets are first, second, third, fourth, middle and last place', () => {
  assert.equal(overlapOffsets(0, 9), [0, 1, 2, 3, 256, 511]);
  assert.equal(overlapOffsets(4, 9), [0, 16, 32, 48, 256, 496]);
  assert.equal(overlapOffsets(3, 4), [0, 8]);
  assert.equal(overlapOffsets(5, 5), [0]);
});

test('every ordered pair of orders is there, ids are stable and distinct', () => {
  const all = pairs();
  assert.is(all.length, 446);
  assert.is(new Set(all.map(pairId)).size, all.length);
  assert.is(new Set(all.map(({ k1, k2 }) => `${k1},${k2}`)).size, 100);
  assert.ok(all.map(pairId).includes('9@0,4@16'));
  assert.ok(all.map(pairId).includes('0@511,9@0'));
});

test('the two folios always overlap, are aligned and stay in 512 pages', () => {
  fc.assert(
    fc.property(fc.constantFrom(...pairs()), ({ k1, o1, k2, o2 }) => {
      assert.is(o1 % 2 ** k1, 0);
      assert.is(o2 % 2 ** k2, 0);
      assert.ok(o1 < o2 + 2 ** k2 && o2 < o1 + 2 ** k1);
      assert.ok(Math.max(o1 + 2 ** k1, o2 + 2 ** k2) <= 512);
    }),
  );
});

test.run();
