import * as assert from 'uvu/assert';
import { Machine, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { free, init, place, poke, words } from '../support.js';

const test = suite('model/mapping/split');

function split(order: number, driver?: 'absent' | 'pgmap' | 'zdd') {
  const machine = new Machine(VARIANT_B, place());
  machine.apply(init(`${order}@0`, { zdd: 0xabcn }));
  const effects = machine.apply({ op: 'split', pfn: 0, ...(driver && { driver }) });
  return { machine, effects };
}

test('pieces lose PG_reserved and keep what the tails had in zone_device_data', () => {
  const { machine, effects } = split(9);
  assert.is(words(machine, 0), 'c000000000002000 P abc 0 0 0 1ffffffff 0');
  assert.is(words(machine, 1), 'c000000000000000 P ffffffff 0 1 0 1ffffffff 0');
  assert.is(words(machine, 2), 'c000000000000000 P V+0x90 0 2 0 1ffffffff 0');
  assert.is(words(machine, 511), 'c000000000000000 P 0 0 1ff 0 1ffffffff 0');
  assert.is(words(machine, 512), 'c000000000002000 P 0 0 0 0 ffffffff 0');
  assert.is(effects.refs, 512);
  assert.is(effects.callbacks.length, 512);
  assert.equal(effects.callbacks[0], { fn: 'folio_split', pfn: 0, order: 0, tail: 1 });
  assert.equal(effects.callbacks[511], { fn: 'folio_split', pfn: 0, order: 0 });
  assert.is(machine.roles.role(1), 'order0');
  assert.ok(machine.roles.live(511));
});

test('only a driver that passes its data on repairs it', () => {
  assert.is(words(split(3, 'zdd').machine, 1), 'c000000000000000 P abc 0 1 0 1ffffffff 0');
  const absent = split(3, 'absent');
  assert.is(words(absent.machine, 1), 'c000000000000000 P ffffffff 0 1 0 1ffffffff 0');
  assert.equal(absent.effects.callbacks, []);
});

test('each piece is freed alone', () => {
  const { machine } = split(2);
  for (const pfn of [1, 0, 3, 2]) {
    const effects = machine.apply(free(pfn));
    assert.equal(effects.callbacks, [{ fn: 'folio_free', pfn, order: 0 }]);
  }
  assert.is(machine.refs, 0);
});

test('flags of the head go to the pieces, those of the tails go', () => {
  const machine = new Machine(VARIANT_B, place());
  machine.apply(init('2@4'));
  // writeback, referenced, head, active, workingset, reserved, swapbacked
  machine.apply(poke(4, 0, 4, 0x22346n));
  machine.apply(poke(6, 0, 4, 0x1fffffn));
  const { warnings } = machine.apply({ op: 'split', pfn: 4 });
  assert.equal(warnings, []);
  assert.is(words(machine, 6).split(' ')[0], 'c000000000020304');
});

test('a page that is still mapped stops it', () => {
  const machine = new Machine(VARIANT_B, place());
  machine.apply(init('1@0'));
  machine.apply(poke(1, 48, 4, 0n));
  assert.is(machine.apply({ op: 'split', pfn: 0 }).crash?.line, 'mm/huge_memory.c:3716');
});

test('private data of a tail is warned of', () => {
  const machine = new Machine(VARIANT_B, place());
  machine.apply(init('2@0'));
  machine.apply(poke(3, 40, 8, 5n));
  assert.is(machine.apply({ op: 'split', pfn: 0 }).warnings[0]?.line, 'mm/huge_memory.c:3760');
});

test.run();
