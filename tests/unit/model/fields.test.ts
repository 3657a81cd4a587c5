import * as assert from 'uvu/assert';
import { bitName, comparedShare, fieldName, layout73, spansOf } from '../../../orchestrator/model/index.js';
import type { Role } from '../../../orchestrator/model/index.js';
import { ignoredBits } from '../../../orchestrator/model/normalise.js';
import { suite } from '../../harness/suite.js';

/** What every word and bit of a page is, by role (KERNEL-FACTS §1.1, §1.2, §1.4). */
const test = suite('model/fields');

const layout = layout73();

const spans = (role: Role, of = layout): string[] =>
  [...new Set(spansOf(of, role))].map(({ byte, width, name }) => `${byte}+${width} ${name}`);

const HEAD = ['16+8 zone_device_data', '24+8 mapping', '32+8 index', '40+8 private'];
const COUNTS = ['48+4 _mapcount', '52+4 _refcount'];
const MEMCG = '56+8 memcg_data';

test('words of a page of no folio, of order 0, and of a head', () => {
  for (const role of ['fresh', 'order0', 'head'] as const)
    assert.equal(spans(role), ['0+8 flags', '8+8 pgmap', ...HEAD, ...COUNTS, MEMCG]);
});

test('words of tails', () => {
  assert.equal(spans('tail'), ['0+8 flags', '8+8 compound_info', ...HEAD, ...COUNTS, MEMCG]);
  assert.equal(spans('tail2'), [
    '0+8 flags',
    '8+8 compound_info',
    '16+8 _deferred_list.next',
    '24+8 _deferred_list.prev',
    '32+8 index',
    '40+8 private',
    ...COUNTS,
    MEMCG,
  ]);
  assert.equal(spans('tail1'), [
    '0+8 flags',
    '8+8 compound_info',
    '16+4 _large_mapcount',
    '20+4 _nr_pages_mapped',
    '24+4 _entire_mapcount',
    '28+4 _pincount',
    '32+4 _mm_id_mapcount[0]',
    '36+4 _mm_id_mapcount[1]',
    '40+8 _mm_ids',
    ...COUNTS,
    '56+4 _nr_pages',
    '60+4 memcg_data[63:32]',
  ]);
});

test('every word of a page has a field, which lies in it', () => {
  for (const role of ['fresh', 'order0', 'head', 'tail1', 'tail2', 'tail'] as const)
    for (const [word, { byte, width }] of spansOf(layout, role).entries())
      assert.ok(byte <= word * 4 && word * 4 < byte + width);
});

test('without MEMCG: the last word is nobody’s, but for _nr_pages where there is one', () => {
  const none = layout73('mask', { MEMCG: false });
  assert.equal(spans('order0', none).slice(-2), ['56+4 bytes 56..59', '60+4 bytes 60..63']);
  assert.equal(spans('tail1', none).slice(-2), ['56+4 bytes 56..59', '60+4 bytes 60..63']);
  const slab = layout73('mask', { MEMCG: false, SLAB_OBJ_EXT: true });
  assert.equal(spans('tail1', slab).slice(-2), ['56+4 _nr_pages', '60+4 bytes 60..63']);
});

test('a field of page 1 that covers the high half of a word leaves the low one', () => {
  const json = { ...layout, at: { ...layout.at, nrPages: 60 } };
  assert.equal(spans('tail1', json).slice(-2), ['56+4 memcg_data[31:0]', '60+4 _nr_pages']);
});

const FLAGS =
  'locked writeback referenced uptodate dirty lru head waiters active workingset owner_priv_1 owner_2 arch_1 reserved ' +
  'private private_2 reclaim swapbacked unevictable dropbehind mlocked';

test('bits of the flags word, by their first names', () => {
  for (const role of ['fresh', 'order0', 'head', 'tail2', 'tail'] as const) {
    for (const [bit, name] of FLAGS.split(' ').entries()) assert.is(bitName(layout, role, bit), `PG_${name}`);
    for (let bit = 21; bit < 62; bit += 1) assert.is(bitName(layout, role, bit), `flags bit ${bit}`);
    for (const bit of [62, 63]) assert.is(bitName(layout, role, bit), 'flags (zone, node)');
  }
});

