import * as assert from 'uvu/assert';
import { Machine, VARIANTS, layout73, parseLayout } from '../../../orchestrator/model/index.js';
import type { Operation, Place, Variant } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { MEMMAP, free, init, movedLayoutJson, place, poke, words } from './support.js';

/** How far the statements of each variant reach: last page of the folio, page behind it, options that take words away. */
const test = suite('model/steps');

const QUIET = { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false };
const quiet = place(32, layout73('mask', QUIET));
const LOCKED = { unlock: 'none' } as const;

function variantOf(id: string): Variant {
  const variant = VARIANTS[id];
  if (!variant) throw new Error(`no variant ${id}`);
  return variant;
}

function after(id: string, ops: readonly Operation[], where: Place = quiet): Machine {
  const machine = new Machine(variantOf(id), where);
  for (const op of ops) machine.apply(op);
  return machine;
}

const word = (machine: Machine, page: number, w: number): string => words(machine, page).split(' ')[w] ?? '';
const low = (machine: Machine, page: number): number => machine.bytes[page * 64] as number;
/** PG_referenced and PG_uptodate, which nothing follows. */
const dirty = (...pages: number[]): Operation[] => pages.map((page) => poke(page, 0, 1, 0x0cn));

test('low flags: every page of the folio and none behind it', () => {
  const ops = [...dirty(8, 9, 10, 14, 15, 16, 7), init('3@8')];
  const left = (id: string): number[] => [7, 8, 9, 10, 14, 15, 16].map((page) => low(after(id, ops), page));
  for (const id of ['b', 'e1', 'nomemcg', 'w']) assert.equal(left(id), [12, 0x40, 3, 0, 0, 0, 12], id);
  assert.equal(left('d2'), [12, 0x4c, 3, 0, 0, 0, 12], 'of tails alone');
  assert.equal(left('z'), [12, 0x40, 3, 12, 12, 12, 12], 'of the head alone');
  assert.equal(left('a'), [12, 0x4c, 3, 12, 12, 12, 12]);
  assert.equal(left('d1'), [12, 12, 12, 12, 12, 12, 12]);
  assert.equal(left('e2'), [12, 0x40, 3, 0, 0, 0, 12]);
});

test('d2 at order 0 and 1 clears mapping and memcg_data of the head, above it neither', () => {
  for (const order of [0, 1, 2, 3]) {
    const machine = after('d2', [poke(8, 24, 8, 2n), poke(8, 56, 8, 0xff00000000n), init(`${order}@8`)]);
    const wanted = order > 1 ? ['2', 'ff00000000'] : ['0', '0'];
    assert.equal([word(machine, 8, 3), word(machine, 8, 7)], wanted, `order ${order}`);
  }
});

test('d1 makes tails of pages from the fourth after the head on', () => {
  for (const [order, tails] of [
    [1, []],
    [2, []],
    [3, [12, 13, 14, 15]],
  ] as const) {
    const machine = after('d1', [init(`${order}@8`)]);
    const found = [8, 9, 10, 11, 12, 13, 14, 15, 16].filter((page) => word(machine, page, 1) !== 'P');
    assert.equal(found, tails, `order ${order}`);
  }
});

test('r resets the page after each head that it finds: order and size of that page alone', () => {
  const past = [init('1@8'), init('1@10'), free(8), free(10)];
  const marks = [...dirty(10, 11, 12), poke(10, 56, 4, 7n), poke(11, 56, 4, 7n)];
  const one = after('r', [init('1@8'), free(8), ...dirty(10), poke(10, 56, 4, 7n), init('0@8')]);
  assert.equal([low(one, 9), word(one, 9, 7), low(one, 10), word(one, 10, 7)], [0, '0', 12, '7']);
  const two = after('r', [...past, ...marks, init('1@8')]);
  assert.equal(
    [low(two, 10), low(two, 11), word(two, 11, 7)],
    [12, 12, '7'],
    'pages 10 and 11 are not its own',
  );
  const four = after('r', [...past, poke(12, 0, 1, 0x0cn), init('2@8')]);
  assert.equal(
    [low(four, 11), word(four, 11, 7), low(four, 12)],
    [0, '0', 12],
    'the head at 10 is one of its pages',
  );
});

test('prep_compound_head() at order 0 writes the next page; behind the last there is none', () => {
  for (const id of ['d1', 'd2']) {
    const machine = new Machine(variantOf(id), quiet);
    const { crash } = machine.apply(init('0@31'));
    assert.is(crash?.line, 'mm/internal.h:prep_compound_page', id);
    assert.match(crash?.why ?? '', `address 0x${(MEMMAP + 32n * 64n + 16n).toString(16)},`);
  }
  const beside = after('d2', [init('0@8')]);
  assert.equal(
    [word(beside, 9, 2), word(beside, 9, 3), word(beside, 9, 4)],
    ['ffffffff', 'ffffffff', 'ffffffffffffffff'],
  );
});

