import * as assert from 'uvu/assert';
import { cleanUp } from '../../../../orchestrator/model/explore/clean-up.js';
import type { SearchStep } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';
import { free, init, poke } from '../support.js';

const test = suite('model/explore/clean-up');

const after = (...steps: readonly object[]): string[] =>
  cleanUp(steps as readonly SearchStep[]).map((step) => `${step.op} ${'pfn' in step ? step.pfn : ''}`);
const LOCKED = { unlock: 'none' } as const;

test('what lives is freed, the last made first', () => {
  assert.equal(after(init('1@0'), init('0@2'), init('0@3')), ['free 3', 'free 2', 'free 0']);
  assert.equal(after(init('1@0'), init('0@2'), free(0)), ['free 2']);
  assert.equal(after(init('1@0'), free(0), poke(0, 0, 1, 1n)), []);
});

test('what is locked is unlocked first', () => {
  assert.equal(after(init('0@1', LOCKED), init('0@2')), ['free 2', 'unlock 1', 'free 1']);
  assert.equal(after(init('0@1', LOCKED), { op: 'unlock', pfn: 1 }), ['free 1']);
});

test('of a split folio every piece', () => {
  const split = { op: 'split', pfn: 4 };
  assert.equal(after(init('2@4'), split), ['free 7', 'free 6', 'free 5', 'free 4']);
  const pieces = Array.from({ length: 8 }, (_, i) => `free ${15 - i}`);
  assert.equal(after(init('3@8'), { op: 'split', pfn: 8 }), pieces);
  assert.equal(after(init('1@4', LOCKED), split), ['free 5', 'free 4'], 'a split leaves no piece locked');
  assert.equal(after(init('2@4'), split, free(5)), ['free 7', 'free 6', 'free 4']);
  assert.equal(after(init('0@0', LOCKED), init('1@4'), split), ['free 5', 'free 4', 'unlock 0', 'free 0']);
});

test.run();
