import * as assert from 'uvu/assert';
import { PAGE_BYTES } from '../../../orchestrator/scenario/chunk.js';
import { checkExclusive } from '../../../orchestrator/scenario/exclusive-checks.js';
import type { Mapping } from '../../../orchestrator/scenario/mappings.js';
import { DEVICE_READ, DEVICE_WRITE } from '../../../orchestrator/scenario/protocol.js';
import type { MapRun } from '../../../orchestrator/scenario/protocol.js';
import type { UserFolio } from '../../../orchestrator/scenario/user-memory.js';
import { suite } from '../../harness/suite.js';
import { HELLO, PAGES } from './fake-guest.js';

const test = suite('scenario/exclusive-checks');

const MAPPING: Mapping = {
  process: '',
  name: 'm',
  pages: 520,
  inserted: false,
  seed: 1,
  gone: new Set(),
  prot: new Map(),
};
const upTo = (count: number): Set<number> => new Set(Array.from({ length: count }, (_, index) => index));
const folio = (pfn: number, order: number, huge: boolean): UserFolio => ({
  mapping: 'm',
  page: 0,
  pfn,
  order,
  mapped: new Map([['', { pages: upTo(2 ** order), huge }]]),
});
const device = (page: number, n: number, pfn: number, type: number): MapRun => ({
  page,
  n,
  state: 'device',
  pfn,
  type,
});

/** Pages of the chunk that lack the flag, where only those in `exclusive` have it. */
function missing(
  runs: readonly MapRun[],
  folios: readonly UserFolio[],
  exclusive: Iterable<number>,
  shared = false,
): unknown[] {
  const bytes = new Uint8Array(PAGES * PAGE_BYTES);
  for (const pfn of exclusive) bytes[pfn * PAGE_BYTES + 1] = 1 << 3;
  return checkExclusive(4, MAPPING, runs, folios, { bytes, hello: HELLO }, shared).map((one) => {
    assert.equal([one.kind, one.step, one.field, one.mask], ['stale-field', 4, 'flags', '0x800']);
    return one.page;
  });
}

test('a page of one process is exclusive, whether it can be written or not', () => {
  const folios = [folio(40, 0, false)];
  for (const type of [DEVICE_READ, DEVICE_WRITE]) {
    assert.equal(missing([device(0, 1, 40, type)], folios, [40]), []);
    assert.equal(missing([device(0, 1, 40, type)], folios, [41]), [40]);
  }
});

test('after a fork only what can be written has to be', () => {
  const runs = [device(0, 1, 40, DEVICE_READ), device(1, 1, 41, DEVICE_WRITE)];
  assert.equal(missing(runs, [folio(40, 0, false), folio(41, 0, false)], [], true), [41]);
});

test('of present entries nobody can say who may write after a fork; pages of the driver are exclusive to nobody', () => {
  const run: MapRun = { page: 0, n: 1, state: 'device', pfn: 40 };
  assert.equal(missing([run], [folio(40, 0, false)], []), [40]);
  assert.equal(missing([run], [folio(40, 0, false)], [], true), []);
  const bytes = new Uint8Array(PAGES * PAGE_BYTES);
  const inserted = { ...MAPPING, inserted: true };
  const pages = { bytes, hello: HELLO };
  assert.equal(checkExclusive(4, inserted, [run], [folio(40, 0, false)], pages, false), []);
});

test('one PMD has the flag in the head, PTEs have it in every page', () => {
  const run = device(0, 512, 512, DEVICE_WRITE);
  assert.equal(missing([run], [folio(512, 9, true)], [512]), []);
  assert.equal(missing([run], [folio(512, 9, true)], [513]), [512], 'told once, of the head');
  const tails = [...upTo(512)].map((index) => 512 + index);
  assert.equal(missing([run], [folio(512, 9, false)], tails), []);
  const first8 = [513, 514, 515, 516, 517, 518, 519, 520];
  assert.equal(missing([run], [folio(512, 9, false)], [512]), first8);
});

test('what another process maps by a PMD says nothing of who maps it by PTEs', () => {
  const other = { ...folio(512, 9, true), mapped: new Map([['c', { pages: upTo(512), huge: true }]]) };
  assert.equal(missing([device(0, 1, 513, DEVICE_WRITE)], [other], [512]), [513]);
});

test('memory of the system is not looked at', () => {
  assert.equal(missing([{ page: 0, n: 8, state: 'ram' }], [], []), []);
});

test.run();
