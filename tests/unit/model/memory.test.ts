import * as assert from 'uvu/assert';
import { Memory, WRITERS_MAX } from '../../../orchestrator/model/memory.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/memory');

/** Bytes of a page that are not 0, as offset → value. */
function written(memory: Memory, page: number): Record<number, number> {
  const out: Record<number, number> = {};
  for (let byte = 0; byte < 64; byte += 1) {
    const value = memory.bytes[page * 64 + byte] as number;
    if (value !== 0) out[byte] = value;
  }
  return out;
}

/** Offsets in a page whose last writer is `stamp`. */
function stamped(memory: Memory, page: number, stamp: number): number[] {
  return Array.from({ length: 64 }, (_, byte) => byte).filter(
    (byte) => memory.lastStamp(page, byte) === stamp,
  );
}

/** Bits of the flags word (at `flags`) whose last writer is `stamp`. */
function bitsOf(memory: Memory, page: number, stamp: number, flags = 0): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter(
    (bit) => memory.lastStamp(page, flags + (bit >> 3), bit & 7) === stamp,
  );
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('a writer fits beside its step in a stamp', () => {
  assert.is(WRITERS_MAX, 256);
});

test('fills write the named bytes of the named pages and no other', () => {
  for (const provenance of [false, true]) {
    const memory = new Memory(4, 0, provenance);
    memory.fill8(1, 2, 3, 0xab, 7);
    memory.fill32(1, 2, 20, 0x01020304, 8);
    memory.fill64(1, 2, 40, 0x11121314, 0x15161718, 9);
    for (const page of [1, 2])
      assert.equal(
        Object.entries(written(memory, page)).map(([byte, value]) => `${byte}:${value.toString(16)}`),
        '3:ab 20:4 21:3 22:2 23:1 40:14 41:13 42:12 43:11 44:18 45:17 46:16 47:15'.split(' '),
      );
    for (const page of [0, 3]) assert.equal(written(memory, page), {});
    assert.is(memory.get32(2, 20), 0x01020304);
    assert.is(memory.get64(2, 40), 0x1516171811121314n);
    assert.equal([memory.get32(2, 40), memory.getHigh32(2, 40)], [0x11121314, 0x15161718]);
    if (!provenance) {
      assert.is(memory.lastStamp(1, 20), undefined);
      assert.is(memory.bitStamps.length, 0);
      continue;
    }
    for (const page of [1, 2]) {
      assert.equal(stamped(memory, page, 7), [3]);
      assert.equal(bitsOf(memory, page, 7), range(24, 32));
      assert.equal(stamped(memory, page, 8), range(20, 24));
      assert.equal(stamped(memory, page, 9), range(40, 48));
    }
    for (const page of [0, 3]) assert.equal(stamped(memory, page, 0), range(0, 64));
  }
});

test('a fill of the first bytes of pages ends with the last of them', () => {
  const memory = new Memory(4, 0, true);
  memory.fill64(2, 1, 0, 3, 0, 9);
  memory.fill32(1, 1, 0, 2, 8);
  memory.fill8(0, 1, 0, 1, 7);
  assert.equal(
    [0, 1, 2, 3].map((page) => written(memory, page)),
    [{ 0: 1 }, { 0: 2 }, { 0: 3 }, {}],
  );
});

test('the flags word may lie anywhere; its bits have writers of their own', () => {
  for (const flags of [0, 8, 56]) {
    const memory = new Memory(3, flags, true);
    memory.fill64(1, 1, flags, 0, 0, 3);
    memory.putBit(1, 9, true, 4);
    memory.putBit(1, 40, true, 5);
    assert.equal(written(memory, 1), { [flags + 1]: 2, [flags + 5]: 1 });
    assert.ok(memory.testBit(1, 9) && memory.testBit(1, 40));
    assert.not.ok(
      memory.testBit(1, 8) || memory.testBit(1, 1) || memory.testBit(0, 9) || memory.testBit(2, 9),
    );
    assert.equal(bitsOf(memory, 1, 4, flags), [9]);
    assert.equal(bitsOf(memory, 1, 5, flags), [40]);
    assert.equal(
      bitsOf(memory, 1, 3, flags),
      range(0, 64).filter((bit) => bit !== 9 && bit !== 40),
    );
    assert.equal(stamped(memory, 1, 4), [flags + 1]);
    memory.putBit(1, 9, false, 6);
    assert.equal(written(memory, 1), { [flags + 5]: 1 });
    assert.equal(bitsOf(memory, 1, 6, flags), [9]);
    assert.equal(bitsOf(memory, 0, 0, flags), range(0, 64));
    assert.equal(bitsOf(memory, 2, 0, flags), range(0, 64));
  }
});

test('a wider write that reaches into the flags word stamps the bits it reaches', () => {
  const memory = new Memory(2, 8, true);
  memory.stamp(0, 1, 4, 8, 5);
  assert.equal(stamped(memory, 0, 5), range(4, 12));
  assert.equal(bitsOf(memory, 0, 5, 8), range(0, 32));
  memory.stamp(0, 1, 12, 8, 6);
  assert.equal(bitsOf(memory, 0, 6, 8), range(32, 64));
  assert.equal(stamped(memory, 0, 6), range(12, 20));
  memory.stamp(1, 1, 16, 4, 7);
  assert.equal(bitsOf(memory, 1, 7, 8), []);
  assert.equal(bitsOf(memory, 0, 7, 8), []);
});

