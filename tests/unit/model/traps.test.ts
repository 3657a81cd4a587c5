import * as assert from 'uvu/assert';
import {
  Oracle,
  VARIANTS,
  VARIANT_A,
  VARIANT_B,
  VARIANT_P4,
  VARIANT_W,
  layout73,
} from '../../../orchestrator/model/index.js';
import { BUGS, WARNINGS } from '../../../orchestrator/model/traps.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke, run } from './support.js';

/** Where the model ends, and what goes on instead without the checks. */
const test = suite('model/traps');

const loud = place(64);
const quiet = place(64, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
const LOCKED = { unlock: 'none' } as const;
const NO_POINTER = 0x4142434445464740n;

test('the macro of a check says which option compiles it in (include/linux/mmdebug.h)', () => {
  for (const { why, line, config } of [...Object.values(BUGS), ...Object.values(WARNINGS)]) {
    const macro = /^[A-Z_]+/.exec(why)?.[0] ?? '';
    const wanted = macro.endsWith('_PGFLAGS')
      ? 'DEBUG_VM_PGFLAGS'
      : macro.startsWith('VM_')
        ? 'DEBUG_VM'
        : 'any';
    assert.is(config, wanted, `${macro} at ${line}`);
    assert.ok(macro.includes(why.startsWith('VM_BUG') ? 'BUG_ON' : 'WARN_ON'), macro);
  }
});

test('a put that finds no reference', () => {
  assert.is(run(VARIANT_B, [free(3)], loud).effects[0]?.crash?.line, 'include/linux/mm.h:1846');
  const { effects, machine } = run(VARIANT_B, [free(3)], quiet);
  assert.is(effects[0]?.crash, undefined);
  assert.equal(effects[0]?.callbacks, []);
  assert.is(new DataView(machine.bytes.buffer).getInt32(3 * 64 + 52, true), -1);
});

test('an unlock of what is not locked', () => {
  const twice = [init('0@3'), { op: 'unlock', pfn: 3 } as const];
  assert.is(run(VARIANT_B, twice, loud).effects[1]?.crash?.line, 'mm/filemap.c:1515');
  const { effects, machine } = run(VARIANT_B, twice, quiet);
  assert.is(effects[1]?.crash, undefined);
  assert.is((machine.bytes[3 * 64] as number) & 1, 1, 'the xor locks it');
});

test('a pgmap that is no pointer: at init where it is read, at free where its type is read', () => {
  for (const where of [loud, quiet]) {
    assert.is(
      run(VARIANT_A, [poke(3, 8, 8, NO_POINTER), init('0@3')], where).effects[1]?.crash?.line,
      'mm/memremap.c:522',
    );
    assert.is(
      run(VARIANT_A, [poke(3, 8, 8, 0n), init('0@3')], where).effects[1]?.crash?.line,
      'mm/memremap.c:522',
    );
    const freed = run(VARIANT_B, [init('0@3'), poke(3, 8, 8, NO_POINTER), free(3)], where);
    assert.is(freed.effects[2]?.crash?.line, 'mm/memremap.c:448');
    const half = run(VARIANT_B, [init('0@3'), poke(3, 8, 8, 0xffff888000000000n), free(3)], where);
    assert.is(
      half.effects[2]?.crash?.line,
      'mm/memremap.c:448',
      'a pointer whose low half is 0 is none to NULL',
    );
    const none = run(VARIANT_B, [init('0@3'), poke(3, 8, 8, 0n), free(3)], where).effects[2];
    assert.equal(
      none?.warnings.map(({ line }) => line),
      ['mm/memremap.c:422'],
    );
    assert.is(none?.refs, 1, 'the references stay');
    assert.equal(none?.callbacks, []);
  }
});

test('a charge that nobody made is followed, but for the checks before that', () => {
  const charged = (low: bigint, flags = 0n): ReturnType<typeof run>['effects'] =>
    run(
      VARIANT_B,
      [init('0@3'), poke(3, 56, 8, 0xffff888012345600n | low), poke(3, 0, 1, flags), free(3)],
      loud,
    ).effects;
  assert.match(charged(0n)[3]?.crash?.why ?? '', 'address 0xffff888012345630');
  assert.is(charged(1n)[3]?.crash?.line, 'include/linux/memcontrol.h:399');
  assert.is(charged(0n, 0x20n)[3]?.crash?.line, 'mm/memcontrol.c:5403');
  const odd = run(VARIANT_B, [init('0@3'), poke(3, 56, 8, 0x1001n), free(3)], quiet).effects[2];
  assert.match(odd?.crash?.why ?? '', 'address 0x1030');
});

test('put_page() of a page with the type of a slab does nothing; folio_put() does not ask', () => {
  for (const type of [0xf5n, 0xf8n]) {
    const typed = [init('0@3'), poke(3, 51, 1, type)];
    const { effects, machine } = run(VARIANT_B, [...typed, free(3)], loud);
    assert.is(effects[2]?.refs, 1);
    assert.equal(effects[2]?.callbacks, []);
    assert.is(machine.bytes[3 * 64 + 52], 1);
    const put = run(VARIANT_B, [...typed, { op: 'free', pfn: 3, how: 'folio' }], loud).effects[2];
    assert.is(put?.refs, 0);
    assert.is(put?.callbacks.length, 1);
  }
  const other = run(VARIANT_B, [init('0@3'), poke(3, 51, 1, 0xf6n), free(3)], loud).effects[2];
  assert.is(other?.refs, 0, 'no other type is asked for');
});

test('an anonymous folio whose tail names another head', () => {
  const ops = [init('1@4'), poke(4, 24, 8, 1n), poke(5, 8, 8, 0xfffffffffffffe01n), free(4)];
  assert.is(run(VARIANT_B, ops, loud).effects[3]?.crash?.line, 'include/linux/page-flags.h:1156');
  assert.is(run(VARIANT_B, ops, quiet).effects[3]?.crash, undefined);
});

test('without its zone a page is foreign; what follows is not foretold, that the pgmap is not paid is', () => {
  for (const where of [loud, quiet]) {
    const { effects, machine } = run(VARIANT_W, [init('2@4'), free(4)], where);
    assert.equal([effects[1]?.foreign?.line, effects[1]?.foreign?.config], ['mm/folio.c:93', 'any']);
    assert.is(effects[1]?.crash, undefined);
    assert.is(effects[1]?.refs, 4);
    assert.ok(machine.stopped);
    assert.throws(() => machine.apply(init('0@9')), /does not know it/);
    machine.apply({ op: 'reset' });
    assert.not.ok(machine.stopped);
  }
  const warned = run(VARIANT_W, [init('2@4')], loud).effects[0]?.warnings.map(({ line }) => line);
  assert.equal(warned, ['mm/memremap.c:515', 'include/linux/mmzone.h:1312']);
  assert.equal(run(VARIANT_W, [init('2@4')], quiet).effects[0]?.warnings, []);
});

test('an oracle takes any bytes after a foreign step, and no callback', () => {
  const guest = run(VARIANT_W, [init('0@4')], loud).machine;
  const seen = (callbacks: [] | [{ fn: 'folio_free'; pfn: number; order: number }]): boolean => {
    const oracle = new Oracle(loud, run(VARIANT_W, [], loud).machine.bytes, [VARIANT_W]);
    oracle.observe(init('0@4'), 1, { bytes: guest.bytes, refs: 1, callbacks: [] });
    const bytes = guest.bytes.slice().fill(0x5a, 4 * 64, 5 * 64);
    const { fits } = oracle.observe(free(4), 2, { bytes, refs: 1, callbacks });
    return fits[0]?.fits ?? false;
  };
  assert.ok(seen([]));
  assert.not.ok(seen([{ fn: 'folio_free', pfn: 4, order: 0 }]));
});

test('p4 takes a large folio apart before the driver sees it, and repairs no order-0 page', () => {
  const { effects, machine } = run(VARIANT_P4, [init('3@8'), free(8)], loud);
  assert.equal(effects[1]?.callbacks, [{ fn: 'folio_free', pfn: 8, order: 0 }]);
  assert.is(effects[1]?.refs, 0, 'all eight references are given back');
  const view = new DataView(machine.bytes.buffer);
  for (let page = 8; page < 16; page++) {
    assert.is(machine.bytes[page * 64], 0, `low flags of page ${page}`);
    assert.is(view.getBigUint64(page * 64 + 8, true), loud.pgmap, `pgmap of page ${page}`);
    assert.is(view.getBigUint64(page * 64 + 24, true), 0n, `mapping of page ${page}`);
  }
  const dirty = run(VARIANT_P4, [init('0@8'), poke(8, 32, 8, 7n), free(8)], loud).machine;
  assert.is(new DataView(dirty.bytes.buffer).getBigUint64(8 * 64 + 32, true), 7n, 'share of a small folio');
  const inUse = run(VARIANT_P4, [init('1@8'), poke(9, 52, 4, 1n), free(8)], loud).effects[2];
  assert.equal(
    inUse?.warnings.map(({ line }) => line),
    ['mm/memremap.c:514'],
  );
});

test('the lock: a head in use stops d2 and a, its own page stops nobody', () => {
  const held = [init('3@8'), free(8), init('0@8', LOCKED), init('0@9')];
  for (const id of ['a', 'd2'])
    for (const where of [loud, quiet])
      assert.is(
        run(VARIANTS[id] as typeof VARIANT_A, held, where).effects[3]?.hang?.line,
        'mm/memremap.c:524',
      );
  for (const id of ['b', 'e1', 'e2', 'z', 'p4', 'nomemcg'])
    assert.is(run(VARIANTS[id] as typeof VARIANT_A, held, loud).effects[3]?.hang, undefined, id);
});

test.run();
