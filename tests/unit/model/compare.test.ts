import * as assert from 'uvu/assert';
import { compareMemory, layout73 } from '../../../orchestrator/model/index.js';
import { diffPage, samePage, wordsOf } from '../../../orchestrator/model/compare.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/compare');

const layout = layout73();
const NOTHING = new Uint32Array(16);

/** Three pages: of the middle one, `changes` [byte, value] differ. */
function pages(...changes: readonly (readonly [byte: number, value: number])[]): [Uint8Array, Uint8Array] {
  const want = new Uint8Array(3 * 64);
  const have = want.slice();
  for (const [byte, value] of changes) have[64 + byte] = value;
  return [want, have];
}

test('bytes as words: as they are, of any alignment; whole pages only', () => {
  const bytes = new Uint8Array(2 * 64 + 1).map((_, i) => i);
  assert.is(wordsOf(bytes.subarray(0, 64))[1], 0x07060504);
  const odd = wordsOf(bytes.subarray(1));
  assert.equal([odd.length, odd[0]], [32, 0x04030201]);
  const aligned = new Uint8Array(2 * 64);
  const second = wordsOf(aligned.subarray(64));
  second[0] = 7;
  assert.is(aligned[64], 7, 'no copy where none is needed');
  assert.is(second.length, 16);
  for (const length of [63, 65, 4])
    assert.throws(() => wordsOf(new Uint8Array(length)), /not whole struct pages/);
});

function diff(
  role: Parameters<typeof diffPage>[1],
  ignore: Uint32Array,
  ...changes: [number, number][]
): string[] {
  const [want, have] = pages(...changes);
  return diffPage(layout, role, ignore, wordsOf(want), 16, wordsOf(have), 16).map(
    ({ field, byte, width, bit, want: a, have: b }) =>
      `${field} ${byte}+${width}${bit === undefined ? '' : ` bit ${bit}`}: ${a.toString(16)} ${b.toString(16)}`,
  );
}

test('fields in which a page differs, whole, the flags bit by bit', () => {
  assert.equal(diff('head', NOTHING), []);
  assert.equal(diff('head', NOTHING, [24, 1], [31, 0x80], [52, 2]), [
    'mapping 24+8: 0 8000000000000001',
    '_refcount 52+4: 0 2',
  ]);
  assert.equal(diff('head', NOTHING, [0, 0x41], [7, 0x80]), [
    'PG_locked 0+8 bit 0: 0 8000000000000041',
    'PG_head 0+8 bit 6: 0 8000000000000041',
    'flags (zone, node) 0+8 bit 63: 0 8000000000000041',
  ]);
  assert.equal(diff('head', NOTHING, [3, 0x80]), ['flags bit 31 0+8 bit 31: 0 80000000']);
  assert.equal(diff('tail1', NOTHING, [20, 1], [60, 1], [63, 0xff]), [
    '_nr_pages_mapped 20+4: 0 1',
    'memcg_data[63:32] 60+4: 0 ff000001',
  ]);
});

test('what is ignored does not differ, but is told with the rest of its field', () => {
  const ignore = new Uint32Array(16);
  ignore[0] = 0x80;
  ignore[7] = 0xffffffff;
  assert.equal(diff('head', ignore, [0, 0x80], [28, 1]), []);
  assert.equal(diff('head', ignore, [0, 0x81], [24, 1], [28, 1]), [
    'PG_locked 0+8 bit 0: 0 81',
    'mapping 24+8: 0 100000001',
  ]);
  const [want, have] = pages([0, 0x80], [28, 1]).map(wordsOf) as [Uint32Array, Uint32Array];
  assert.is(samePage(ignore, want, 16, have, 16), true);
  assert.is(samePage(NOTHING, want, 16, have, 16), false);
  assert.is(samePage(NOTHING, want, 16, have, 0), true, 'the first page is as it was');
  assert.is(samePage(NOTHING, have, 32, have, 0), true);
});

test('pages in order, no more than asked for; both memories of one size', () => {
  const want = new Uint8Array(4 * 64);
  const have = want.slice();
  for (const page of [0, 1, 3]) have[page * 64 + 40] = page + 1;
  const found = (limit?: number): number[] =>
    compareMemory(layout, want, have, () => 'head', limit).map(({ page }) => page);
  assert.equal(found(), [0, 1, 3]);
  assert.equal([found(2), found(1), found(0)], [[0, 1], [0], []]);
  for (const [name, at, until] of [
    ['the first word alone, also behind a page that differs', 0, 1],
    ['the last word alone', 60, 61],
    ['every word', 0, 64],
  ] as const) {
    const other = want.slice();
    for (const page of [0, 1]) other.fill(1, page * 64 + at, page * 64 + until);
    const pagesOf = compareMemory(layout, want, other, () => 'head').map(({ page }) => page);
    assert.equal(pagesOf, [0, 1], name);
  }
  assert.throws(
    () => compareMemory(layout, want, have.slice(64), () => 'head'),
    /192 bytes of guest, 256 of model/,
  );
});

test('the role of a page decides what is compared', () => {
  const [want, have] = pages([0, 0x80]);
  assert.equal(
    compareMemory(layout, want, have, () => 'head'),
    [],
  );
  const driver = compareMemory(layout, ...pages([16, 1]), () => 'head');
  assert.is(driver.length, 1, 'a prediction knows what the driver stores');
  const [found] = compareMemory(layout, want, have, (page) => (page === 1 ? 'tail' : 'head'));
  assert.equal([found?.page, found?.fields[0]?.field], [1, 'PG_waiters']);
});

test.run();
