import * as assert from 'uvu/assert';
import { LayoutError, layout73, layout73Json, parseLayout } from '../../../orchestrator/model/index.js';
import type { Layout } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

/** Where fields may lie, tried at every byte; and numbers of the layout at their limits. */
const test = suite('model/layout-places');

type Json = ReturnType<typeof layout73Json>;
type Range = readonly [from: number, to: number];

/** What the compiler has under one name more: it moves with the field. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'page.flags': ['folio._flags_1'],
  'page.compound_info': ['page.pgmap', 'folio._head_1'],
  'page.index': ['page.share'],
  'page._mapcount': ['folio._mapcount_1'],
  'page._refcount': ['folio._refcount_1'],
};
/** Fields of struct page that page 1 and page 2 of a folio have too. */
const IN_TAIL1 = ['page.flags', 'page.compound_info', 'page._mapcount', 'page._refcount'];
const IN_TAIL2 = ['page.flags', 'page.compound_info'];

const MOVED = Object.keys(layout73Json()['fields'] ?? {}).filter(
  (name) => !Object.values(ALIASES).flat().includes(name),
);
const pageOf = (name: string): number =>
  name.startsWith('page.') ? 0 : name === 'folio._deferred_list' ? 2 : 1;

function moved(name: string, offset: number): Json {
  const json = layout73Json();
  const fields = json['fields'] as Record<string, [number, number]>;
  const [, size] = fields[name] as [number, number];
  fields[name] = [pageOf(name) * 64 + offset, size];
  for (const alias of ALIASES[name] ?? [])
    fields[alias] = [(alias.startsWith('folio') ? 64 : 0) + offset, size];
  return json;
}

/** Whether a kernel could have it: every field inside its page, aligned, and no two in one place. */
function possible(json: Json): boolean {
  const fields = json['fields'] as Record<string, [number, number]>;
  const ranges = (names: readonly string[]): Range[] =>
    names.map((name) => {
      const [at, size] = fields[name] as [number, number];
      return [at - 64 * pageOf(name), at - 64 * pageOf(name) + size];
    });
  const own = (page: number): string[] => MOVED.filter((name) => pageOf(name) === page);
  const fits = ([from, to]: Range): boolean => from >= 0 && to <= 64 && from % Math.min(to - from, 8) === 0;
  const apart = (all: readonly Range[]): boolean =>
    all.every((a, i) => all.slice(i + 1).every((b) => a[1] <= b[0] || b[1] <= a[0]));
  return (
    ranges(MOVED).every(fits) &&
    apart(ranges(own(0))) &&
    apart(ranges([...own(1), ...IN_TAIL1])) &&
    apart(ranges([...own(2), ...IN_TAIL2]))
  );
}

