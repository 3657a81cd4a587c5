import * as assert from 'uvu/assert';
import { UNIVERSES, actionsOf, overlaps } from '../../../../orchestrator/model/explore/universe.js';
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
  // The pieces of a large folio in the large universe are not all slots, so it could not go on from there.
  assert.not.ok(
    actionsOf({ ...UNIVERSES.large, split: true }).some(
      ({ kind, op }) => kind === 'split' && 'pfn' in op && op.pfn === 768,
    ),
  );
});

test.run();
