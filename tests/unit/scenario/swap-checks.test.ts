import * as assert from 'uvu/assert';
import type { MapRun, Reply } from '../../../orchestrator/scenario/protocol.js';
import { checkSlots, checkSwapExpectation, slotsNamed } from '../../../orchestrator/scenario/swap-checks.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/swap-checks');

const swapped = (page: number, n: number, slot: number): MapRun => ({
  page,
  n,
  state: 'swapped',
  slot,
  type: 0,
});
const ram: MapRun = { page: 4, n: 4, state: 'ram' };
const area = (used: number, cached: number, charged = used): Reply['swap'] => ({
  pages: 4095,
  used,
  cached,
  charged,
});
/** Kind, field and what was found of each deviation. */
const told = (...args: Parameters<typeof checkSlots>): unknown[] =>
  checkSlots(...args).map(({ kind, field, found }) => [kind, field, found]);

test('a slot that several processes share is one', () => {
  assert.is(slotsNamed([[swapped(0, 4, 10), ram], [swapped(0, 2, 12)], [swapped(2, 1, 30)]]), 5);
  assert.is(slotsNamed([[ram], []]), 0);
});

test('slots in use are those of page tables and of the swap cache, which may be the same', () => {
  assert.equal(told(1, area(4, 0), 4, true), []);
  assert.equal(told(1, area(4, 2), 4, true), []);
  assert.equal(told(1, area(6, 2), 4, true), []);
  assert.equal(told(1, area(7, 2), 4, true), [['leak', 'swap slots in use', '7']]);
  assert.equal(told(1, area(3, 2), 4, true), [['counter', 'swap slots in use', '3']]);
  assert.equal(told(1, { pages: 4095, used: 4 }, 4, true), [], 'a kernel that does not tell of its cache');
});

test('a slot is charged while it is in use', () => {
  assert.equal(told(1, area(4, 0, 3), 4, true), [['counter', 'swap slots charged', '3']]);
  assert.equal(told(1, area(4, 0, 5), 4, true), [['counter', 'swap slots charged', '5']]);
});

test('nothing is left where nothing is mapped', () => {
  assert.equal(told(1, area(0, 0), 0, false), []);
  assert.equal(told(1, area(1, 1), 0, false), [
    ['leak', 'swap slots in use', '1'],
    ['leak', 'pages in the swap cache', '1'],
  ]);
});

test('nothing is swapped out while swap is off', () => {
  assert.equal(told(1, undefined, 0, true), []);
  assert.equal(told(1, undefined, 2, true), [['counter', 'swap slots in use', '2']]);
});

test('what a step expects to be swapped out and in the cache', () => {
  const wrong = (...args: Parameters<typeof checkSwapExpectation>): string[] =>
    checkSwapExpectation(...args).map(({ field, expected, found }) => `${field}: ${expected}, ${found}`);
  const seen = { swapped: 4, before: 5 };
  const swap = { ...area(4, 2), pages: 4095, used: 4, restored: 6 };
  assert.equal(wrong(1, undefined, swap, seen), []);
  assert.equal(wrong(1, { swapped: 4, cached: 2, restored: 1 }, swap, seen), []);
  assert.equal(wrong(1, { swapped: 3, cached: 0, restored: 0 }, swap, seen), [
    'pages in swap: 3, 4',
    'pages in the swap cache: 0, 2',
    'pages restored to the working set: 0, 1',
  ]);
  const off = { swapped: 0, before: undefined };
  assert.equal(wrong(1, { cached: 0, restored: 0 }, undefined, off), [], 'swap is off');
});

test.run();
