import * as assert from 'uvu/assert';
import {
  MAX_SLOTS,
  UNIVERSES,
  actionsOf,
  overlaps,
  piecesOf,
} from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/universe');

const all = Object.values(UNIVERSES);

test('every folio lies in its chunk, naturally aligned, and is there once', () => {
  for (const { pages, slots } of all) {
    for (const { pfn, order } of slots) {
      assert.is(pfn % 2 ** order, 0);
      assert.ok(pfn + 2 ** order <= pages);
    }
    assert.is(new Set(slots.map(({ pfn, order }) => `${order}@${pfn}`)).size, slots.length);
  }
});

test('the small universe has every aligned place', () => {
  assert.is(UNIVERSES.small.slots.length, 16 + 8 + 4 + 2 + 1);
  assert.is(UNIVERSES.tiny.slots.length, 4 + 2 + 1);
});

test('the large universe has a folio of every order on each of its chosen pages', () => {
  const { slots } = UNIVERSES.large;
  for (const page of [0, 1, 2, 3, 255, 256, 257, 511, 512, 513])
    for (const order of [0, 1, 2, 8, 9]) {
      const pfn = page - (page % 2 ** order);
      assert.ok(
        slots.some((slot) => slot.order === order && slot.pfn === pfn),
        `order ${order} on page ${page}`,
      );
    }
  assert.equal(
    slots.filter(({ order }) => order === 8).map(({ pfn }) => pfn),
    [0, 256, 512, 768],
  );
});

test('places of the large universe: folios that hold a chosen page, and folios at these times their size', () => {
  const places = (order: number): number[] =>
    UNIVERSES.large.slots.filter((slot) => slot.order === order).map(({ pfn }) => pfn);
  assert.equal(places(0), [0, 1, 2, 3, 255, 256, 257, 511, 512, 513]);
  assert.equal(places(1), [0, 2, 4, 6, 254, 256, 510, 512, 514, 1022]);
  assert.equal(places(2), [0, 4, 8, 12, 252, 256, 508, 512, 1020]);
  assert.equal(places(9), [0, 512]);
  assert.is(UNIVERSES.large.pages, 1024);
  assert.is(UNIVERSES.large.slots.length, 10 + 10 + 9 + 4 + 2);
});

test('places of the other two, order by order', () => {
  assert.equal(
    UNIVERSES.tiny.slots.map(({ pfn, order }) => `${order}@${pfn}`).join(' '),
    '0@0 0@1 0@2 0@3 1@0 1@2 2@0',
  );
  assert.equal(
    UNIVERSES.small.slots
      .slice(16)
      .map(({ pfn, order }) => `${order}@${pfn}`)
      .join(' '),
    '1@0 1@2 1@4 1@6 1@8 1@10 1@12 1@14 2@0 2@4 2@8 2@12 3@0 3@8 4@0',
  );
  assert.equal([UNIVERSES.tiny.pages, UNIVERSES.small.pages], [4, 16]);
});

test('the pages of a folio as folios of order 0', () => {
  const { slots } = UNIVERSES.small;
  const pfns = (order: number, pfn: number): number[] => {
    const slot = slots.findIndex((one) => one.order === order && one.pfn === pfn);
    return piecesOf(slots, slot).map((piece) => slots[piece]?.pfn ?? -1);
  };
  assert.equal(pfns(2, 4), [4, 5, 6, 7]);
  assert.equal(pfns(0, 5), [5]);
  assert.equal(pfns(3, 8), [8, 9, 10, 11, 12, 13, 14, 15]);
});

test('as many folios as there are bits in two words', () => {
  const slots = Array.from({ length: MAX_SLOTS }, (_, pfn) => ({ pfn, order: 0 }));
  assert.is(MAX_SLOTS, 64);
  assert.is(actionsOf({ id: 'x', summary: '', pages: 128, slots }).length, 128);
  const more = [...slots, { pfn: 64, order: 0 }];
  assert.throws(() => actionsOf({ id: 'x', summary: '', pages: 128, slots: more }), /65 slots, at most 64/);
});

test('what each step asks of the kernel', () => {
  const universe = { id: 'x', summary: '', pages: 2, slots: [{ pfn: 1, order: 0 }], hold: true };
  assert.equal(
    actionsOf(universe).map(({ kind, op }) => [kind, op]),
    [
      ['init', { op: 'init', pfn: 1, order: 0, rmappable: true, unlock: 'page' }],
      ['hold', { op: 'init', pfn: 1, order: 0, rmappable: true, unlock: 'none' }],
      ['unlock', { op: 'unlock', pfn: 1 }],
      ['free', { op: 'free', pfn: 1 }],
    ],
  );
});

test('two folios overlap where they share a page', () => {
  for (const { slots } of all) {
    const { lo, hi } = overlaps(slots);
    for (const [i, a] of slots.entries())
      for (const [j, b] of slots.entries()) {
        const shared = Array.from({ length: 2 ** a.order }, (_, p) => a.pfn + p).some(
          (p) => p >= b.pfn && p < b.pfn + 2 ** b.order,
        );
        assert.is((((j < 32 ? lo : hi)[i] as number) >>> (j & 31)) & 1, Number(shared));
      }
  }
});

test('locks, pokes and splits are steps only where asked for', () => {
  const plain = actionsOf(UNIVERSES.tiny);
  assert.equal([...new Set(plain.map(({ kind }) => kind))].sort(), ['free', 'init']);
  const poke = { what: 'x', pfn: 1, byte: 8, size: 8, value: 1n };
  const more = actionsOf({ ...UNIVERSES.tiny, hold: true, pokes: [poke] });
  assert.equal(more.at(-1), { kind: 'poke', poke, op: { op: 'poke', pfn: 1, byte: 8, size: 8, value: 1n } });
  assert.is(more.length, UNIVERSES.tiny.slots.length * 4 + 1);
  const split = actionsOf({ ...UNIVERSES.tiny, split: true }).filter(({ kind }) => kind === 'split');
  assert.equal(
    split.map(({ op }) => op),
    [
      { op: 'split', pfn: 0 },
      { op: 'split', pfn: 2 },
      { op: 'split', pfn: 0 },
    ],
  );
  const small = actionsOf({ ...UNIVERSES.small, split: true }).filter(({ kind }) => kind === 'split');
  assert.is(small.length, 8 + 4 + 2 + 1);
  // The pieces of a large folio in the large universe are not all slots, so it could not go on from there.
  assert.not.ok(
    actionsOf({ ...UNIVERSES.large, split: true }).some(
      ({ kind, op }) => kind === 'split' && 'pfn' in op && op.pfn === 768,
    ),
  );
});

test.run();
