import * as assert from 'uvu/assert';
import {
  Machine,
  Oracle,
  RoleMap,
  VARIANT_A,
  VARIANT_B,
  compareMemory,
  failureKey,
  fieldName,
  layout73,
} from '../../../orchestrator/model/index.js';
import type { Deviation, Operation, Place } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { checkContract } from '../../../orchestrator/model/contract.js';
import { Pristine } from '../../../orchestrator/model/pristine.js';
import { free, init, judge, place, poke } from './support.js';

const test = suite('model/contract');

const P = place(64);

/** Plays 7.3, lets `spoil` change what the guest shows after the last operation. */
function spoiled(
  ops: readonly Operation[],
  spoil: (bytes: DataView) => void,
  counters: {
    where?: Place;
    refs?: number;
    callbacks?: { fn: 'folio_free'; pfn: number; order: number }[];
  } = {},
): readonly Deviation[] {
  const { where = P, ...more } = counters;
  const guest = new Machine(VARIANT_B, where);
  const oracle = new Oracle(where, guest.bytes, [VARIANT_B, VARIANT_A]);
  let deviations: readonly Deviation[] = [];
  for (const [i, op] of ops.entries()) {
    const effects = guest.apply(op);
    const bytes = guest.bytes.slice();
    const last = i === ops.length - 1;
    if (last) spoil(new DataView(bytes.buffer));
    const seen = { bytes, refs: effects.refs, callbacks: effects.callbacks, ...(last ? more : {}) };
    deviations = oracle.observe(op, i + 1, seen).deviations;
  }
  return deviations;
}

const nothing = (): void => {};
const flip = (page: number, byte: number, bit: number) => (view: DataView) =>
  view.setUint8(page * 64 + byte, view.getUint8(page * 64 + byte) ^ (1 << bit));

test('an untouched guest has no deviations', () => {
  assert.equal(spoiled([init('3@8')], nothing), []);
  assert.equal(spoiled([init('3@8', { unlock: 'none' }), { op: 'unlock', pfn: 8 }], nothing), []);
  assert.equal(spoiled([init('3@8'), free(8)], nothing), []);
});

test('a poke or a reset is the harness’s own: nothing is demanded of it', () => {
  const [before, after] = [new Machine(VARIANT_B, P).bytes, new Uint8Array(64 * 64)];
  const counters = { step: 1, refsBefore: 0, refsAfter: 5, callbacks: [] };
  const ctx = { place: P, roles: new RoleMap(64), pristine: new Pristine(P), ...counters };
  for (const op of [poke(3, 8, 8, 0n), { op: 'reset' } as const])
    assert.equal(checkContract(op, before, after, ctx), [], op.op);
  assert.ok(checkContract({ op: 'unlock', pfn: 3 }, before, after, ctx).length > 0);
});

test('the first page of the chunk and the last are no business of a step on others', () => {
  for (const page of [0, 63]) {
    const [one] = spoiled([init('3@8')], flip(page, 40, 1));
    assert.equal([one?.page, one?.field, one?.transition], [page, 'private', 'neighbour fresh']);
  }
});

test('every bit of every page counts, but for the rules', () => {
  const small = place(16);
  const cases: [readonly Operation[], (page: number, byte: number, bit: number) => boolean][] = [
    [
      [init('2@8')],
      (page, byte, bit) => page === 8 && ((byte >= 16 && byte < 24) || (byte === 0 && bit === 7)),
    ],
    [
      [init('2@8', { unlock: 'none' }), { op: 'unlock', pfn: 8 }],
      (page, byte, bit) => page === 8 && byte === 0 && bit === 7,
    ],
    [
      [init('0@8')],
      (page, byte, bit) => page === 8 && ((byte >= 16 && byte < 24) || (byte === 0 && bit === 7)),
    ],
  ];
  const pages = [7, 8, 9, 10, 11, 12];
  for (const [ops, ignored] of cases)
    for (let byte = 0; byte < 64; byte++)
      for (let bit = 0; bit < 8; bit++) {
        const everywhere = (view: DataView): void => pages.forEach((page) => flip(page, byte, bit)(view));
        const found = spoiled(ops, everywhere, { where: small });
        const named = found.flatMap(({ page = -1, pages: count = 0 }) =>
          Array.from({ length: count }, (_, i) => page + i),
        );
        const wanted = pages.filter((page) => !ignored(page, byte, bit));
        assert.equal(named, wanted, `byte ${byte} bit ${bit}`);
        for (const one of found)
          assert.ok((one.byte ?? 64) <= byte && byte < (one.byte ?? 0) + (one.width ?? 0));
      }
});

