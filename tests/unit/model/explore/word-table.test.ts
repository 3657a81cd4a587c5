import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { WordTable } from '../../../../orchestrator/model/explore/word-table.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/word-table');

test('equal tuples get one number, different ones different numbers, however many there are', () => {
  // Few values and a small table, so that tuples collide and the table grows.
  const word = fc.constantFrom(0, 1, 2, 0x80000000, 0xffffffff);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, word), { maxLength: 300 }), (tuples) => {
      const table = new WordTable(3, 2);
      const known = new Map<string, number>();
      for (const tuple of tuples) {
        const padded = new Uint32Array([7, ...tuple, 7]);
        const key = tuple.join();
        if (!known.has(key)) known.set(key, known.size);
        assert.is(table.intern(padded, 1), known.get(key));
      }
      assert.is(table.count, known.size);
      for (const [key, number] of known) assert.is(table.words.slice(number * 3, number * 3 + 3).join(), key);
    }),
  );
});

test('tuples that meet in a slot are both known when the table has grown', () => {
  const table = new WordTable(1, 1);
  // Of so many some must meet each time: the slots are never more than four times the tuples.
  for (const round of ['new', 'known'])
    for (let word = 0; word < 1000; word += 1)
      assert.is(table.intern(new Uint32Array([word * 7919])), word, `${word}, ${round}`);
  assert.is(table.count, 1000);
});

test('where the table grows, the next number belongs to no tuple yet', () => {
  // The second or third one fills the table beyond half; what lies behind it is 0, as the next one is.
  for (const [capacity, words] of [
    [1, [7, 9, 0, 8]],
    [2, [7, 9, 8, 0]],
  ] as const) {
    const table = new WordTable(1, capacity);
    for (const [number, word] of words.entries()) {
      assert.is(table.intern(new Uint32Array([word])), number);
      assert.is(table.count, number + 1);
    }
  }
});

test.run();
