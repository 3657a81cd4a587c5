import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { FolioReader } from '../../../../orchestrator/model/explore/living-folios.js';
import { layout73 } from '../../../../orchestrator/model/layout73.js';
import { Machine } from '../../../../orchestrator/model/machine.js';
import type { Place } from '../../../../orchestrator/model/kernel.js';
import { VARIANT_B } from '../../../../orchestrator/model/variants.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/living-folios');

const placeOf = (tails: 'mask' | 'pointer', pages = 1024): Place => ({
  layout: layout73(tails),
  pages,
  memmap: 0xffffea0004000000n,
  pgmap: 0xffff888003456780n,
});

const machineOf = (place: Place): Machine => new Machine(VARIANT_B, place);

const init = (machine: Machine, pfn: number, order: number): unknown =>
  machine.apply({ op: 'init', pfn, order, unlock: 'page', rmappable: true });

test('fresh pages and freed folios are none', () => {
  const place = placeOf('mask');
  const machine = machineOf(place);
  const reader = new FolioReader(place);
  assert.equal(reader.read(machine.memory.bytes), []);
  init(machine, 0, 9);
  assert.equal(reader.read(machine.memory.bytes), [{ pfn: 0, order: 9 }]);
  machine.apply({ op: 'free', pfn: 0 });
  assert.equal(reader.read(machine.memory.bytes), []);
});

test('a folio among the dead tails of another, and one at the end of the chunk', () => {
  const place = placeOf('pointer');
  const machine = machineOf(place);
  init(machine, 0, 9);
  machine.apply({ op: 'free', pfn: 0 });
  for (const [pfn, order] of [
    [1, 0],
    [8, 3],
    [1023, 0],
    [1020, 1],
  ] as const)
    init(machine, pfn, order);
  assert.equal(new FolioReader(place).read(machine.memory.bytes), [
    { pfn: 1, order: 0 },
    { pfn: 8, order: 3 },
    { pfn: 1020, order: 1 },
    { pfn: 1023, order: 0 },
  ]);
  machine.apply({ op: 'free', pfn: 1023 });
  init(machine, 1022, 1);
  assert.equal(new FolioReader(place).read(machine.memory.bytes).at(-1), { pfn: 1022, order: 1 });
});

test('a head whose tails name another, whose order is none or that is out of place is no folio', () => {
  const place = placeOf('mask');
  const reader = new FolioReader(place);
  const spoilt = (poke: { pfn: number; byte: number; size: number; value: bigint }): unknown => {
    const machine = machineOf(place);
    init(machine, 16, 3);
    machine.apply({ op: 'poke', ...poke });
    return reader.read(machine.memory.bytes);
  };
  const { info, flags } = place.layout.at;
  assert.equal(spoilt({ pfn: 17, byte: info, size: 8, value: place.pgmap }), []);
  assert.equal(spoilt({ pfn: 19, byte: info, size: 8, value: 0xffffffffffff8001n }), []);
  assert.equal(spoilt({ pfn: 19, byte: info, size: 8, value: place.pgmap }), []);
  for (const order of [0n, 4n, 5n, 10n, 255n])
    assert.equal(spoilt({ pfn: 17, byte: flags, size: 1, value: order }), [], `order ${order}`);
});

test('what no init makes is no folio: too large, out of place, or beyond the end of the chunk', () => {
  const read = (pages: number, head: number, order: number): unknown => {
    const place = placeOf('pointer', pages);
    const { info, flags, refcount } = place.layout.at;
    const { bytes } = machineOf(place);
    const view = new DataView(bytes.buffer);
    for (let tail = head + 1; tail < Math.min(pages, head + 2 ** order); tail += 1)
      view.setBigUint64(tail * 64 + info, place.memmap + BigInt(head) * 64n + 1n, true);
    view.setBigUint64(head * 64 + flags, 1n << BigInt(place.layout.flags['PG_head'] ?? 0), true);
    view.setUint32(head * 64 + refcount, 1, true);
    view.setUint8((head + 1) * 64 + flags, order);
    return new FolioReader(place).read(bytes);
  };
  assert.equal(read(1024, 2, 1), [{ pfn: 2, order: 1 }]);
  assert.equal(read(1024, 512, 9), [{ pfn: 512, order: 9 }]);
  assert.equal(read(1024, 0, 10), []);
  assert.equal(read(1024, 1, 1), []);
  assert.equal(read(768, 512, 9), []);
});

test('a dump of another size is refused', () => {
  assert.throws(() => new FolioReader(placeOf('mask')).read(new Uint8Array(64)), /1024 struct pages/);
});

test('after any sequence of inits and frees it finds those that live', () => {
  for (const tails of ['mask', 'pointer'] as const) {
    const place = placeOf(tails);
    const reader = new FolioReader(place);
    const slot = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 12 }), (slots) => {
        const machine = machineOf(place);
        const live = new Map<number, number>();
        for (const [at, order] of slots) {
          const pfn = at - (at % 2 ** order);
          const held = [...live].find(([from, of]) => from < pfn + 2 ** order && pfn < from + 2 ** of);
          if (held) {
            machine.apply({ op: 'free', pfn: held[0] });
            live.delete(held[0]);
          } else {
            init(machine, pfn, order);
            live.set(pfn, order);
          }
        }
        const expected = [...live].map(([pfn, order]) => ({ pfn, order })).toSorted((a, b) => a.pfn - b.pfn);
        assert.equal(reader.read(machine.memory.bytes), expected);
      }),
      { numRuns: 60 },
    );
  }
});

test.run();
