import * as assert from 'uvu/assert';
import type { UserPageState } from '../../../orchestrator/scenario/protocol.js';
import {
  afterFault,
  afterMigrate,
  afterUnmap,
  callbackDifferences,
  countCallbacks,
  references,
} from '../../../orchestrator/scenario/user-memory.js';
import { checkFreedPages, checkPlacement, checkPlaces } from '../../../orchestrator/scenario/user-checks.js';
import type { UserFolio } from '../../../orchestrator/scenario/user-memory.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/user-memory');
const pages = (count: number, state: UserPageState): UserPageState[] =>
  Array.from({ length: count }, () => state);
const huge = (): UserFolio[] => [
  ...afterMigrate([], 'm', [{ page: 0, pfn: 512, order: 9 }], pages(512, 'device')).folios,
];

test('a destination that nothing arrived at was freed unmapped', () => {
  const to = [
    { page: 0, pfn: 4, order: 0 },
    { page: 1, pfn: 5, order: 0 },
  ];
  const { folios, callbacks } = afterMigrate([], 'm', to, ['device', 'ram']);
  assert.equal(
    folios.map((folio) => folio.pfn),
    [4],
  );
  assert.equal(callbacks, [{ 'folio_free order 0': 1 }]);
});

test('a whole folio that comes back is freed whole, or split first', () => {
  const { folios, callbacks } = afterFault(huge(), 'm', pages(512, 'ram'));
  assert.is(folios.length, 0);
  assert.equal(callbacks, [
    { 'folio_free order 9': 1 },
    { 'folio_split order 9': 512, 'folio_free order 0': 512 },
  ]);
});

test('a folio that lost a page is split by the first fault: 511 new folios and the head, unmapped pieces freed', () => {
  const cut = afterUnmap(huge(), 'm', 511, 1);
  assert.equal(cut.callbacks, [{}]);
  assert.is(references(cut.folios), 512);
  const states: UserPageState[] = ['ram', ...pages(510, 'device'), 'none'];
  const { folios, callbacks } = afterFault(cut.folios, 'm', states);
  assert.equal(callbacks, [{ 'folio_split order 9': 512, 'folio_free order 0': 2 }]);
  assert.is(folios.length, 510);
  assert.equal([folios[0]?.pfn, folios[0]?.order, folios[0]?.page], [513, 0, 1]);
  assert.is(references(folios), 510);
});

test('the last page unmapped frees the folio as it is', () => {
  const half = afterUnmap(huge(), 'm', 0, 256);
  const none = afterUnmap(half.folios, 'm', 256, 256);
  assert.equal([none.folios.length, none.callbacks], [0, [{ 'folio_free order 9': 1 }]]);
});

test('other mappings are not touched', () => {
  assert.is(afterFault(huge(), 'other', pages(512, 'ram')).folios.length, 1);
  assert.is(afterUnmap(huge(), 'other', 0, 512).folios.length, 1);
});

test('callbacks are compared with the nearest reading', () => {
  const seen = countCallbacks([{ fn: 'folio_free', pfn: 0, order: 9 }], 9);
  assert.equal(callbackDifferences([{ 'folio_free order 9': 1 }, { 'folio_split order 9': 512 }], seen), []);
  assert.equal(callbackDifferences([{ 'folio_split order 9': 512, 'folio_free order 9': 1 }], seen), [
    ['folio_split order 9', 512, 0],
  ]);
});

test('the driver is told of the pages that were freed, each once', () => {
  const call = (pfn: number): { fn: string; pfn: number; order: number } => ({
    fn: 'folio_free',
    pfn,
    order: 0,
  });
  const of = (...pfns: number[]): string[] =>
    checkFreedPages(3, pfns.map(call), new Set([4, 5])).map(({ expected, found }) => `${found}: ${expected}`);
  assert.equal(of(4, 5), []);
  assert.equal(of(4, 6), ['page 6, order 0: a page that this step freed']);
  assert.equal(of(4, 4), ['page 4, order 0: once for a page']);
});

test('a device page that is gone from its mapping, and an entry that a migration left, are seen', () => {
  const [folio] = huge();
  const cut = [{ page: 0, n: 300, state: 'device' as const, pfn: 512 }];
  const gone = checkPlacement(4, 'm', folio ? [folio] : [], cut);
  assert.equal(
    [gone.length, gone[0]?.expected, gone[0]?.found],
    [8, 'page 300 of mapping m: device page 812', 'no device page'],
  );
  const stuck = checkPlaces(4, 'm', ['ram', 'swap'], new Map(), undefined);
  assert.equal(
    stuck.map(({ expected }) => expected),
    ['page 1 of mapping m: no entry of a migration'],
  );
});

test.run();