test('the deferred list is of orders above 1, and points to itself, also where an address carries', () => {
  for (const [order, list] of [
    [1, '0'],
    [2, 'V+0x290'],
    [3, 'V+0x290'],
  ] as const) {
    const machine = after('b', [init(`${order}@8`)]);
    assert.is(word(machine, 10, 2), list);
    if (order > 1) assert.is(word(machine, 10, 3), list);
  }
  const memmap = 0xffffea00ffffff80n;
  const carried = after('b', [init('2@0')], { ...quiet, memmap });
  assert.is(word(carried, 2, 2), 'ffffea0100000010');
});

test('without PAGE_MAPCOUNT and MM_ID the words of page 1 that they have are left', () => {
  const was = [poke(9, 16, 8, 0x55_0000_0000n), poke(9, 32, 8, 0x66n), poke(9, 40, 8, 0x77n)];
  const left = (config: Readonly<Record<string, boolean>>): string[] => {
    const machine = after('a', [...was, init('1@8')], place(32, layout73('mask', { ...QUIET, ...config })));
    return [2, 4, 5].map((w) => word(machine, 9, w));
  };
  assert.equal(left({}), ['ffffffff', 'ffffffffffffffff', '0']);
  assert.equal(left({ PAGE_MAPCOUNT: false }), ['55ffffffff', 'ffffffffffffffff', '0']);
  assert.equal(left({ MM_ID: false }), ['ffffffff', '66', '77']);
});

test('without _nr_pages nothing else is written otherwise, and the last word of every page is nobody’s', () => {
  const bare = place(32, layout73('mask', { ...QUIET, MEMCG: false }));
  const slab = place(32, layout73('mask', { ...QUIET, MEMCG: false, SLAB_OBJ_EXT: true }));
  const ops = [init('3@8'), free(8), init('0@9'), init('1@10'), free(9), init('0@9'), free(10), init('2@8')];
  for (const id of ['b', 'e1', 'e2', 'z', 'nomemcg', 'w', 'p4', 'r', 'd1']) {
    const legal = id === 'w' || id === 'd1' ? [init('3@8'), init('0@17')] : ops.slice(0, id === 'r' ? 2 : 4);
    const [without, withIt] = [after(id, legal, bare), after(id, legal, slab)];
    for (let page = 0; page < 32; page += 1) {
      const seven = (machine: Machine): string => words(machine, page).split(' ').slice(0, 7).join(' ');
      assert.is(seven(without), seven(withIt), `${id} page ${page}`);
      assert.is(word(without, page, 7), '0', `${id} page ${page}`);
    }
  }
});

test('a neighbour that is locked stays so', () => {
  for (const id of ['a', 'b', 'd2', 'e1', 'e2', 'z', 'p4', 'nomemcg']) {
    const machine = after(id, [init('0@7', LOCKED), init('0@16', LOCKED), init('3@8'), free(8)]);
    assert.equal(
      [7, 16].map((page) => low(machine, page) & 1),
      [1, 1],
      id,
    );
  }
});

test('a page that has lost its zone is warned of, wherever the flags are', () => {
  for (const layout of [layout73(), parseLayout(movedLayoutJson())]) {
    const lines = (...ops: Operation[]): string[] => {
      const machine = new Machine(variantOf('b'), place(32, layout));
      for (const op of ops) machine.apply(op);
      return machine.apply(init('1@8')).warnings.map(({ line }) => line);
    };
    assert.equal(lines(), []);
    assert.equal(lines(poke(9, layout.at.flags + 7, 1, 0n)), ['mm/memremap.c:515']);
    assert.equal(lines(poke(9, 52, 1, 1n)), ['mm/memremap.c:514']);
    assert.equal(
      lines(poke(10, layout.at.flags + 7, 1, 0n), poke(7, 52, 1, 1n)),
      [],
      'neighbours are not looked at',
    );
  }
});

test('a tail whose private is not 0 warns, whichever half it is in', () => {
  const loud = place(32);
  for (const value of [1n, 1n << 40n])
    for (const page of [8, 9, 11, 12]) {
      const machine = new Machine(variantOf('b'), loud);
      machine.apply(poke(page, 40, 8, value));
      const lines = machine.apply(init('2@8')).warnings.map(({ line }) => line);
      assert.equal(lines, page === 9 || page === 11 ? ['mm/internal.h:799'] : [], `page ${page} ${value}`);
    }
});

test.run();
