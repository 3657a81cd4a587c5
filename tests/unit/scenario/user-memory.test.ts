import * as assert from 'uvu/assert';
import type { UserPageState } from '../../../orchestrator/scenario/protocol.js';
import {
  afterEvict,
  afterExit,
  afterFault,
  afterFork,
  afterMigrate,
  afterProtect,
  afterUnmap,
  callbackDifferences,
  countCallbacks,
  withoutSplits,
} from '../../../orchestrator/scenario/user-memory.js';
import { checkFreedPages, checkPlacement, checkPlaces } from '../../../orchestrator/scenario/user-checks.js';
import type { Mapped, StatesByProcess, UserFolio } from '../../../orchestrator/scenario/user-memory.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/user-memory');
const pages = (count: number, state: UserPageState): UserPageState[] =>
  Array.from({ length: count }, () => state);
/** What the test process sees, and perhaps a child `c`. */
const seen = (own: UserPageState[], child?: UserPageState[]): StatesByProcess =>
  new Map([['', own], ...(child ? [['c', child] as const] : [])]);
const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);
const huge = (): readonly UserFolio[] =>
  afterMigrate([], 'm', '', [{ page: 0, pfn: 512, order: 9 }], seen(pages(512, 'device'))).folios;
const one = (page: number): Mapped => ({ pages: new Set([page]), huge: false });
const shared = (): readonly UserFolio[] => afterFork(huge(), '', 'c').folios;

test('a destination that nothing arrived at was freed unmapped', () => {
  const to = [
    { page: 0, pfn: 4, order: 0 },
    { page: 1, pfn: 5, order: 0 },
  ];
  const { folios, callbacks } = afterMigrate([], 'm', '', to, seen(['device', 'ram']));
  assert.equal(
    folios.map((folio) => folio.pfn),
    [4],
  );
  assert.equal(callbacks, [{ 'folio_free order 0': 1 }]);
});

test('a page that two processes share goes to the device for both', () => {
  const to = [{ page: 0, pfn: 4, order: 0 }];
  const { folios } = afterMigrate([], 'm', '', to, seen(['device'], ['device']));
  assert.equal([...(folios[0]?.mapped.keys() ?? [])], ['', 'c']);
});

test('who wrote to a page of a shared huge page maps the rest of it on the device', () => {
  const to = [{ page: 0, pfn: 512, order: 9 }];
  const states = seen(pages(512, 'device'), ['ram', ...pages(511, 'device')]);
  const mapped = (folios: readonly UserFolio[]): unknown =>
    [...(afterMigrate(folios, 'm', '', to, states).folios.at(-1)?.mapped ?? [])].map(([who, has]) => [
      who,
      has.pages.size,
      has.pages.has(0),
      has.huge,
    ]);
  assert.equal(mapped([]), [
    ['', 512, true, true],
    ['c', 511, false, false],
  ]);
  // A page that the child took to the device by itself is none of these.
  const own = { mapping: 'm', page: 1, pfn: 3, order: 0, mapped: new Map([['c', one(1)]]) };
  assert.equal(mapped([own]), [
    ['', 512, true, true],
    ['c', 510, false, false],
  ]);
});

test('a whole folio that comes back is freed whole, or split first where large allocations fail', () => {
  const whole = { 'folio_free order 9': 1 };
  const split = { 'folio_split order 9': 512, 'folio_free order 0': 512 };
  const back = (failing: number): unknown => afterFault(huge(), 'm', '', seen(pages(512, 'ram')), failing);
  assert.equal(back(0), { folios: [], callbacks: [whole] });
  assert.equal(back(1), { folios: [], callbacks: [whole, split] });
});

test('a folio that another process maps by a PMD is split by the fault of one that maps it by PTEs', () => {
  const cut = afterProtect(shared(), 'm', 'c', new Set([3]));
  const all = seen(pages(512, 'ram'), pages(512, 'ram'));
  assert.equal(afterFault(cut.folios, 'm', '', all, 0).callbacks, [{ 'folio_free order 9': 1 }]);
  assert.equal(afterFault(cut.folios, 'm', 'c', all, 0).callbacks, [
    { 'folio_split order 9': 512, 'folio_free order 0': 512 },
  ]);
});

test('a folio that lost a page is split by the first fault: 511 new folios and the head, unmapped pieces freed', () => {
  const cut = afterUnmap(huge(), 'm', '', [511]);
  assert.equal(cut.callbacks, [{}]);
  assert.equal(
    cut.folios.map(({ order }) => order),
    [9],
  );
  const states: UserPageState[] = ['ram', ...pages(510, 'device'), 'none'];
  const { folios, callbacks } = afterFault(cut.folios, 'm', '', seen(states), 0);
  assert.equal(callbacks, [{ 'folio_split order 9': 512, 'folio_free order 0': 2 }]);
  assert.is(folios.length, 510);
  assert.equal([folios[0]?.pfn, folios[0]?.order, folios[0]?.page], [513, 0, 1]);
  assert.ok(folios.every(({ order }) => order === 0));
});

