import * as assert from 'uvu/assert';
import type { UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { free, init } from '../support.js';
import { fill, map, migrate, play, step } from './user.js';

const test = suite('model/mapping/evict');

const evict = (pfns: readonly number[]): UserOperation => ({ op: 'evict', pfns });
const entry = (index: number, pfn: number): object => ({ index, pfn, collected: true, compound: false });

test('live pages are found by a range and by a list, at their place in it', () => {
  const live = [map(4), fill(0, 2), migrate([0, 5], [1, 7])];
  const range = step(play(live, undefined, 16), { op: 'evict', pfn: 4, count: 6 });
  assert.equal([range.scan, range.refs], [[entry(1, 5), entry(3, 7)], 0]);
  const list = step(play(live, undefined, 16), evict([7, 0, 5]));
  assert.equal([list.scan, list.refs], [[entry(0, 7), entry(2, 5)], 0]);
});

test('a dead head hides as many pages as it had, and ends a scan that is shorter', () => {
  const dead = [init('2@4'), free(4), map(4), fill(0, 2), migrate([0, 6], [1, 9])];
  const skipped = step(play(dead, undefined, 16), { op: 'evict', pfn: 4, count: 8 });
  assert.equal(
    [skipped.scan, skipped.refs],
    [[{ index: 0, collected: false, compound: true }, entry(5, 9)], 1],
  );
  const ended = step(play(dead, undefined, 16), { op: 'evict', pfn: 4, count: 3 });
  assert.equal([ended.scan, ended.refs], [[], 2]);
});

test('a folio that somebody has locked is left', () => {
  const machine = play([map(4), fill(0, 1), migrate([0, 5]), init('0@7', { unlock: 'none' })], undefined, 16);
  const { scan, refs } = step(machine, { op: 'evict', pfn: 0, count: 16 });
  assert.equal([scan, refs], [[entry(5, 5)], 1]);
});

test.run();
