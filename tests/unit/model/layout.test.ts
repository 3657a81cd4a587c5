import * as assert from 'uvu/assert';
import {
  LayoutError,
  Machine,
  VARIANT_B,
  layout73,
  layout73Json,
  parseLayout,
} from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, judge, place, run } from './support.js';

const test = suite('model/layout');

type Json = ReturnType<typeof layout73Json>;

function refused(change: (json: Json) => void): LayoutError {
  const json = layout73Json();
  change(json);
  try {
    parseLayout(json);
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

test('every field the model needs is named when it is missing', () => {
  const optional = new Set(['page.pgmap', 'page.share', 'page.memcg_data', 'folio._nr_pages']);
  for (const name of Object.keys(layout73Json()['fields'] ?? {})) {
    if (optional.has(name) || /^folio\._(flags|head|mapcount|refcount)_1$/.test(name)) continue;
    assert.is(refused((json) => delete json['fields']?.[name]).field, name);
  }
});

test('what is not understood is refused by name', () => {
  const set = (part: string, name: string, value: unknown) => (json: Json) => {
    (json[part] as Record<string, unknown>)[name] = value;
  };
  assert.is(refused(set('sizeof', 'page', 56)).field, 'sizeof.page');
  assert.is(refused(set('fields', 'page.private', [38, 8])).field, 'page.private');
  assert.is(refused(set('fields', 'page.private', [32, 8])).field, 'page.private');
  assert.is(refused(set('fields', 'page._mapcount', [48, 8])).field, 'page._mapcount');
  assert.is(refused(set('fields', 'page.pgmap', [16, 8])).field, 'page.pgmap');
  assert.is(refused(set('fields', 'folio._pincount', [88, 4])).field, 'folio._pincount');
  assert.is(refused(set('fields', 'folio._mm_ids', [64, 8])).field, 'folio._mm_ids');
  assert.is(refused(set('fields', 'folio._large_mapcount', [144, 4])).field, 'folio._large_mapcount');
  assert.is(refused(set('fields', 'folio._deferred_list', [136, 16])).field, 'folio._deferred_list');
  assert.is(refused(set('fields', 'folio._refcount_1', [112, 4])).field, 'folio._refcount_1');
  assert.is(refused(set('fields', 'page.index', 'x')).field, 'page.index');
  assert.is(refused(set('consts', 'compound_info_has_mask', 2)).field, 'consts.compound_info_has_mask');
  assert.is(refused(set('consts', 'TAIL_MAPPING', 5)).field, 'consts.TAIL_MAPPING');
  assert.is(refused(set('consts', 'zones_shift', undefined)).field, 'consts.zones_shift');
  assert.is(refused(set('flags', 'PG_locked', undefined)).field, 'flags.PG_locked');
  assert.is(refused(set('flags', 'PG_head', 12)).field, 'flags.PG_head');
  assert.is(refused(set('config', 'DEBUG_VM', undefined)).field, 'config.DEBUG_VM');
  assert.is(refused(set('config', 'DEBUG_VM_PGFLAGS', undefined)).field, 'config.DEBUG_VM_PGFLAGS');
  assert.is(refused(set('config', 'MEMCG', 0)).field, 'page.memcg_data');
  for (const part of ['sizeof', 'fields', 'flags', 'consts', 'config'])
    assert.is(refused((json) => delete json[part]).field, part);
  assert.throws(() => parseLayout(null), /not an object/);
});

test('the older name of the tail link', () => {
  const json = layout73Json();
  const fields = json['fields'] as Record<string, unknown>;
  delete fields['page.compound_info'];
  fields['page.compound_head'] = [8, 8];
  assert.is(parseLayout(json).at.info, 8);
});

test('without zone_device the flags word of a fresh page must be given', () => {
  const json = layout73Json();
  delete json['consts']?.['zone_device'];
  const where = place(16, parseLayout(json));
  assert.throws(() => new Machine(VARIANT_B, where), /consts.zone_device/);
  const machine = new Machine(VARIANT_B, { ...where, freshFlags: 0xc000000000002000n });
  assert.equal([...machine.bytes], [...run(VARIANT_B, [], place(16)).machine.bytes]);
});

test('without MEMCG: no memcg_data, no _nr_pages, sizes from the order', () => {
  const json = layout73Json();
  delete json['fields']?.['page.memcg_data'];
  delete json['fields']?.['folio._nr_pages'];
  (json['config'] as Record<string, unknown>)['MEMCG'] = 0;
  const where = place(1024, parseLayout(json));
  const { effects, machine } = run(VARIANT_B, [init('9@0'), free(0)], where);
  assert.is(effects[1]?.refs, 0);
  assert.equal(effects[1]?.callbacks, [{ fn: 'folio_free', pfn: 0, order: 9 }]);
  assert.is(new DataView(machine.bytes.buffer).getBigUint64(64 + 56, true), 0n);
  assert.equal(
    judge(VARIANT_B, [init('9@0'), free(0), init('0@1'), free(1)], where).all.map((d) => d.field),
    ['PG_workingset'],
  );
});

test('nothing is charged without MEMCG, and with cgroup_disable=memory', () => {
  const json = layout73Json();
  assert.is(parseLayout(json).charging, true);
  json['consts'] = { ...json['consts'], memcg_disabled: 0 };
  assert.is(parseLayout(json).charging, true);
  json['consts'] = { ...json['consts'], memcg_disabled: 1 };
  assert.is(parseLayout(json).charging, false);
  assert.is(layout73('mask', { MEMCG: false }).charging, false);
});

test('pointer encoding: the same contract, the same sequences', () => {
  const where = place(1024, layout73('pointer'));
  assert.equal(judge(VARIANT_B, [init('9@512'), free(512), init('4@528'), free(528)], where).all, []);
});

test.run();
