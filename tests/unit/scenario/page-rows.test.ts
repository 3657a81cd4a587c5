import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { changedRows, putRows } from '../../../orchestrator/scenario/page-rows.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/page-rows');
const PAGES = 8;

function chunk(pages = PAGES): Uint8Array {
  return new Uint8Array(pages * 64);
}

function put(bytes: Uint8Array, page: number, byte: number, value: number): void {
  new DataView(bytes.buffer).setUint32(page * 64 + byte, value, true);
}

test('pages in a row with the same words are one row', () => {
  const after = chunk();
  for (const page of [2, 3, 4]) put(after, page, 52, 1);
  put(after, 6, 0, 0x40);
  assert.equal(changedRows(chunk(), after), {
    rows: [
      { page: 2, pages: 3, words: { 52: [1] } },
      { page: 6, words: { 0: [0x40] } },
    ],
    leftOut: 0,
  });
});

test('an index that counts up is one row with its step', () => {
  const after = chunk();
  for (let page = 0; page < PAGES; page++) put(after, page, 32, 100 + page);
  assert.equal(changedRows(chunk(), after).rows, [{ page: 0, pages: PAGES, words: { 32: [100, 1] } }]);
});

test('what a step leaves alone is no row, and what goes back to 0 is one', () => {
  const before = chunk();
  put(before, 1, 52, 7);
  assert.equal(changedRows(before, before).rows, []);
  assert.equal(changedRows(before, chunk()).rows, [{ page: 1, words: { 52: [0] } }]);
});

test('rows past the bound are counted, not kept', () => {
  const after = chunk(600);
  for (let page = 0; page < 600; page += 2) put(after, page, 0, 1);
  const { rows, leftOut } = changedRows(chunk(600), after);
  assert.is(rows.length, 128);
  assert.is(leftOut, 300 - 128);
});

test('a row that is not in the chunk is refused', () => {
  assert.throws(() => putRows(chunk(), [{ page: 7, pages: 2, words: { 0: [1] } }]), /not in the chunk/);
});

test('rows give back what a step left, whatever it was', () => {
  const bytes = fc.array(fc.tuple(fc.nat(PAGES - 1), fc.nat(15), fc.constantFrom(0, 1, 2, 0xffffffff)), {
    maxLength: 40,
  });
  const of = (writes: readonly (readonly [number, number, number])[]): Uint8Array => {
    const all = chunk();
    for (const [page, word, value] of writes) put(all, page, word * 4, value);
    return all;
  };
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const [before, after] = [of(a), of(b)];
      const { rows, leftOut } = changedRows(before, after);
      assert.is(leftOut, 0);
      putRows(before, rows);
      assert.equal(before, after);
    }),
  );
});

test.run();
