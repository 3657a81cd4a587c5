import * as assert from 'uvu/assert';
import { Machine, VARIANTS, layout73, spansOf } from '../../../orchestrator/model/index.js';
import type { MachineOperation, Role } from '../../../orchestrator/model/index.js';
import { writerNumber, writerOf } from '../../../orchestrator/model/writers.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke } from './support.js';

/** Who wrote what: the kernel function and the field as it means it, of every field of every role, for every variant. */
const test = suite('model/writers');

const quiet = place(32, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));

type Writers = Readonly<Record<string, string>>;

/** Flags by one bit of each group that has one writer; `upper`: the zone. */
const BITS = {
  locked: 0,
  low: 2,
  head: 6,
  waiters: 7,
  rmappable: 9,
  exclusive: 11,
  high: 20,
  upper: 63,
} as const;
const LOW = ['locked', 'low', 'head', 'waiters'] as const;
const HIGH = ['rmappable', 'exclusive', 'high'] as const;

/** Writers by field, of the fields that a step since the first has written. */
function writersOf(machine: Machine, page: number, role: Role): Writers {
  const found: Record<string, string> = {};
  const note = (name: string, byte: number, bit?: number): void => {
    const origin = machine.origin(page, byte, bit);
    if (!origin || origin.step === 0) return;
    const text = `${origin.fn}: ${origin.field}`;
    assert.ok(found[name] === undefined || found[name] === text, `${name} has two writers`);
    found[name] = text;
  };
  for (const [name, bit] of Object.entries(BITS)) note(name, bit >> 3, bit & 7);
  for (const span of new Set(spansOf(quiet.layout, role)))
    if (span.name !== 'flags')
      for (let i = 0; i < span.width; i += 1)
        note(span.name === 'memcg_data' && i > 3 ? 'memcg_data[63:32]' : span.name, span.byte + i);
  return found;
}

function after(id: string, ops: readonly MachineOperation[]): Machine {
  const variant = VARIANTS[id];
  assert.ok(variant, id);
  const machine = new Machine(variant, quiet, { provenance: true });
  for (const op of ops) machine.apply(op);
  return machine;
}

const all = (names: readonly string[], writer: string): Writers =>
  Object.fromEntries(names.map((name) => [name, writer]));

const INIT = 'zone_device_page_init';
const HEAD = 'prep_compound_head';
const TAIL = 'prep_compound_tail';

/** What every variant does, and the driver after it. */
const TAKEN: Writers = {
  locked: 'folio_unlock: PG_locked',
  _refcount: `${INIT}: _refcount`,
  zone_device_data: 'the driver: zone_device_data',
};
const COUNTS: Writers = Object.fromEntries(
  ['_large_mapcount', '_nr_pages_mapped', '_entire_mapcount', '_pincount', '_mm_ids'].map((name) => [
    name,
    `${HEAD}: ${name}`,
  ]),
);
const IDS = all(['_mm_id_mapcount[0]', '_mm_id_mapcount[1]'], `${HEAD}: _mm_id_mapcount`);
const LIST = all(['_deferred_list.next', '_deferred_list.prev'], `${HEAD}: _deferred_list`);
const LINK: Writers = { compound_info: `${TAIL}: compound_info` };

/** prep_compound_page() and folio_set_large_rmappable(), which come last (KERNEL-FACTS §1.2). */
const COMPOUND: Readonly<Record<string, Writers>> = {
  order0: TAKEN,
  head: { ...TAKEN, head: 'prep_compound_page: PG_head' },
  tail1: {
    ...all(LOW, `${HEAD}: order`),
    rmappable: 'folio_set_large_rmappable: PG_large_rmappable',
    ...LINK,
    ...COUNTS,
    ...IDS,
    _nr_pages: `${HEAD}: _nr_pages`,
  },
  tail2: { ...LINK, ...LIST },
  tail: { ...LINK, mapping: `${TAIL}: mapping` },
};