test('free: the head is let go of, its own pages are the kernel’s affair', () => {
  const kept = spoiled([init('3@8'), free(8)], (view) => {
    view.setUint32(8 * 64 + 52, 1, true);
    view.setBigUint64(8 * 64 + 24, 0xffff888001234561n, true);
    view.setBigUint64(8 * 64 + 56, 0xffff888001234560n, true);
    view.setUint8(9 * 64, 0);
  });
  assert.equal(
    kept.map((d) => `${d.kind} ${d.page ?? ''} ${d.field}`),
    ['stale-field 8 mapping', 'refcount 8 _refcount', 'stale-field 8 memcg_data'],
  );
  assert.equal(
    spoiled([init('3@8'), free(8)], flip(16, 0, 0)).map((d) => d.transition),
    ['neighbour fresh'],
  );
});

test('free: sets no flag, and leaves alone what memmap init gave the page', () => {
  const fields = (page: number, byte: number, bit: number): unknown[] =>
    spoiled([init('3@8'), free(8)], flip(page, byte, bit)).map((one) => [one.page, one.field]);
  assert.equal(fields(8, 1, 0), [[8, 'PG_active']]);
  assert.equal(fields(10, 2, 1), [[10, 'PG_swapbacked']]);
  assert.equal(fields(11, 1, 5), [[11, 'PG_reserved']]);
  assert.equal(fields(8, 7, 7), [[8, 'flags (zone, node)']]);
  assert.equal(fields(8, 0, 6), [], 'PG_head may go at the free');
});

test('counters: leaks, too many puts, the wrong callback', () => {
  const ops = [init('2@8'), free(8)];
  const right = [{ fn: 'folio_free' as const, pfn: 8, order: 2 }];
  assert.equal(spoiled(ops, nothing, { refs: 0, callbacks: right }), []);
  const leak = spoiled(ops, nothing, { refs: 4, callbacks: [] });
  assert.equal(
    leak.map(({ kind, field, expected, found }) => ({ kind, field, expected, found })),
    [
      { kind: 'leak', field: 'pgmap.ref', expected: '-4', found: '0' },
      { kind: 'leak', field: 'folio_free', expected: 'folio_free(page 8, order 2)', found: 'none' },
    ],
  );
  assert.is(failureKey(leak), 'leak pgmap.ref free +4');
  const twice = spoiled(ops, nothing, { refs: -4, callbacks: [...right, ...right] });
  assert.equal(
    twice.map((d) => d.kind),
    ['counter', 'counter'],
  );
  assert.is(spoiled([init('2@8')], nothing, { refs: 3 })[0]?.kind, 'counter');
  assert.is(spoiled([init('2@8')], nothing, { callbacks: right })[0]?.field, 'folio_free');
});

test('equal deviations on pages in a row are one', () => {
  const found = spoiled([init('5@0')], (view) => {
    for (const page of [4, 5, 6, 9]) view.setBigUint64(page * 64 + 40, 1n, true);
  });
  assert.equal(
    found.map((d) => [d.page, d.pages, d.field]),
    [
      [4, 3, 'private'],
      [9, 1, 'private'],
    ],
  );
});

test('kinds of the fields that name a head or count references', () => {
  const kindOf = (page: number, byte: number, bit: number): string => {
    const [d] = spoiled([init('3@8')], flip(page, byte, bit));
    return `${d?.kind ?? ''} ${d?.field ?? ''}`;
  };
  assert.is(kindOf(8, 0, 6), 'wrong-head PG_head');
  assert.is(kindOf(8, 8, 3), 'wrong-head pgmap');
  assert.is(kindOf(9, 0, 2), 'wrong-head order');
  assert.is(kindOf(11, 8, 7), 'wrong-head compound_info');
  assert.is(kindOf(10, 52, 0), 'refcount _refcount');
  assert.is(kindOf(9, 56, 1), 'stale-field _nr_pages');
  assert.is(kindOf(9, 60, 1), 'stale-field memcg_data[63:32]');
  assert.is(kindOf(9, 32, 0), 'stale-field _mm_id_mapcount[0]');
  assert.is(kindOf(9, 43, 7), 'stale-field _mm_ids');
  assert.is(kindOf(8, 7, 7), 'stale-field flags (zone, node)');
});

