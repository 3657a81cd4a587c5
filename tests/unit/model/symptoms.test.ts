import * as assert from 'uvu/assert';
import {
  SYMPTOMS,
  bitName,
  firingIn,
  firingInWords,
  firings,
  layout73,
  spansOf,
  symptomOf,
} from '../../../orchestrator/model/index.js';
import type { Role } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/symptoms');

const DEBUG = { DEBUG_VM: true, DEBUG_VM_PGFLAGS: true, MEMCG: true };
const PLAIN = { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false, MEMCG: true };

/** Rows of the table of the first measurements: field, role, written as, value; the line with and without the checks. */
const rows: readonly (readonly [
  field: string,
  role: Role,
  writtenAs: string | undefined,
  value: bigint,
  debug: string | undefined,
  plain: string | undefined,
])[] = [
  ['PG_locked', 'order0', 'order', 9n, 'mm/memremap.c:524', 'mm/memremap.c:524'],
  ['pgmap', 'order0', 'compound_info', 1n, 'page-flags.h:345', 'mm/memremap.c:122'],
  ['pgmap', 'head', 'compound_info', 1n, 'mm/internal.h:737', '_compound_head'],
  ['PG_head', 'order0', 'PG_head', 64n, 'mm/memcontrol.c:5583', 'mm/page_counter.c:61'],
  ['memcg_data', 'order0', '_nr_pages', 512n, 'mm/memcontrol.c:2881', 'mm/memcontrol.c:5444'],
  ['mapping', 'order0', '_entire_mapcount', 0xffffffffn, 'mm/memremap.c:426', 'mm/memremap.c:426'],
  ['mapping', 'order0', '_deferred_list', 1n, 'mm/migrate_device.c:381', 'mm/migrate_device.c:381'],
  ['mapping', 'order0', 'mapping', 1n, 'mm/migrate_device.c:381', 'mm/migrate_device.c:381'],
  ['PG_writeback', 'order0', 'order', 2n, 'mm/migrate_device.c:1234', 'mm/migrate.c:848'],
  ['PG_referenced', 'order0', 'order', 4n, 'mm/migrate.c:775', 'mm/migrate.c:775'],
  ['PG_workingset', 'order0', 'PG_large_rmappable', 512n, 'mm/migrate.c:788', 'mm/migrate.c:788'],
  ['PG_partially_mapped', 'tail1', 'PG_reclaim', 1n, 'mm/huge_memory.c:4010', 'mm/huge_memory.c:4010'],
  ['PG_has_hwpoisoned', 'tail1', 'PG_active', 1n, 'mm/memory.c:5641', 'mm/memory.c:5641'],
  ['PG_unevictable', 'order0', undefined, 1n, 'mm/migrate.c:784', 'mm/migrate.c:783'],
  ['private', 'tail', undefined, 1n, 'mm/internal.h:799', undefined],
  ['_mm_ids', 'tail1', undefined, 1n << 31n, 'rmap.h:114', 'rmap.h:114'],
  ['_mm_ids', 'tail1', undefined, 5n, 'rmap.h:151', 'rmap.h:196'],
  ['_mapcount', 'tail', undefined, 0n, 'mm/huge_memory.c:3716', 'mm/huge_memory.c:3716'],
  ['_refcount', 'tail', undefined, 1n, 'mm/memremap.c:514', 'mm/memremap.c:122'],
  ['flags (zone, node)', 'order0', 'flags', 0n, 'mm/memremap.c:515', 'mm/folio.c:93'],
  ['zone_device_data', 'tail', '_deferred_list', 1n, 'memremap.h:251', 'memremap.h:251'],
  ['pgmap.ref', 'order0', undefined, 1n, 'lib/percpu-refcount.c:197', 'lib/percpu-refcount.c:197'],
  ['folio_free', 'order0', undefined, 1n, 'mm/memremap.c:457', 'mm/memremap.c:457'],
];
for (const [field, role, writtenAs, value, debug, plain] of rows) {
  test(`${field} 0x${value.toString(16)} of ${role}, written as ${writtenAs ?? 'anything'}`, () => {
    const symptom = symptomOf(field, role, writtenAs, value);
    assert.ok(symptom, 'no row');
    for (const [config, line] of [
      [DEBUG, debug],
      [PLAIN, plain],
    ] as const) {
      const firing = firingIn(symptom, config, value);
      if (line === undefined) assert.is(firing, undefined);
      else assert.match(firing?.line ?? '', line);
    }
  });
}

test('the narrower reading wins: what wrote the mapping decides what it does', () => {
  const effects = ['_entire_mapcount', '_deferred_list', 'mapping', undefined].map(
    (as) => symptomOf('mapping', 'order0', as, 1n)?.otherwise?.effect,
  );
  assert.is(new Set(effects).size, 4);
});

test('an uncharge of what was left names the address it faults at', () => {
  const at = (value: bigint): string => {
    const symptom = symptomOf('memcg_data', 'order0', '_nr_pages', value);
    const firing = symptom && firingIn(symptom, PLAIN, value);
    return firing ? firingInWords(firing) : '';
  };
  // Orders 1 and 2 leave flag bits only, so the pointer is NULL; measured: 0x10, 0x38 and 0x230.
  assert.match(at(2n), 'at address 0x10 ');
  assert.match(at(4n), 'at address 0x10 ');
  assert.match(at(8n), 'at address 0x38 ');
  assert.match(at(512n), 'at address 0x230 ');
});

test('options: a field that nobody looks at is silent, both sides of a check are told', () => {
  const memcg = symptomOf('memcg_data', 'order0', '_nr_pages', 512n);
  assert.ok(memcg);
  assert.is(firingIn(memcg, { ...DEBUG, MEMCG: false }), undefined);
  assert.equal(
    firings(memcg).map(({ condition }) => condition),
    ['with MEMCG, with DEBUG_VM', 'with MEMCG, without DEBUG_VM'],
  );
  const poisoned = symptomOf('PG_has_hwpoisoned', 'tail1');
  assert.ok(poisoned);
  assert.is(firingIn(poisoned, { ...DEBUG, MEMORY_FAILURE: false }), undefined);
  assert.is(firings(poisoned)[0]?.condition, 'with MEMORY_FAILURE');
});

test('every row can be the first match of something, and has a line', () => {
  const roles: readonly Role[] = ['fresh', 'order0', 'head', 'tail1', 'tail2', 'tail'];
  for (const row of SYMPTOMS) {
    const { fields, writtenAs, bits } = row;
    const value = bits ?? 1n;
    const reached = fields.some((field) =>
      (row.roles ?? roles).some((role) => symptomOf(field, role, writtenAs?.[0], value) === row),
    );
    assert.ok(reached, `nothing leads to the row of ${fields.join(', ')}`);
    for (const { line } of firings(row)) assert.match(line, /^(mm|include|lib)\/[\w/.-]+:\w+/);
  }
});

test('every field and flag that core-mm reads of a head, an order-0 page or a first tail has a row', () => {
  const layout = layout73();
  const silent =
    /^(bytes|flags bit|PG_(lru|waiters|owner_priv_1|arch_1|private|private_2|dropbehind|mlocked)$)/;
  for (const role of ['order0', 'head', 'tail1'] as const) {
    const names = new Set(spansOf(layout, role).map(({ name }) => name));
    names.delete('flags');
    for (let bit = 0; bit < 64; bit++) names.add(bitName(layout, role, bit));
    for (const name of names) {
      const owned = name === 'zone_device_data' && role !== 'tail1';
      if (silent.test(name) || owned) continue;
      assert.ok(symptomOf(name, role), `${name} of ${role}`);
    }
  }
});

test.run();