test('with NUMA_BALANCING: the last CPU and process, to the last bit; an unused bit beside them', () => {
  const numa = { ...layout, zonesShift: 56, cpupidMask: 0x00ffffc000000000n };
  const names = [37, 38, 55, 56, 63].map((bit) => bitName(numa, 'head', bit));
  const [cpupid, zone] = ['flags (last_cpupid)', 'flags (zone, node)'];
  assert.equal(names, ['flags bit 37', cpupid, cpupid, zone, zone]);
  assert.is(bitName({ ...numa, cpupidMask: 1n << 30n }, 'tail', 29), 'flags bit 29');
});

test('bits of page 1: the order, and three flags of the folio', () => {
  const names: Readonly<Record<string, string>> = {
    PG_active: 'PG_has_hwpoisoned',
    PG_workingset: 'PG_large_rmappable',
    PG_reclaim: 'PG_partially_mapped',
  };
  for (let bit = 0; bit < 64; bit += 1) {
    const own = bitName(layout, 'tail', bit);
    assert.is(bitName(layout, 'tail1', bit), bit < 8 ? 'order' : (names[own] ?? own));
  }
});

test('second names are not used, whichever comes first in the table of the kernel', () => {
  const aliases = {
    PG_anon_exclusive: 11,
    PG_mappedtodisk: 11,
    PG_checked: 10,
    PG_fscache: 15,
    PG_swapcache: 10,
    PG_readahead: 16,
    PG_has_hwpoisoned: 8,
    PG_large_rmappable: 9,
    PG_partially_mapped: 16,
  };
  const flags = { ...aliases, ...layout.flags };
  for (const [bit, name] of FLAGS.split(' ').entries())
    assert.is(bitName({ ...layout, flags }, 'head', bit), `PG_${name}`);
});

test('byte and bit of the flags word; a byte of any other', () => {
  assert.is(fieldName(layout, 'head', 0), 'PG_locked');
  assert.is(fieldName(layout, 'head', 1, 1), 'PG_workingset');
  assert.is(fieldName(layout, 'head', 7, 7), 'flags (zone, node)');
  assert.is(fieldName(layout, 'head', 31, 7), 'mapping');
  const moved = { ...layout, at: { ...layout.at, flags: 8, info: 0 } };
  assert.is(fieldName(moved, 'head', 9, 1), 'PG_workingset');
  assert.is(fieldName(moved, 'tail', 7), 'compound_info');
});

test('bits that are not compared: driver data by the contract, PG_waiters by both, of heads alone', () => {
  const masked = (role: Role, use: 'contract' | 'prediction', of = layout): string =>
    [...ignoredBits(of, use)[role]]
      .flatMap((word, i) => (word === 0 ? [] : [`${i}:${word.toString(16)}`]))
      .join(' ');
  for (const role of ['order0', 'head'] as const) {
    assert.is(masked(role, 'prediction'), '0:80');
    assert.is(masked(role, 'contract'), '0:80 4:ffffffff 5:ffffffff');
  }
  for (const role of ['fresh', 'tail1', 'tail2', 'tail'] as const)
    for (const use of ['contract', 'prediction'] as const) assert.is(masked(role, use), '', role);
  const first = { ...layout, at: { ...layout.at, zoneDeviceData: 0, flags: 16 } };
  assert.is(masked('head', 'contract', first), '0:ffffffff 1:ffffffff 4:80');
  const high = {
    ...layout,
    flags: { ...layout.flags, PG_waiters: 33 },
    at: { ...layout.at, flags: 8, info: 0 },
  };
  assert.is(masked('head', 'prediction', high), '3:2');
});

test('share of the bits that are compared', () => {
  const head = { contract: 1 - 65 / 512, prediction: 1 - 1 / 512 };
  for (const use of ['contract', 'prediction'] as const) {
    const share = comparedShare(layout, use);
    assert.equal(share, { fresh: 1, order0: head[use], head: head[use], tail1: 1, tail2: 1, tail: 1 });
  }
});

test('tables of a layout are made once', () => {
  assert.ok(spansOf(layout, 'tail1') === spansOf(layout, 'tail1'));
  assert.ok(ignoredBits(layout, 'contract') === ignoredBits(layout, 'contract'));
  assert.not.ok(spansOf(layout, 'tail1') === spansOf(layout73(), 'tail1'), 'each has its own');
});

test.run();