/** What b writes before that, to every page; what is written again later is not seen. */
const NR_PAGES: Writers = { memcg_data: `${INIT}: _nr_pages` };
const SMALL: Writers = { pgmap: `${INIT}: pgmap`, mapping: `${INIT}: mapping` };
const SHARE: Writers = { index: `${INIT}: share` };
const LOW_FLAGS = all(LOW, `${INIT}: flags`);
const MEMCG = all(['memcg_data', 'memcg_data[63:32]'], `${INIT}: memcg_data`);
const bWith = (more: Writers, tail1: Writers = {}): Readonly<Record<string, Writers>> => ({
  order0: { ...LOW_FLAGS, ...SMALL, ...SHARE, ...more },
  head: { ...LOW_FLAGS, ...SMALL, ...SHARE, ...more },
  tail1,
  tail2: { ...LOW_FLAGS, ...SHARE, ...more },
  tail: { ...LOW_FLAGS, ...SHARE, ...more },
});
const CHECKED = all([...LOW, ...HIGH], `${INIT}: flags`);
const Z: Writers = { ...CHECKED, ...SMALL, ...MEMCG };
const EVERY_FLAG = all([...LOW, ...HIGH, 'upper'], `${INIT}: flags`);
const whole = (fields: readonly string[]): Writers =>
  all([...LOW, ...HIGH, 'upper', '_mapcount', '_refcount', 'memcg_data[63:32]', ...fields], `${INIT}: `);
const WHOLE = ['memcg_data', 'private', 'index'];

const BEFORE: Readonly<Record<string, Readonly<Record<string, Writers>>>> = {
  a: {},
  b: bWith(NR_PAGES),
  e1: bWith(MEMCG, { 'memcg_data[63:32]': `${INIT}: memcg_data` }),
  e2: {
    order0: whole([...WHOLE, 'pgmap', 'mapping']),
    head: whole([...WHOLE, 'pgmap', 'mapping']),
    tail1: whole([]),
    tail2: whole(WHOLE),
    tail: whole([...WHOLE, 'zone_device_data']),
  },
  z: { order0: Z, head: Z },
  p4: {},
  w: Object.fromEntries(
    Object.entries(bWith(NR_PAGES)).map(([role, writers]) => [role, { ...writers, ...EVERY_FLAG }]),
  ),
  r: bWith({}),
  nomemcg: bWith({}),
};

const PAGES = { order0: 17, head: 8, tail1: 9, tail2: 10, tail: 11 } as const;
const MADE = [init('3@8', { zdd: 5n }), init('0@17', { zdd: 5n })];

for (const [id, before] of Object.entries(BEFORE))
  test(`variant ${id}: the last writer of each field of a new folio`, () => {
    const machine = after(id, MADE);
    for (const [role, page] of Object.entries(PAGES))
      assert.equal(writersOf(machine, page, role as Role), { ...before[role], ...COMPOUND[role] }, role);
  });

test('variant d1: no head flag, no order, no first tails, its own _nr_pages', () => {
  const machine = after('d1', MADE);
  const { head: _head, ...head } = COMPOUND['head'] as Record<string, string>;
  assert.equal(writersOf(machine, PAGES.head, 'head'), head);
  assert.equal(writersOf(machine, PAGES.order0, 'order0'), TAKEN);
  assert.equal(writersOf(machine, PAGES.tail1, 'tail1'), {
    ...COUNTS,
    ...IDS,
    _nr_pages: `${INIT}: _nr_pages`,
    rmappable: 'folio_set_large_rmappable: PG_large_rmappable',
  });
  assert.equal(writersOf(machine, PAGES.tail2, 'tail2'), LIST);
  assert.equal(writersOf(machine, 11, 'tail'), {}, 'the fourth page on, not the third');
  assert.equal(writersOf(machine, 12, 'tail'), COMPOUND['tail']);
  const beside = { ...COUNTS, ...IDS, _nr_pages: `${INIT}: _nr_pages` };
  assert.equal(writersOf(machine, 18, 'tail1'), beside, 'order 0 writes the page after it');
});

test('variant d2: low flags of tails by prep_compound_tail(), mapping and memcg_data of heads up to order 1', () => {
  const machine = after('d2', MADE);
  const pgmap = { pgmap: `${INIT}: pgmap` };
  const flags = all(LOW, `${TAIL}: flags`);
  assert.equal(writersOf(machine, PAGES.head, 'head'), { ...COMPOUND['head'], ...pgmap });
  assert.equal(writersOf(machine, PAGES.tail1, 'tail1'), COMPOUND['tail1']);
  assert.equal(writersOf(machine, PAGES.tail2, 'tail2'), { ...COMPOUND['tail2'], ...flags });
  assert.equal(writersOf(machine, PAGES.tail, 'tail'), { ...COMPOUND['tail'], ...flags });
  const small = { ...COMPOUND['head'], ...pgmap, mapping: `${INIT}: mapping`, ...MEMCG };
  assert.equal(writersOf(machine, PAGES.order0, 'order0'), small);
  assert.equal(writersOf(machine, 18, 'tail1'), { ...COUNTS, ...IDS });
  assert.equal(writersOf(after('d2', [init('1@8', { zdd: 5n })]), 8, 'head'), small);
});

