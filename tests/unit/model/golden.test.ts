import * as assert from 'uvu/assert';
import { VARIANT_A, VARIANT_B, layout73 } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke, run, words } from './support.js';

const test = suite('model/golden');

const LOCKED = { unlock: 'none' } as const;
const ZDD = { zdd: 0xabcn } as const;

test('a fresh page', () => {
  const { machine } = run(VARIANT_B, []);
  assert.is(words(machine, 0), 'c000000000002000 P 0 0 0 0 ffffffff 0');
});

test('an order-9 folio, alive and freed', () => {
  for (const variant of [VARIANT_A, VARIANT_B]) {
    const { machine } = run(variant, [init('9@0', ZDD)]);
    assert.is(words(machine, 0), 'c000000000002040 P abc 0 0 0 1ffffffff 0');
    assert.is(
      words(machine, 1),
      'c000000000002209 ffffffffffff8001 ffffffff ffffffff ffffffffffffffff 0 ffffffff 200',
    );
    assert.is(words(machine, 2), 'c000000000002000 ffffffffffff8001 V+0x90 V+0x90 0 0 ffffffff 0');
    for (const page of [3, 255, 511])
      assert.is(words(machine, page), 'c000000000002000 ffffffffffff8001 0 dead000000000400 0 0 ffffffff 0');
    assert.is(words(machine, 512), 'c000000000002000 P 0 0 0 0 ffffffff 0');

    const alive = machine.bytes.slice();
    machine.apply(free(0));
    assert.is(words(machine, 0), 'c000000000002040 P abc 0 0 0 ffffffff 0');
    assert.equal([...machine.bytes.subarray(64)], [...alive.subarray(64)]);
  }
});

test('an order-9 folio before unlock has PG_locked', () => {
  const { machine } = run(VARIANT_B, [init('9@0', LOCKED)]);
  assert.is(words(machine, 0), 'c000000000002041 P 0 0 0 0 1ffffffff 0');
});

test('9@0 freed, then 0@1', () => {
  const b = run(VARIANT_B, [init('9@0'), free(0), init('0@1')]).machine;
  assert.is(words(b, 1), 'c000000000002200 P ffffffff 0 0 0 1ffffffff 0');
  const a = run(VARIANT_A, [init('9@0'), free(0), init('0@1', LOCKED)]).machine;
  assert.is(words(a, 0), 'c000000000002041 P 0 0 0 0 ffffffff 0');
  assert.is(
    words(a, 1),
    'c000000000002209 ffffffffffff8001 ffffffff ffffffff ffffffffffffffff 0 1ffffffff 200',
  );
});

test('9@0 freed, then 0@0', () => {
  const b = run(VARIANT_B, [init('9@0'), free(0), init('0@0')]).machine;
  assert.is(words(b, 0), 'c000000000002000 P 0 0 0 0 1ffffffff 0');
  assert.is(
    words(b, 1),
    'c000000000002209 ffffffffffff8001 ffffffff ffffffff ffffffffffffffff 0 ffffffff 200',
  );
  const { machine, effects } = run(VARIANT_A, [init('9@0'), free(0), init('0@0'), free(0)]);
  assert.is(words(machine, 0), 'c000000000002040 P 0 0 0 0 ffffffff 0');
  assert.equal(effects[3]?.callbacks, [{ fn: 'folio_free', pfn: 0, order: 9 }]);
  assert.is(effects[3]?.refs, -511);
});

test('8@0 and 8@256 freed, then 9@0', () => {
  const ops = [init('8@0'), init('8@256'), free(0), free(256), init('9@0')];
  const b = run(VARIANT_B, ops).machine;
  assert.is(words(b, 256), 'c000000000002000 ffffffffffff8001 0 dead000000000400 0 0 ffffffff 0');
  assert.is(words(b, 257), 'c000000000002200 ffffffffffff8001 ffffffff dead000000000400 0 0 ffffffff 0');
  const a = run(VARIANT_A, ops).machine;
  assert.is(words(a, 256), 'c000000000002040 ffffffffffff8001 0 dead000000000400 0 0 ffffffff 0');
  assert.is(
    words(a, 257),
    'c000000000002208 ffffffffffff8001 ffffffff dead000000000400 ffffffffffffffff 0 ffffffff 100',
  );
});

test('9@0 freed, then 4@16', () => {
  const b = run(VARIANT_B, [init('9@0'), free(0), init('4@16')]).machine;
  assert.is(words(b, 16), 'c000000000002040 P 0 0 0 0 1ffffffff 0');
  assert.is(
    words(b, 17),
    'c000000000002204 fffffffffffffc01 ffffffff ffffffff ffffffffffffffff 0 ffffffff 10',
  );
  assert.is(words(b, 15), 'c000000000002000 ffffffffffff8001 0 dead000000000400 0 0 ffffffff 0');
});

test('page 1 of small folios', () => {
  const b = run(VARIANT_B, [init('1@32'), init('2@16')]).machine;
  assert.is(
    words(b, 33),
    'c000000000002201 ffffffffffffff81 ffffffff ffffffff ffffffffffffffff 0 ffffffff 2',
  );
  assert.is(
    words(b, 17),
    'c000000000002202 ffffffffffffff01 ffffffff ffffffff ffffffffffffffff 0 ffffffff 4',
  );
});

test('tail encodings of every order, mask and pointer', () => {
  const masks: Record<number, string> = { 1: '81', 2: 'ff01', 3: 'fe01', 4: 'fc01', 8: 'c001', 9: '8001' };
  for (const [order, end] of Object.entries(masks)) {
    const { machine } = run(VARIANT_B, [init(`${order}@512`)]);
    const info = words(machine, 513).split(' ')[1] ?? '';
    assert.is(info, info.slice(0, 16 - end.length).replace(/./g, 'f') + end);
  }
  const pointer = run(VARIANT_B, [init('3@512')], place(1024, layout73('pointer'))).machine;
  for (let page = 513; page < 520; page++) assert.is(words(pointer, page).split(' ')[1], 'V+0x8001');
});

test('a misaligned folio: the mask sends its tails to the wrong head', () => {
  const { machine, effects } = run(VARIANT_B, [init('3@34', LOCKED), { op: 'unlock', pfn: 36 }]);
  assert.is(words(machine, 36).split(' ')[1], 'fffffffffffffe01');
  assert.is(effects[1]?.crash?.line, 'mm/filemap.c:1515', 'page 32 is not locked');
});

test('poke: little-endian, only its bytes', () => {
  const { machine } = run(VARIANT_B, [poke(3, 40, 8, 0x1122334455667788n), poke(3, 42, 1, 0xffn)]);
  assert.is(words(machine, 3), 'c000000000002000 P 0 0 0 1122334455ff7788 ffffffff 0');
});

test.run();
