import * as assert from 'uvu/assert';
import {
  adoptedCallbacks,
  adoptFolios,
  checkGivenBack,
  moved,
} from '../../../orchestrator/scenario/adopted.js';
import type { Mapping } from '../../../orchestrator/scenario/mappings.js';
import type { MapRun } from '../../../orchestrator/scenario/protocol.js';
import type { UserFolio } from '../../../orchestrator/scenario/user-memory.js';
import { parseLayout } from '../../../orchestrator/model/layout.js';
import { Machine } from '../../../orchestrator/model/machine.js';
import { VARIANT_B } from '../../../orchestrator/model/variants.js';
import { suite } from '../../harness/suite.js';
import { HELLO, PAGES, PGMAP } from './fake-guest.js';

const test = suite('scenario/adopted');

/** A chunk with an order-9 folio at 512 and one of order 0 at 3. */
function chunk(): Machine {
  const place = {
    layout: parseLayout(HELLO.layout),
    pages: PAGES,
    memmap: 0xffffea0004000000n,
    pgmap: PGMAP,
  };
  const machine = new Machine(VARIANT_B, place);
  machine.apply({ op: 'init', pfn: 512, order: 9, unlock: 'page', rmappable: true });
  machine.apply({ op: 'init', pfn: 3, order: 0, unlock: 'page', rmappable: true });
  return machine;
}

const mapping = (process: string): Mapping => ({
  process,
  name: 'm',
  pages: 1024,
  inserted: false,
  seed: 1,
  gone: new Set(),
  prot: new Map(),
});
const shown = (process: string, ...runs: MapRun[]): readonly [Mapping, readonly MapRun[]] => [
  mapping(process),
  runs,
];
const adopted = (...looked: (readonly [Mapping, readonly MapRun[]])[]): UserFolio[] =>
  adoptFolios(new Map(looked), { bytes: chunk().bytes, hello: HELLO });
const sizes = (folios: readonly UserFolio[]): unknown[] =>
  folios.map(({ page, pfn, order, mapped }) => [
    page,
    pfn,
    order,
    [...mapped].map(([who, { pages }]) => [who, pages.size]),
  ]);

test('folios have the order that the struct pages say, and begin where their head would be', () => {
  const folios = adopted(
    shown('', { page: 100, n: 12, state: 'device', pfn: 612 }, { page: 600, n: 1, state: 'device', pfn: 3 }),
    shown('c', { page: 0, n: 512, state: 'device', pfn: 512 }),
  );
  assert.equal(sizes(folios), [
    [
      0,
      512,
      9,
      [
        ['', 12],
        ['c', 512],
      ],
    ],
    [600, 3, 0, [['', 1]]],
  ]);
});

test('a page that the driver mapped is known as such', () => {
  const mine = { ...mapping(''), inserted: true };
  const folios = adopted([mine, [{ page: 0, n: 1, state: 'device', pfn: 3 }]]);
  assert.equal(
    folios.map(({ inserted }) => inserted),
    [true],
  );
  assert.equal(adopted(shown('', { page: 0, n: 1, state: 'device', pfn: 3 }))[0]?.inserted, undefined);
});

test('a whole folio goes in one call, a split one piece by piece, and what stays is not given back', () => {
  const [huge, small] = adopted(
    shown('', { page: 0, n: 512, state: 'device', pfn: 512 }, { page: 600, n: 1, state: 'device', pfn: 3 }),
  ) as [UserFolio, UserFolio];
  assert.equal(adoptedCallbacks([huge, small], [], [], new Set()), {
    'folio_free order 9': 1,
    'folio_free order 0': 1,
  });
  const piece = { ...huge, pfn: 513, page: 1, order: 0 };
  assert.equal(adoptedCallbacks([huge], [piece], [], new Set([512])), {
    'folio_split order 9': 512,
    'folio_free order 0': 511,
  });
  assert.equal(adoptedCallbacks([huge], [huge], [{ page: 0, pfn: 9, order: 0 }], new Set()), {
    'folio_free order 0': 1,
  });
});

test('pages that were not given back are lost, those given back twice are counted', () => {
  const [huge] = adopted(shown('', { page: 0, n: 512, state: 'device', pfn: 512 })) as [UserFolio];
  const freed = (order: number) => ({ fn: 'folio_free', pfn: 512, order });
  assert.equal(checkGivenBack(1, [huge], [], 0, [freed(9)]), []);
  assert.equal(checkGivenBack(1, [huge], [huge], 4, [freed(2)]), []);
  assert.is(checkGivenBack(1, [huge], [], 0, [])[0]?.kind, 'leak');
  assert.is(checkGivenBack(1, [huge], [huge], 0, [freed(0)])[0]?.kind, 'counter');
});

test('folios move with their mapping', () => {
  const folios = adopted(shown('', { page: 600, n: 1, state: 'device', pfn: 3 }));
  assert.equal(moved(folios, 'm', 'n')[0]?.mapping, 'n');
  assert.equal(moved(folios, 'x', 'n')[0]?.mapping, 'm');
});

test.run();
