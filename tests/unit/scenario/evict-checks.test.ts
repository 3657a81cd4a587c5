import * as assert from 'uvu/assert';
import { parseLayout } from '../../../orchestrator/model/layout.js';
import { Machine } from '../../../orchestrator/model/machine.js';
import { VARIANTS } from '../../../orchestrator/model/variants.js';
import { checkEvicted } from '../../../orchestrator/scenario/evict-checks.js';
import type { Evictable } from '../../../orchestrator/scenario/evict-checks.js';
import { skippedEntries } from '../../../orchestrator/scenario/evict-scan.js';
import type { Reply } from '../../../orchestrator/scenario/protocol.js';
import { suite } from '../../harness/suite.js';
import { HELLO, PAGES, PGMAP } from './fake-guest.js';

const test = suite('scenario/evict-checks');
const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** Struct pages after folios came and, with `dead`, went again; words are [order, pfn]. */
function pagesAfter(
  ...folios: readonly (readonly [order: number, pfn: number, dead?: 'dead'])[]
): Uint8Array {
  const variant = VARIANTS['b'];
  if (!variant) throw new Error('no variant b');
  const layout = parseLayout(HELLO.layout);
  const memmap = BigInt(HELLO.chunk.vmemmap);
  const machine = new Machine(variant, { layout, pages: PAGES, memmap, pgmap: PGMAP });
  for (const [order, pfn, dead] of folios) {
    machine.apply({ op: 'init', pfn, order, unlock: 'page', rmappable: true });
    if (dead) machine.apply({ op: 'free', pfn });
  }
  return machine.bytes;
}

const folio = (pfn: number, order = 0, more: Partial<Evictable> = {}): Evictable => ({
  pfn,
  order,
  free: true,
  mapped: false,
  ...more,
});
const taken = (pfn: number, migrated = false): NonNullable<Reply['evicted']>[number] => ({
  pfn,
  compound: false,
  collected: true,
  migrated,
  order: 0,
});
const check = (
  bytes: Uint8Array,
  pfns: readonly number[],
  folios: readonly Evictable[],
  evicted: NonNullable<Reply['evicted']>,
  failing = 0,
): unknown[] =>
  checkEvicted(
    1,
    'migrate_device_range',
    pfns,
    folios,
    { ok: true, evicted },
    { bytes, hello: HELLO },
    failing,
  ).map(({ kind, page, transition }) => [kind, page, transition]);

test('the scan goes on by the size that a dead tail’s head has now', () => {
  const bytes = pagesAfter([9, 0, 'dead'], [3, 0], [0, 12]);
  const skips = skippedEntries(bytes, HELLO, range(0, 32));
  assert.equal([skips[0], skips[8], skips[16]], [undefined, undefined, undefined]);
  assert.equal(skips[12], { by: 8, size: 8, ended: false });
});

test('a dead head whose size is more than what is left ends the scan', () => {
  const skips = skippedEntries(pagesAfter([9, 0, 'dead'], [0, 40]), HELLO, range(0, 64));
  assert.equal(skips[0], { by: 0, size: 512, ended: true });
  assert.equal(skips[40], { by: 0, size: 512, ended: true });
});

test('nothing is passed over where nothing is dead', () => {
  const skips = skippedEntries(pagesAfter([0, 1], [0, 5]), HELLO, range(0, 16));
  assert.ok(skips.every((skip) => skip === undefined));
});

test('a folio left out is a leak, with the state of the page that led past it', () => {
  const bytes = pagesAfter([9, 0, 'dead'], [3, 0], [0, 12]);
  assert.equal(check(bytes, range(0, 32), [folio(0, 3), folio(12)], [taken(0)]), [
    ['leak', 12, 'free→order0'],
  ]);
  const tail = pagesAfter([3, 0], [0, 8]);
  assert.equal(check(tail, range(4, 16), [folio(0, 3), folio(8)], []), [['leak', 8, 'live→order0']]);
});

test('a folio left out for no reason that is known has no transition, so that nothing excuses it', () => {
  assert.equal(check(pagesAfter([0, 3]), range(0, 8), [folio(3)], []), [['leak', 3, undefined]]);
});

test('locked folios and those that are not whole in the list need not be taken', () => {
  const bytes = pagesAfter([0, 3], [2, 4]);
  assert.equal(check(bytes, range(0, 6), [folio(3, 0, { free: false }), folio(4, 2)], []), []);
});

test('a page taken where no folio is headed is seen', () => {
  assert.equal(check(pagesAfter([0, 3]), range(0, 8), [folio(3)], [taken(3), taken(5)]), [
    ['wrong-head', 5, undefined],
  ]);
});

test('mapped folios come back unless their destination was to fail, others stay', () => {
  const bytes = pagesAfter([0, 3], [0, 4]);
  const folios = [folio(3, 0, { mapped: true }), folio(4)];
  assert.equal(check(bytes, range(0, 8), folios, [taken(3, true), taken(4)]), []);
  assert.equal(check(bytes, range(0, 8), folios, [taken(3), taken(4, true)]), [
    ['leak', 3, undefined],
    ['refcount', 4, undefined],
  ]);
  const huge = pagesAfter([9, 512]);
  const failed = { pfn: 512, compound: true, collected: true, migrated: false };
  const one = [folio(512, 9, { mapped: true })];
  assert.equal(check(huge, range(512, 512), one, [failed], 1), []);
  assert.equal(check(huge, range(512, 512), one, [failed]), [['leak', 512, undefined]]);
});

test.run();