test('the last page unmapped frees the folio as it is', () => {
  const half = afterUnmap(huge(), 'm', '', range(0, 256));
  const none = afterUnmap(half.folios, 'm', '', range(256, 256));
  assert.equal([none.folios.length, none.callbacks], [0, [{ 'folio_free order 9': 1 }]]);
});

test('other mappings are not touched', () => {
  assert.is(afterFault(huge(), 'other', '', seen(pages(512, 'ram')), 0).folios.length, 1);
  assert.is(afterUnmap(huge(), 'other', '', range(0, 512)).folios.length, 1);
});

test('a child maps what its parent does; a folio lives until the last process has let go', () => {
  const [folio] = shared();
  assert.equal(
    [...(folio?.mapped ?? [])].map(([who, { pages: of, huge: pmd }]) => [who, of.size, pmd]),
    [
      ['', 512, true],
      ['c', 512, true],
    ],
  );
  const parentGone = afterUnmap(shared(), 'm', '', range(0, 512));
  assert.equal([parentGone.folios.length, parentGone.callbacks], [1, [{}]]);
  assert.equal(afterExit(parentGone.folios, 'c').callbacks, [{ 'folio_free order 9': 1 }]);
});

test('part of a PMD unmapped or protected in one process makes PTEs there, and only there', () => {
  const pmds = (folios: readonly UserFolio[]): unknown =>
    [...(folios[0]?.mapped ?? [])].map(([who, { huge: pmd }]) => [who, pmd]);
  const split = [
    ['', true],
    ['c', false],
  ];
  assert.equal(pmds(afterUnmap(shared(), 'm', 'c', [3]).folios), split);
  assert.equal(pmds(afterProtect(shared(), 'm', 'c', new Set([3])).folios), split);
  assert.equal(pmds(afterProtect(shared(), 'm', 'c', new Set(range(0, 512))).folios), pmds(shared()));
});

test('a page that comes back comes back for every process', () => {
  const left: UserPageState[] = ['ram', ...pages(511, 'device')];
  const cut = afterUnmap(afterUnmap(shared(), 'm', '', [5]).folios, 'm', 'c', [6]);
  const { folios, callbacks } = afterFault(cut.folios, 'm', '', seen(left, left), 0);
  assert.equal(callbacks, [{ 'folio_split order 9': 512, 'folio_free order 0': 1 }]);
  assert.equal(
    [4, 5, 6].map((page) => [...(folios.find((one) => one.page === page)?.mapped.keys() ?? [])]),
    [['', 'c'], ['c'], ['']],
  );
});

test('an eviction takes a folio from every process as it is', () => {
  const { folios, callbacks } = afterEvict(shared(), new Set([512]));
  assert.equal([folios.length, callbacks], [0, [{ 'folio_free order 9': 1 }]]);
  assert.is(afterEvict(shared(), new Set([0])).folios.length, 1);
});

test('without a folio_split operation the driver hears of the frees only', () => {
  assert.equal(withoutSplits([{ 'folio_split order 9': 512, 'folio_free order 0': 2 }]), [
    { 'folio_free order 0': 2 },
  ]);
});

test('callbacks are compared with the nearest reading', () => {
  const counts = countCallbacks([{ fn: 'folio_free', pfn: 0, order: 9 }], 9);
  assert.equal(
    callbackDifferences([{ 'folio_free order 9': 1 }, { 'folio_split order 9': 512 }], counts),
    [],
  );
  assert.equal(callbackDifferences([{ 'folio_split order 9': 512, 'folio_free order 9': 1 }], counts), [
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
  const mapping = {
    process: '',
    name: 'm',
    pages: 512,
    inserted: false,
    seed: 1,
    gone: new Set<number>(),
    prot: new Map(),
  };
  const cut = [{ page: 0, n: 300, state: 'device' as const, pfn: 512 }];
  const gone = checkPlacement(4, mapping, folio ? [folio] : [], cut);
  assert.equal(
    [gone.length, gone[0]?.expected, gone[0]?.found],
    [8, 'page 300 of mapping m: device page 812', 'no device page'],
  );
  const stuck = checkPlaces(4, 'm', ['ram', 'swap'], new Map());
  assert.equal(
    stuck.map(({ expected }) => expected),
    ['page 1 of mapping m: no entry of a migration'],
  );
});

test.run();