test('init keeps the lock where the driver does: lock_page() wrote it', () => {
  for (const id of ['a', 'b', 'd2', 'e2', 'z']) {
    const machine = after(id, [init('0@3', { unlock: 'none' })]);
    assert.is(writersOf(machine, 3, 'order0')['locked'], 'lock_page: PG_locked', id);
  }
  const machine = after('a', [init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9')]);
  assert.is(writersOf(machine, 8, 'order0')['waiters'], 'folio_wait_bit_common: PG_waiters');
});

test('a free writes the count, the mapping and, of an anonymous folio, PG_anon_exclusive of every page', () => {
  const freed = after('b', [init('1@8'), poke(8, 24, 8, 1n), free(8)]);
  const head = writersOf(freed, 8, 'head');
  assert.is(head['_refcount'], 'put_page_testzero: _refcount');
  assert.is(head['mapping'], 'free_zone_device_folio: mapping');
  for (const [page, role] of [
    [8, 'head'],
    [9, 'tail1'],
  ] as const)
    assert.is(writersOf(freed, page, role)['exclusive'], 'free_zone_device_folio: PG_anon_exclusive');
  assert.is(writersOf(after('b', [init('1@8'), free(8)]), 9, 'tail1')['exclusive'], undefined);
});

test('variant p4 takes a large folio apart when it is freed', () => {
  const machine = after('p4', [init('3@8'), free(8)]);
  const prepare = 'free_zone_device_folio_prepare';
  for (const page of [8, 10, 15]) {
    const { head, pgmap, mapping, index } = writersOf(machine, page, 'order0');
    assert.equal(
      { head, pgmap, mapping, index },
      {
        head: `${prepare}: PG_head`,
        pgmap: `${prepare}: pgmap`,
        mapping: `${prepare}: mapping`,
        index: `${prepare}: share`,
      },
    );
  }
  const { low, _nr_pages } = writersOf(machine, 9, 'tail1');
  assert.equal([low, _nr_pages], ['folio_reset_order: order', 'folio_reset_order: _nr_pages']);
});

test('variant r resets the order of a head that it finds, and the loop writes again what is in its pages', () => {
  const machine = after('r', [init('1@8'), free(8), init('0@8')]);
  const { low, _nr_pages } = writersOf(machine, 9, 'tail1');
  assert.equal([low, _nr_pages], ['folio_reset_order: order', 'folio_reset_order: _nr_pages']);
});

test('the step, and the folio that it was about', () => {
  const machine = after('b', [init('1@8'), free(8), init('0@8'), poke(9, 40, 8, 7n)]);
  const origin = (page: number, byte: number): unknown => {
    const { step, folio, role } = machine.origin(page, byte) ?? {};
    return [step, folio?.pfn, folio?.order, role];
  };
  assert.equal(origin(9, 56), [1, 8, 1, 'tail1']);
  assert.equal(origin(8, 56), [3, 8, 0, 'order0']);
  assert.equal(origin(8, 48), [0, undefined, undefined, 'fresh']);
  assert.equal(machine.origin(9, 40)?.fn, 'poke');
  assert.is(machine.origin(9, 40)?.step, 4);
});

test('a split takes PG_head from the head', () => {
  const machine = after('b', [init('1@8'), { op: 'split', pfn: 8 }]);
  const head = machine.origin(8, 0, 6);
  assert.equal([head?.fn, head?.field, head?.step], ['ClearPageCompound', 'PG_head', 2]);
});

test('a number that no writer has is nobody known', () => {
  assert.equal([writerOf(1).fn, writerOf(255).fn], ['unknown', 'unknown']);
  assert.is(writerOf(writerNumber('poke')).fn, 'poke');
});

test.run();