function parsed(json: Json): Layout | LayoutError {
  try {
    return parseLayout(json);
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
}

/** Names of the offsets as the layout has them. */
const KEYS: Readonly<Record<string, keyof Layout['at']>> = {
  'page.flags': 'flags',
  'page.compound_info': 'info',
  'page.zone_device_data': 'zoneDeviceData',
  'page.mapping': 'mapping',
  'page.index': 'index',
  'page.private': 'private',
  'page._mapcount': 'mapcount',
  'page._refcount': 'refcount',
  'page.memcg_data': 'memcgData',
  'folio._large_mapcount': 'largeMapcount',
  'folio._nr_pages_mapped': 'nrPagesMapped',
  'folio._entire_mapcount': 'entireMapcount',
  'folio._pincount': 'pincount',
  'folio._mm_id_mapcount': 'mmIdMapcount',
  'folio._mm_ids': 'mmIds',
  'folio._nr_pages': 'nrPages',
  'folio._deferred_list': 'deferredList',
};

for (const name of MOVED)
  test(`${name} at every byte: accepted where it fits, else refused`, () => {
    let accepted = 0;
    for (let offset = -8; offset <= 72; offset += 1) {
      const json = moved(name, offset);
      const layout = parsed(json);
      const where = `${name} at ${offset}`;
      assert.is(!(layout instanceof LayoutError), possible(json), where);
      if (layout instanceof LayoutError) continue;
      accepted += 1;
      assert.is(layout.at[KEYS[name] as keyof Layout['at']], offset, where);
    }
    assert.ok(accepted > 0);
  });

test('fields of a page in any other order', () => {
  const names = ['zone_device_data', 'mapping', 'index', 'private', 'memcg_data'];
  const slots = [16, 24, 32, 40, 56];
  for (let turn = 1; turn < slots.length; turn += 1)
    for (const order of [slots, slots.toReversed()]) {
      const json = layout73Json();
      const fields = json['fields'] as Record<string, [number, number]>;
      for (const [i, name] of names.entries())
        fields[`page.${name}`] = [order[(i + turn) % slots.length] as number, 8];
      fields['page.share'] = fields['page.index'] as [number, number];
      fields['page._mapcount'] = [52, 4];
      fields['page._refcount'] = [48, 4];
      fields['folio._mapcount_1'] = [64 + 52, 4];
      fields['folio._refcount_1'] = [64 + 48, 4];
      const layout = parsed(json);
      if (layout instanceof LayoutError) throw layout;
      assert.is(layout.at.memcgData, fields['page.memcg_data']?.[0]);
      assert.equal([layout.at.mapcount, layout.at.refcount], [52, 48]);
    }
});

test('fields of page 1 in any other order', () => {
  const orders = [
    {
      _mm_ids: 16,
      _mm_id_mapcount: 24,
      _large_mapcount: 32,
      _nr_pages: 36,
      _pincount: 40,
      _entire_mapcount: 44,
      _nr_pages_mapped: 56,
    },
    {
      _nr_pages: 16,
      _pincount: 20,
      _large_mapcount: 24,
      _entire_mapcount: 28,
      _nr_pages_mapped: 32,
      _mm_ids: 40,
      _mm_id_mapcount: 56,
    },
  ];
  for (const order of orders) {
    const json = layout73Json();
    const fields = json['fields'] as Record<string, [number, number]>;
    for (const [name, at] of Object.entries(order))
      fields[`folio.${name}`] = [64 + at, fields[`folio.${name}`]?.[1] ?? 0];
    const layout = parsed(json);
    if (layout instanceof LayoutError) throw layout;
    assert.is(layout.at.nrPages, order._nr_pages);
  }
});

test('a second name at another place is no second name', () => {
  const moves = {
    'page.pgmap': [0, 8],
    'page.share': [40, 8],
    'folio._flags_1': [72, 8],
    'folio._head_1': [64, 8],
    'folio._mapcount_1': [116, 4],
    'folio._refcount_1': [112, 4],
    'folio._flags_2': [136, 8],
    'folio._head_2': [128, 8],
  };
  for (const [name, place] of Object.entries(moves)) {
    assert.is(refused('fields', name, place), name);
    assert.throws(() => accepted('fields', name, place), /does not alias page\./);
  }
});

test('an error says what it found and what it wants', () => {
  const why = (name: string, value: unknown): string => {
    const layout = withValue('fields', name, value);
    assert.ok(layout instanceof LayoutError);
    assert.is(layout.name, 'LayoutError');
    return layout.message;
  };
  assert.is(why('page.private', [40, 4]), 'kernel layout: page.private: is 4 bytes, not 8');
  assert.is(why('page.private', [36, 8]), 'kernel layout: page.private: at 36 is not aligned');
  assert.is(
    why('page.private', [64, 8]),
    'kernel layout: page.private: at 64 is outside page 0 of the folio',
  );
  assert.is(
    why('folio._pincount', [60, 4]),
    'kernel layout: folio._pincount: at 60 is outside page 1 of the folio',
  );
  assert.is(why('page.private', [32, 8]), 'kernel layout: page.private: overlaps page.index');
});

test('also a field that the model does not use is two whole numbers', () => {
  for (const value of [null, 7, {}, [40], [40, 8, 1], ['40', 8], [40, '8'], [40.5, 8], [40, 8.5]])
    assert.is(refused('fields', 'page.other', value), 'page.other', JSON.stringify(value));
  assert.equal(accepted('fields', 'page.other', [3, 1]).fields['page.other'], [3, 1]);
});

test('a folio that ends before a field is no folio that has it', () => {
  const sized = (folio: number): Layout | LayoutError => {
    const json = layout73Json();
    json['sizeof'] = { ...json['sizeof'], folio };
    return parsed(json);
  };
  assert.not.ok(sized(160) instanceof LayoutError, 'the deferred list ends at byte 160');
  const short = sized(159);
  assert.ok(short instanceof LayoutError && short.field === 'folio._deferred_list');
});

/** Parses 7.3's layout with one value replaced; undefined takes it away. */
function withValue(part: string, name: string, value: unknown): Layout | LayoutError {
  const json = layout73Json();
  (json[part] as Record<string, unknown>)[name] = value;
  return parsed(json);
}
const refused = (part: string, name: string, value: unknown): string => {
  const layout = withValue(part, name, value);
  return layout instanceof LayoutError ? layout.field : 'accepted';
};
const accepted = (part: string, name: string, value: unknown): Layout => {
  const layout = withValue(part, name, value);
  if (layout instanceof LayoutError) throw layout;
  return layout;
};

test('a field is two whole numbers, of the size that the model knows', () => {
  for (const value of [
    undefined,
    null,
    7,
    {},
    [40],
    [40, 8, 1],
    ['40', 8],
    [40, '8'],
    [40.5, 8],
    [40, 8.5],
    [40, 4],
  ])
    assert.is(refused('fields', 'page.private', value), 'page.private', JSON.stringify(value));
});

test('numbers are whole and not below 0', () => {
  for (const value of [-1, 1.5, '62', null, undefined, true])
    assert.is(refused('consts', 'zones_shift', value), 'consts.zones_shift', JSON.stringify(value));
  for (const value of [-1, 1.5, '62', null, true])
    assert.is(refused('consts', 'zones_width', value), 'consts.zones_width', JSON.stringify(value));
  for (const value of [-1, 1.5, '3'])
    assert.is(refused('consts', 'zone_device', value), 'consts.zone_device', JSON.stringify(value));
  assert.is(accepted('consts', 'zone_device', 0).zoneDevice, 0);
  assert.is(accepted('consts', 'zone_device', undefined).zoneDevice, undefined);
  assert.is(accepted('consts', 'zones_width', 1).zonesWidth, 1);
  assert.is(accepted('consts', 'zones_width', undefined).zonesWidth, 2, 'all bits from the zone on');
});

test('64-bit constants are hex', () => {
  for (const value of [5, '5', '0x', '0xg', '0x00000000000000001', null, undefined])
    assert.is(refused('consts', 'TAIL_MAPPING', value), 'consts.TAIL_MAPPING', JSON.stringify(value));
  for (const value of [5, null]) {
    const name = 'page_flags_check_at_prep';
    assert.is(refused('consts', name, value), `consts.${name}`);
  }
  assert.is(accepted('consts', 'page_flags_check_at_prep', undefined).checkAtPrep, undefined);
  assert.is(accepted('consts', 'TAIL_MAPPING', '0xFFFFFFFFFFFFFFFF').tailMapping, (1n << 64n) - 1n);
});

test('the tail encoding is said by 0 or 1, or by a boolean', () => {
  const told = (value: unknown): string => accepted('consts', 'compound_info_has_mask', value).tailEncoding;
  assert.equal([0, 1, false, true].map(told), ['pointer', 'mask', 'pointer', 'mask']);
  for (const value of [2, -1, '1', null, undefined])
    assert.is(
      refused('consts', 'compound_info_has_mask', value),
      'consts.compound_info_has_mask',
      JSON.stringify(value),
    );
});

test('fields of the flags word: where node and cpupid are, to the last bit', () => {
  const masks = (consts: object): readonly bigint[] => {
    const json = layout73Json();
    json['consts'] = { ...json['consts'], ...consts };
    const layout = parsed(json);
    if (layout instanceof LayoutError) throw layout;
    return [layout.nodeMask, layout.cpupidMask];
  };
  assert.equal(masks({}), [0n, 0n]);
  assert.equal(masks({ nodes_shift: 58, nodes_width: 6 }), [0xfc00000000000000n, 0n]);
  assert.equal(masks({ nodes_shift: 54, nodes_width: 1 }), [1n << 54n, 0n]);
  assert.equal(masks({ nodes_shift: 70, nodes_width: 0 }), [0n, 0n], 'a field of no bits is anywhere');
  assert.equal(masks({ last_cpupid_shift: 38, last_cpupid_width: 18 }), [0n, 0x00ffffc000000000n]);
  assert.throws(
    () => masks({ nodes_shift: 59, nodes_width: 6 }),
    /nodes_width: bits 59\.\.64 are not in a word/,
  );
  assert.throws(() => masks({ last_cpupid_width: 18 }), /consts\.last_cpupid_shift: missing/);
});

test('PG_locked and PG_head lie in the byte of the order; flags that the model needs are there', () => {
  for (const name of ['PG_locked', 'PG_head']) {
    assert.is(accepted('flags', name, 7).flags[name], 7);
    assert.is(refused('flags', name, 8), 'flags.PG_head');
  }
  for (const name of ['PG_locked', 'PG_head', 'PG_waiters', 'PG_workingset', 'PG_reserved']) {
    const json = layout73Json();
    delete json['flags']?.[name];
    const layout = parsed(json);
    assert.ok(layout instanceof LayoutError && layout.field === `flags.${name}`, name);
  }
  const json = layout73Json();
  delete json['flags']?.['PG_owner_2'];
  const layout = parsed(json);
  assert.ok(layout instanceof LayoutError && layout.field === 'flags.PG_anon_exclusive');
  assert.is(
    accepted('flags', 'PG_anon_exclusive', 15).flags['PG_anon_exclusive'],
    15,
    'said, it is no alias',
  );
  assert.is(
    accepted('flags', '__NR_PAGEFLAGS', 21).flags['__NR_PAGEFLAGS'],
    undefined,
    'a count, not a flag',
  );
});

test('options: with or without CONFIG_, as number or boolean; DEBUG_VM without its own option of flags', () => {
  assert.is(accepted('config', 'CONFIG_NUMA', 1).config['NUMA'], true);
  assert.is(accepted('config', 'NUMA', false).config['NUMA'], false);
  assert.is(accepted('config', 'NUMA', 0).config['NUMA'], false);
  assert.is(refused('config', 'NUMA', 'y'), 'config.NUMA');
  const json = layout73Json();
  json['config'] = { DEBUG_VM: 0 };
  const layout = parsed(json);
  assert.ok(!(layout instanceof LayoutError), 'without DEBUG_VM nobody asks for DEBUG_VM_PGFLAGS');
});

test('options of checks that are not said are no guess', () => {
  for (const option of ['DEBUG_VM', 'DEBUG_VM_PGFLAGS']) {
    const json = layout73Json();
    delete json['config']?.[option];
    const layout = parsed(json);
    assert.ok(layout instanceof LayoutError);
    assert.is(layout.message, `kernel layout: config.${option}: missing`);
  }
});

test('with MEMORY_FAILURE there are two flags more (page-flags.h:94)', () => {
  const flags = (on: boolean): unknown[] => {
    const layout = layout73('mask', { MEMORY_FAILURE: on });
    return ['PG_hwpoison', 'PG_has_hwpoisoned'].map((name) => layout.flags[name]);
  };
  assert.equal(
    [flags(true), flags(false)],
    [
      [21, 8],
      [undefined, undefined],
    ],
  );
});

test('MEMCG and its field go together, where the config says it', () => {
  const memcg = (option: number | undefined, field: boolean): string => {
    const json = layout73Json();
    const config = json['config'] as Record<string, unknown>;
    if (option === undefined) delete config['MEMCG'];
    else config['MEMCG'] = option;
    if (!field) delete json['fields']?.['page.memcg_data'];
    const layout = parsed(json);
    return layout instanceof LayoutError ? layout.field : 'accepted';
  };
  assert.equal([memcg(1, true), memcg(0, false)], ['accepted', 'accepted']);
  assert.equal([memcg(undefined, true), memcg(undefined, false)], ['accepted', 'accepted']);
  assert.equal([memcg(0, true), memcg(1, false)], ['page.memcg_data', 'page.memcg_data']);
});

test('sections that are no tables are missing', () => {
  for (const part of ['sizeof', 'fields', 'flags', 'consts', 'config'])
    for (const value of [undefined, null, 7, 'x', [1]]) {
      const json = layout73Json();
      (json as Record<string, unknown>)[part] = value;
      const layout = parsed(json);
      assert.ok(layout instanceof LayoutError && layout.field === part, `${part} ${JSON.stringify(value)}`);
    }
  for (const value of [null, 7, 'x']) assert.throws(() => parseLayout(value), /layout: not an object/);
});

test.run();