test('a bit asked for outside the flags word is the byte that holds it', () => {
  const memory = new Memory(1, 8, true);
  memory.fill32(0, 1, 16, 1, 5);
  memory.fill32(0, 1, 4, 1, 6);
  assert.is(memory.lastStamp(0, 16, 3), 5);
  assert.is(memory.lastStamp(0, 7, 3), 6);
  memory.fill32(0, 1, 8, 1, 7);
  memory.putBit(0, 3, true, 8);
  assert.is(memory.lastStamp(0, 8), 8, 'the byte: whoever wrote any of it last');
  assert.is(memory.lastStamp(0, 8, 2), 7);
});

test('clearBits takes the bits of a mask, in both halves, and nobody else’s', () => {
  const memory = new Memory(3, 8, true);
  memory.fill64(0, 3, 8, 0xffffffff, 0xffffffff, 1);
  memory.clearBits(1, 0x80000101, 0x80000003, 2);
  assert.is(memory.get64(1, 8), 0x7ffffffc7ffffefen);
  assert.equal(bitsOf(memory, 1, 2, 8), [0, 8, 31, 32, 33, 63]);
  assert.equal(stamped(memory, 1, 2), [8, 9, 11, 12, 15]);
  for (const page of [0, 2]) {
    assert.is(memory.get64(page, 8), 0xffffffffffffffffn);
    assert.equal(bitsOf(memory, page, 2, 8), []);
    assert.equal(stamped(memory, page, 2), []);
  }
  memory.clearBits(2, 0x80000001, 0x2, 4);
  assert.equal(bitsOf(memory, 2, 4, 8), [0, 31, 33], 'each half has a mask of its own');
  const plain = new Memory(1, 8, false);
  plain.fill64(0, 1, 8, 3, 3, 1);
  plain.clearBits(0, 1, 2, 2);
  assert.equal(written(plain, 0), { 8: 2, 12: 1 });
});

test('no write stamps the flags of the page after it', () => {
  const memory = new Memory(2, 8, true);
  memory.poke(0, 16, 0xff, 1);
  memory.poke(0, 24, 0xff, 2);
  memory.stamp(0, 1, 12, 8, 3);
  for (const stamp of [1, 2, 3]) assert.equal(bitsOf(memory, 1, stamp, 8), []);
});

test('a memory that nobody wrote to has no touched pages', () => {
  const memory = new Memory(2, 0, false);
  assert.equal([memory.touchedFrom, memory.touchedTo], [0, 0]);
});

test('a poke counts as written what it changes', () => {
  const memory = new Memory(2, 8, true);
  memory.fill8(1, 1, 9, 0x0f, 1);
  memory.poke(1, 9, 0x0f, 2);
  assert.equal(stamped(memory, 1, 2), []);
  memory.poke(1, 9, 0x1e, 3);
  assert.equal(stamped(memory, 1, 3), [9]);
  assert.equal(bitsOf(memory, 1, 3, 8), [8, 12]);
  assert.equal(written(memory, 1), { 9: 0x1e });
  memory.poke(1, 16, 5, 4);
  memory.poke(1, 7, 5, 4);
  assert.equal(stamped(memory, 1, 4), [7, 16]);
  assert.equal(bitsOf(memory, 1, 4, 8), []);
  memory.poke(1, 15, 0x80, 5);
  memory.poke(1, 8, 0x01, 5);
  assert.equal(bitsOf(memory, 1, 5, 8), [0, 63]);
  assert.equal(stamped(memory, 0, 0), range(0, 64));
});

test('every write says which pages it touched', () => {
  const writes: readonly (readonly [(memory: Memory) => void, number, number])[] = [
    [(memory) => memory.fill8(2, 3, 0, 1, 1), 2, 5],
    [(memory) => memory.fill32(2, 3, 8, 1, 1), 2, 5],
    [(memory) => memory.fill64(2, 3, 8, 1, 1, 1), 2, 5],
    [(memory) => memory.putBit(4, 3, true, 1), 4, 5],
    [(memory) => memory.clearBits(4, 1, 0, 1), 4, 5],
    [(memory) => memory.poke(4, 8, 1, 1), 4, 5],
    [(memory) => memory.poke(4, 8, 0, 1), 8, 0],
    [(memory) => memory.replace(memory.words.slice()), 0, 8],
  ];
  for (const [write, from, to] of writes) {
    const memory = new Memory(8, 0, false);
    memory.touchedFrom = 8;
    memory.touchedTo = 0;
    write(memory);
    assert.equal([memory.touchedFrom, memory.touchedTo], [from, to], String(write));
    memory.fill8(3, 1, 0, 0, 1);
    assert.equal([memory.touchedFrom, memory.touchedTo], [Math.min(from, 3), Math.max(to, 4)]);
  }
});

test.run();
