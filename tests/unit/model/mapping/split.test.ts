import * as assert from 'uvu/assert';
import { Machine, VARIANT_B, layout73, parseLayout } from '../../../../orchestrator/model/index.js';
import { layout73Json } from '../../../../orchestrator/model/layout73.js';
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

test('each flag that pieces inherit, and PG_arch_2 and PG_arch_3 where the kernel has them', () => {
  const json = layout73Json();
  Object.assign(json['flags'] as object, { PG_arch_2: 21, PG_arch_3: 22, PG_hwpoison: 23 });
  for (const given of ['0xffffff', undefined]) {
    const consts = { ...json['consts'], page_flags_check_at_prep: given };
    const machine = new Machine(
      VARIANT_B,
      place(1024, parseLayout(JSON.parse(JSON.stringify({ ...json, consts })))),
    );
    machine.apply(init('2@4'));
    machine.apply(poke(4, 0, 4, 0xffffffn));
    machine.apply(poke(7, 0, 4, 0xffffffn));
    machine.apply({ op: 'split', pfn: 4 });
    // referenced, uptodate, dirty, active, workingset, owner_priv_1; locked, swapbacked to mlocked, arch_2, arch_3
    assert.is(words(machine, 6).split(' ')[0], 'c0000000007e071d');
    // hwpoison is no flag that the page allocator checks for: it stays, unless the kernel says otherwise
    assert.is(words(machine, 7).split(' ')[0], given ? 'c0000000007e071d' : 'c000000000fe071d');
    assert.is(words(machine, 4).split(' ')[0], 'c000000000ffffbf');
  }
});

test('a stale PG_partially_mapped of an anonymous folio takes one from the counter (mm/huge_memory.c:4010)', () => {
  const counted = (order: number, anon: boolean, flag: boolean): number => {
    const machine = new Machine(VARIANT_B, place());
    machine.apply(init(`${order}@0`));
    if (anon) machine.apply(poke(0, 24, 8, 0xffff888000000001n));
    if (flag) machine.apply(poke(1, 2, 1, 1n));
    machine.apply({ op: 'split', pfn: 0 });
    assert.is(machine.user.nrAnon(order), anon && order > 1 ? -1 : 0);
    return machine.user.mthp('nr_anon_partially_mapped', order);
  };
  assert.is(counted(4, true, true), -1);
  assert.is(counted(2, true, true), -1);
  assert.is(counted(1, true, true), 0, 'order 1 has no counter');
  assert.is(counted(4, false, true), 0);
  assert.is(counted(4, true, false), 0);
});

test('mapping, index and charge of the head go to the pieces', () => {
  const machine = new Machine(VARIANT_B, place(), { provenance: true });
  machine.apply(init('1@2'));
  machine.apply(poke(2, 24, 8, 0xffff888000000001n));
  machine.apply(poke(2, 32, 8, 0xffffffffffffffffn));
  machine.apply(poke(2, 56, 8, 0xffff888100777000n));
  machine.apply({ op: 'split', pfn: 2, driver: 'zdd' });
  assert.is(words(machine, 3), 'c000000000000000 P 0 ffff888000000001 0 0 1ffffffff ffff888100777000');
  const by = (page: number, byte: number, bit?: number) => machine.origin(page, byte, bit)?.fn;
  assert.equal(
    [0, 8, 16, 24, 32, 52, 56].map((byte) => by(3, byte)),
    [
      '__split_folio_to_order',
      'zone_device_private_split_cb',
      'the driver',
      '__split_folio_to_order',
      '__split_folio_to_order',
      'folio_ref_unfreeze',
      '__split_folio_to_order',
    ],
  );
  assert.is(by(2, 0, 6), 'ClearPageCompound');
  assert.is(by(2, 52), 'folio_ref_unfreeze');
});

/** `dequeue_deferred` (mm/huge_memory.c:3994): anonymous, and large enough to have a list. */
test('the list of a charged anonymous folio of order 2 or more is looked at, which the group may not have', () => {
  const warned = (order: number, mapping: bigint, charge: bigint, config = {}): string[] => {
    const machine = new Machine(VARIANT_B, place(1024, layout73('mask', config)));
    machine.apply(init(`${order}@0`));
    machine.apply(poke(0, 24, 8, mapping));
    if (charge !== 0n) machine.apply(poke(0, 56, 8, charge));
    return machine.apply({ op: 'split', pfn: 0 }).warnings.map(({ line }) => line);
  };
  const [anon, charge, list] = [0xffff888000000001n, 0xffff888100777000n, 'mm/list_lru.c:111'];
  assert.equal(warned(2, anon, charge), [list]);
  assert.equal(warned(9, anon, charge), [list]);
  assert.equal(warned(1, anon, charge), [], 'order 1 has no list');
  assert.equal(warned(2, anon, 0n), [], 'nobody is charged');
  assert.equal(warned(2, 0n, charge), [], 'not anonymous');
  assert.equal(warned(2, anon, 0n, { MEMCG: false }), [], 'no groups');
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
