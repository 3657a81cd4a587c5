import { crc32 } from 'node:zlib';
import * as assert from 'uvu/assert';
import {
  ChunkMirror,
  countPages,
  differingPages,
  PAGE_BYTES,
  withPages,
} from '../../../orchestrator/scenario/chunk.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/chunk');

function changed(pages: number, bytes: readonly number[]): number[] {
  const before = new Uint8Array(pages * PAGE_BYTES).map((_, byte) => byte % 251);
  const after = before.slice();
  for (const byte of bytes) after[byte] = (after[byte] as number) ^ 0x80;
  return [...differingPages(before, after)];
}

test('no page differs where nothing was changed', () => {
  assert.equal(changed(2048, []), []);
});

test('each page with a changed byte is named once, in order, whatever the byte', () => {
  const first = 0;
  const last = 2048 * PAGE_BYTES - 1;
  assert.equal(changed(2048, [last, first]), [0, 2047]);
  assert.equal(changed(2048, [63 * 64, 64 * 64 - 1, 64 * 64]), [63, 64]);
  for (let byte = 0; byte < PAGE_BYTES; byte++) assert.equal(changed(256, [130 * PAGE_BYTES + byte]), [130]);
});

test('a chunk need not be whole blocks', () => {
  assert.equal(changed(70, [69 * PAGE_BYTES + 5, 3]), [0, 69]);
  assert.equal(changed(3, [2 * PAGE_BYTES]), [2]);
});

/** A message about pages whose words begin with a number each. */
function message(
  pfns: readonly (number | readonly [number, number])[],
  firsts: readonly number[],
  chunk: Uint8Array,
): { pfns: typeof pfns; words: string; crc: string } {
  const words = Buffer.alloc(firsts.length * PAGE_BYTES);
  for (const [index, first] of firsts.entries()) words.writeUInt8(first, index * PAGE_BYTES);
  return { pfns, words: words.toString('base64'), crc: `0x${crc32(chunk).toString(16)}` };
}

test('pages in a row that are alike come as one', () => {
  const chunk = new Uint8Array(8 * PAGE_BYTES);
  for (const [page, first] of [5, 0, 7, 7, 7, 0, 0, 9].entries()) chunk[page * PAGE_BYTES] = first;
  const told = message([0, [2, 3], 7], [5, 7, 9], chunk);
  const mirror = new ChunkMirror(8);
  assert.is(mirror.apply(told), undefined);
  assert.equal([...mirror.bytes], [...chunk]);
  assert.equal([...withPages(new Uint8Array(8 * PAGE_BYTES), told)], [...chunk]);
  assert.is(countPages(told), 5);
});

test('pages behind the chunk are observed from the answer on that has them, until one has not', () => {
  const mirror = new ChunkMirror(2);
  const all = new Uint8Array(3 * PAGE_BYTES);
  all[2 * PAGE_BYTES] = 9;
  assert.is(mirror.apply({ ...message([2], [9], all), pages: 3 }), undefined);
  assert.equal([...mirror.bytes], [...all]);
  assert.match(mirror.apply({ ...message([2], [9], all) }) ?? '', 'not in the chunk');
  const chunk = new Uint8Array(2 * PAGE_BYTES);
  const left = new ChunkMirror(2);
  left.apply({ ...message([2], [9], all), pages: 3 });
  assert.is(left.apply(message([], [], chunk)), undefined);
  assert.is(left.bytes.length, 2 * PAGE_BYTES);
  assert.is(
    left.apply({ ...message([], [], new Uint8Array(3 * PAGE_BYTES)), pages: 3 }),
    undefined,
    'unknown again',
  );
});

test('what does not fit the chunk is said, and nothing of it is taken', () => {
  const nothing = new Uint8Array(4 * PAGE_BYTES);
  for (const [pfns, firsts, words] of [
    [[3, 4], [1, 1], /^page 4 is not in the chunk$/],
    [[[2, 3]], [1], /^page 2 and 2 more is not in the chunk$/],
    [[[2, 0]], [1], /is not in the chunk$/],
    [[-1], [1], /is not in the chunk$/],
    [[0.5], [1], /is not in the chunk$/],
    [[0, 1], [1], /named 2 changed pages and sent 64 bytes/],
  ] as const) {
    const mirror = new ChunkMirror(4);
    const told = message(pfns, firsts, nothing);
    assert.match(mirror.apply(told) ?? '', words);
    assert.equal([...mirror.bytes], [...nothing]);
    assert.throws(() => withPages(nothing, told), words);
  }
});

test('another checksum than that of the guest is said', () => {
  const mirror = new ChunkMirror(2);
  const told = message([1], [6], new Uint8Array(2 * PAGE_BYTES));
  assert.match(mirror.apply(told) ?? '', /^crc32 of the struct pages is 0x/);
});

test.run();
