import * as assert from 'uvu/assert';
import { layout73 } from '../../../../orchestrator/model/index.js';
import type { Kernel } from '../../../../orchestrator/model/kernel.js';
import * as compound from '../../../../orchestrator/model/steps/compound.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, freshKernel } from '../support.js';

const test = suite('model/steps/compound');

const PAGES = Array.from({ length: 16 }, (_, page) => page);
const word = (k: Kernel, page: number, w: number): bigint =>
  BigInt.asUintN(64, k.mem.view.getBigUint64(page * 64 + w * 8, true));

/** Pages that differ from fresh ones after a step on an order-3 folio at page 4. */
function changed(step: (k: Kernel) => void): number[] {
  const k = freshKernel();
  const before = freshKernel();
  step(k);
  return PAGES.filter((page) => PAGES.slice(0, 8).some((w) => word(k, page, w) !== word(before, page, w)));
}

test('tails: from the first or the fourth page after the head to the last of the folio', () => {
  assert.equal(
    changed((k) => compound.prepTails(k, 4, 3)),
    [5, 6, 7, 8, 9, 10, 11],
  );
  assert.equal(
    changed((k) => compound.prepTailsFromFourth(k, 4, 3)),
    [8, 9, 10, 11],
  );
});

test('a tail names its head by mask or by address, and has TAIL_MAPPING', () => {
  for (const [encoding, info] of [
    ['mask', 0xfffffffffffffe01n],
    ['pointer', MEMMAP + 0x101n],
  ] as const) {
    const k = freshKernel(16, layout73(encoding));
    compound.prepTails(k, 4, 3);
    assert.equal([word(k, 5, 1), word(k, 5, 3)], [info, 0xdead000000000400n], encoding);
  }
});

test('tails are warned of where one has private in either half, and DEBUG_VM is set', () => {
  for (const [byte, config, warnings] of [
    [40, {}, 1],
    [44, {}, 1],
    [40, { DEBUG_VM: false }, 0],
  ] as const) {
    const k = freshKernel(16, layout73('mask', config));
    k.mem.view.setUint32(11 * 64 + byte, 1, true);
    compound.prepTails(k, 4, 3);
    assert.is(k.warnings.length, warnings);
  }
});

test('order and size are in page 1; a folio that is not large is warned of', () => {
  const k = freshKernel();
  compound.setOrder(k, 4, 3);
  compound.setHead(k, 4, 0);
  compound.setOrder(k, 4, 0);
  assert.equal([k.warnings.length, k.mem.get32(5, 0), k.mem.get32(5, 56)], [1, 0x2000, 0]);
  compound.setOrder(k, 4, 3);
  assert.equal([k.mem.get32(5, 0), k.mem.get32(5, 56)], [0x2003, 8]);
  compound.resetFolioOrder(k, 4, 3);
  assert.equal([k.mem.get32(5, 0), k.mem.get32(5, 56)], [0x2000, 0]);
});

test('counts begin at none, the list of page 2 with itself above order 1', () => {
  for (const order of [1, 2]) {
    const k = freshKernel();
    compound.prepCounts(k, 4, order);
    assert.equal(
      [16, 20, 24, 28].map((at) => k.mem.get32(5, at) | 0),
      [-1, 0, -1, 0],
    );
    assert.equal([word(k, 5, 4), word(k, 5, 5)], [0xffffffffffffffffn, 0n]);
    const own = MEMMAP + 6n * 64n + 16n;
    assert.equal([word(k, 6, 2), word(k, 6, 3)], order === 1 ? [0n, 0n] : [own, own]);
  }
});

test('mapping and memcg_data of a head go up to order 1', () => {
  for (const order of [0, 1, 2]) {
    const k = freshKernel();
    for (const at of [24, 56]) k.mem.view.setBigUint64(4 * 64 + at, 5n, true);
    compound.clearSmallHead(k, 4, order);
    const left = order > 1 ? 5n : 0n;
    assert.equal([word(k, 4, 3), word(k, 4, 7)], [left, left]);
  }
});

test('low flags of tails, and the size that the page after the first says', () => {
  const k = freshKernel();
  for (const page of PAGES) k.mem.view.setUint32(page * 64, 0x21ff, true);
  compound.clearTailLowFlags(k, 4, 1);
  assert.equal(
    [4, 5, 6].map((page) => k.mem.get32(page, 0)),
    [0x21ff, 0x2100, 0x21ff],
  );
  for (const page of [4, 5, 6]) k.mem.view.setUint32(page * 64 + 56, 9, true);
  compound.zeroOwnNrPages(k, 4, 1);
  assert.equal(
    [4, 5, 6].map((page) => k.mem.get32(page, 56)),
    [9, 0, 9],
  );
});

test('the order of every page cast to a folio: of heads, the others are warned of', () => {
  const k = freshKernel();
  for (const page of PAGES) k.mem.view.setUint32(page * 64, 0x2003, true);
  compound.setHead(k, 4, 1);
  compound.resetEveryOrder(k, 4, 1);
  assert.equal(
    [4, 5, 6].map((page) => k.mem.get32(page, 0)),
    [0x2043, 0x2000, 0x2003],
  );
  assert.is(k.warnings.length, 1);
});

test.run();
