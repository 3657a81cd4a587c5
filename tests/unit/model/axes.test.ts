import * as assert from 'uvu/assert';
import {
  VARIANTS,
  VARIANT_B,
  VARIANT_E2,
  VARIANT_NOMEMCG,
  VARIANT_W,
  VARIANT_Z,
  bitName,
  layout73,
  layout73Json,
  parseLayout,
} from '../../../orchestrator/model/index.js';
import type { Place } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, judge, place, poke, run } from './support.js';

/** Configs that lay struct page out otherwise than that of 7.3 with MEMCG, HVO and nothing else. */
const test = suite('model/axes');

type Json = ReturnType<typeof layout73Json>;

function layoutWith(change: (json: Json) => void, pages = 64): Place {
  const json = layout73Json();
  change(json);
  return place(pages, parseLayout(json));
}

const flagsOf = (where: ReturnType<typeof run>, page: number): string =>
  new DataView(where.machine.bytes.buffer).getBigUint64(page * 64, true).toString(16);

/** NUMA and NUMA_BALANCING: node in bits 58-63, zone in 56-57, last CPU and pid in 38-55. */
function numa(): Place {
  const where = layoutWith((json) => {
    Object.assign(json['consts'] as object, {
      zones_shift: 56,
      nodes_shift: 58,
      nodes_width: 6,
      last_cpupid_shift: 38,
      last_cpupid_width: 18,
    });
  });
  return { ...where, freshFlags: 0x07ffffc000002000n };
}

test('NUMA: the node and the last CPU survive an init, but for a cleared flags word', () => {
  const where = numa();
  for (const variant of [VARIANT_B, VARIANT_E2]) {
    const after = run(variant, [init('2@4'), free(4), init('0@5')], where);
    assert.is(flagsOf(after, 6), '7ffffc000002000', variant.id);
    assert.match(flagsOf(after, 5), /^7ffffc000002[02]00$/);
  }
  assert.is(flagsOf(run(VARIANT_Z, [init('0@5')], where), 5), '7ffffc000000000');
  const wiped = run(VARIANT_W, [init('0@5'), free(5)], where);
  assert.is(flagsOf(wiped, 5), '0');
  assert.is(wiped.effects[1]?.foreign?.line, 'mm/folio.c:93');
});

test('NUMA: a helper that starts over takes the node that the first page says for all of them', () => {
  const where = numa();
  const moved = run(VARIANT_E2, [poke(4, 7, 1, 0x0bn), init('1@4')], where);
  assert.is(flagsOf(moved, 4), 'bffffc000002040');
  assert.is(flagsOf(moved, 5), 'bffffc000002201');
  assert.is(flagsOf(moved, 6), '7ffffc000002000', 'not of the page behind them');
});

test('NUMA: what the bits above the flags are called', () => {
  const { layout } = numa();
  assert.is(bitName(layout, 'order0', 40), 'flags (last_cpupid)');
  assert.is(bitName(layout, 'order0', 56), 'flags (zone, node)');
  assert.is(bitName(layout, 'order0', 60), 'flags (zone, node)');
  assert.is(bitName(layout, 'order0', 30), 'flags bit 30');
});

test('a field of the flags word that does not fit into it is refused by name', () => {
  assert.throws(
    () => layoutWith((json) => Object.assign(json['consts'] as object, { nodes_shift: 60, nodes_width: 6 })),
    /consts\.nodes_width/,
  );
  assert.throws(
    () => layoutWith((json) => Object.assign(json['consts'] as object, { nodes_width: 6 })),
    /consts\.nodes_shift/,
  );
});

test('MEMORY_FAILURE: PG_hwpoison stays, page 1 of a folio has a flag of its own', () => {
  const where = layoutWith((json) => {
    Object.assign(json['flags'] as object, { PG_hwpoison: 21, PG_has_hwpoisoned: 8 });
    Object.assign(json['config'] as object, { MEMORY_FAILURE: 1 });
  });
  for (const id of ['b', 'z']) {
    const { machine } = run(VARIANTS[id] as typeof VARIANT_B, [poke(4, 2, 1, 0x20n), init('0@4')], where);
    assert.is((machine.bytes[4 * 64 + 2] as number) & 0x20, 0x20, `${id}: page-flags.h:1183`);
  }
  assert.is(bitName(where.layout, 'tail1', 8), 'PG_has_hwpoisoned');
  assert.is(bitName(where.layout, 'order0', 8), 'PG_active');
  const left = judge(VARIANT_B, [init('0@5'), poke(5, 1, 1, 0x21n), free(5), init('1@4')], where).last;
  assert.equal(
    left.map(({ field, page }) => `${page} ${field}`),
    ['5 PG_has_hwpoisoned'],
  );
});

test('without MEMCG but with a place for _nr_pages: nothing is charged, so nothing is uncharged', () => {
  const where = layoutWith((json) => {
    delete json['fields']?.['page.memcg_data'];
    Object.assign(json['config'] as object, { MEMCG: 0, SLAB_OBJ_EXT: 1 });
  });
  const ops = [init('3@8'), free(8), init('0@9'), free(9)];
  for (const variant of Object.values(VARIANTS)) {
    if (['a', 'd1', 'd2', 'r', 'w'].includes(variant.id)) continue;
    const { effects } = run(variant, ops, where);
    assert.is(effects[3]?.crash, undefined, variant.id);
    assert.is(effects[3]?.refs, 0, variant.id);
  }
  const left = judge(VARIANT_NOMEMCG, ops, where).verdicts[2]?.deviations ?? [];
  assert.equal(
    left.map(({ field }) => field),
    ['PG_workingset', 'bytes 56..59'],
  );
});

test('without _nr_pages, e1 and nomemcg are b', () => {
  const where = layoutWith((json) => {
    delete json['fields']?.['page.memcg_data'];
    delete json['fields']?.['folio._nr_pages'];
    Object.assign(json['config'] as object, { MEMCG: 0 });
  });
  const ops = [init('4@0'), free(0), init('2@4'), init('0@1'), free(4), init('1@6')];
  const want = [...run(VARIANT_B, ops, where).machine.bytes];
  for (const id of ['e1', 'nomemcg'])
    assert.equal([...run(VARIANTS[id] as typeof VARIANT_B, ops, where).machine.bytes], want, id);
});

test('DEBUG_VM without DEBUG_VM_PGFLAGS: counts are checked, tails are not', () => {
  const half = place(1024, layout73('mask', { DEBUG_VM: true, DEBUG_VM_PGFLAGS: false }));
  const a = VARIANTS['a'] as typeof VARIANT_B;
  const s5 = run(a, [init('9@0'), free(0), init('4@16')], half);
  assert.is(s5.effects[2]?.crash, undefined);
  const s2f = run(a, [init('9@0'), free(0), init('0@1'), free(1)], half);
  assert.is(s2f.effects[3]?.crash?.line, 'include/linux/mm.h:1846');
});

test('z needs the mask of the flags that are checked when a page is handed out', () => {
  const where = layoutWith((json) => delete json['consts']?.['page_flags_check_at_prep']);
  assert.throws(() => run(VARIANT_Z, [init('0@0')], where), /consts\.page_flags_check_at_prep/);
  assert.not.ok(run(VARIANT_B, [init('0@0')], where).effects[0]?.crash);
});

test.run();