test('run-time addresses are named, and are not in masks or keys', () => {
  const ops = [init('2@4'), free(4), init('3@0')];
  const last = judge(VARIANT_B, ops, P).last.find((d) => d.page === 6);
  assert.is(last?.found, '&page[6]+0x10');
  assert.is(last?.mask, undefined);
  assert.is(last?.writtenAs, '_deferred_list');
  assert.is(failureKey([last as Deviation]), 'stale-field zone_device_data tail2→tail');
});

test('failureKey skips what is known and stays the same for other values of the same place', () => {
  const found = spoiled([init('3@8')], flip(11, 40, 2));
  assert.is(failureKey(found), 'stale-field private 0x4 fresh→tail');
  assert.is(failureKey(found.map((d) => ({ ...d, known: 'x' }))), undefined);
});

test('compareMemory: pages, fields, both values', () => {
  const model = new Machine(VARIANT_B, P);
  model.apply(init('3@8'));
  const guest = model.bytes.slice();
  guest[9 * 64 + 56] = 4;
  guest[11 * 64] = 1;
  guest[8 * 64] = (guest[8 * 64] ?? 0) | 0x80;
  const diffs = compareMemory(layout73(), model.bytes, guest, (page) => model.roles.role(page));
  assert.equal(
    diffs.map((d) => [d.page, d.fields.map((f) => f.field)]),
    [
      [9, ['_nr_pages']],
      [11, ['PG_locked']],
    ],
  );
  assert.is(diffs[0]?.fields[0]?.want, 8n);
  assert.is(diffs[0]?.fields[0]?.have, 4n);
  assert.throws(() => compareMemory(layout73(), model.bytes, guest.slice(64), () => 'fresh'), RangeError);
});

test('names of bytes by role (KERNEL-FACTS §1.2)', () => {
  const name = (role: 'order0' | 'tail1' | 'tail2' | 'tail', byte: number, bit = 0): string =>
    fieldName(layout73(), role, byte, bit);
  assert.is(name('order0', 56), 'memcg_data');
  assert.is(name('tail1', 56), '_nr_pages');
  assert.is(name('order0', 0, 0), 'PG_locked');
  assert.is(name('tail1', 0, 0), 'order');
  assert.is(name('tail1', 1, 1), 'PG_large_rmappable');
  assert.is(name('order0', 1, 1), 'PG_workingset');
  assert.is(name('tail2', 24), '_deferred_list.prev');
  assert.is(name('tail', 24), 'mapping');
  assert.is(name('tail', 8), 'compound_info');
  assert.is(name('order0', 8), 'pgmap');
});

test('the oracle tells which variant the guest is, and follows code outside the model', () => {
  const guest = new Machine(VARIANT_B, P);
  const oracle = new Oracle(P, guest.bytes, [VARIANT_B, VARIANT_A]);
  assert.equal(oracle.fitting, ['b', 'a']);
  for (const [i, op] of [init('4@0'), free(0), init('0@1')].entries()) {
    const { refs, callbacks } = guest.apply(op);
    oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks });
  }
  assert.equal(oracle.fitting, ['b']);
  const after = guest.bytes.slice();
  after[40 * 64 + 40] = 9;
  oracle.resync(4, { bytes: after, refs: 3, callbacks: [] }, [{ pfn: 40, order: 1, live: true }]);
  assert.is(oracle.roles.describe(41), 'tail1');
  guest.resync(after, 3);
  guest.roles.init(40, 1);
  const { refs, callbacks } = guest.apply({ op: 'init', pfn: 16, order: 1, unlock: 'page', rmappable: true });
  const { deviations, fits } = oracle.observe(init('1@16'), 5, { bytes: guest.bytes, refs, callbacks });
  assert.equal(deviations, []);
  assert.is(fits[0]?.fits, true);
});

test('a step that does not come back: what each variant says', () => {
  const guest = new Machine(VARIANT_B, P);
  const oracle = new Oracle(P, guest.bytes, [VARIANT_B, VARIANT_A]);
  const ops = [init('4@0'), free(0), init('0@0', { unlock: 'none' })];
  for (const [i, op] of ops.entries()) {
    const { refs, callbacks } = guest.apply(op);
    oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks });
  }
  const said = oracle.lost(init('0@1'), 4);
  assert.equal(
    said.map((s) => [s.variant, s.effects.hang !== undefined]),
    [
      ['b', false],
      ['a', true],
    ],
  );
});

test.run();
