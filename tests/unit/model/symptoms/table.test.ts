import * as assert from 'uvu/assert';
import { SYMPTOMS, bitName, layout73, spansOf, symptomOf } from '../../../../orchestrator/model/index.js';
import type { Role } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { linesOf } from './lines.js';

/**
 * What core-mm does about a wrong field, as the first measurements and the source of 7.3.4 have it (KERNEL-FACTS §4.1): for each
 * field and role the line, and the option that decides between two. Fields that are not here are silent.
 */
const test = suite('model/symptoms/table');

const ROLES: readonly Role[] = ['fresh', 'order0', 'head', 'tail1', 'tail2', 'tail'];
const HEADS = 'order0 head';
const TAILS = 'tail1 tail2 tail';
const ANY = ROLES.join(' ');

const SPLIT = 'mm/huge_memory.c';
const MIGRATE = 'mm/migrate.c';
const PGMAP = 'mm/memremap.c';
const DEVICE = 'mm/migrate_device.c';

/** Fields, roles, and the lines: one for any kernel, or `OPTION: line / line without it`; `needs OPTION`: else nobody looks. */
const FACTS: readonly (readonly [fields: string, roles: string, lines: string])[] = [
  ['PG_locked', HEADS, `${PGMAP}:524`],
  ['PG_writeback', HEADS, `${DEVICE}:1234, ${MIGRATE}:848`],
  [
    'PG_head',
    'order0',
    `DEBUG_VM: mm/memcontrol.c:5583, ${PGMAP}:419 / ${PGMAP}:419, mm/page_counter.c:61, lib/percpu-refcount.c:197`,
  ],
  ['PG_head', 'head', `include/linux/mm.h:2886, ${PGMAP}:419`],
  ['PG_head', TAILS, 'include/linux/mm.h:2898'],
  ['PG_referenced PG_uptodate PG_dirty', HEADS, `${MIGRATE}:775`],
  ['PG_workingset', HEADS, `${MIGRATE}:788`],
  ['PG_unevictable', HEADS, `DEBUG_VM: ${MIGRATE}:784 / ${MIGRATE}:783`],
  ['PG_active', HEADS, `${MIGRATE}:783`],
  ['PG_reclaim', HEADS, `${MIGRATE}:856`],
  ['PG_swapbacked', HEADS, `${MIGRATE}:608`],
  ['PG_owner_2', HEADS, `include/linux/page-flags.h:1130, ${MIGRATE}:799`],
  ['PG_has_hwpoisoned', 'tail1', 'needs MEMORY_FAILURE: mm/memory.c:5641, include/linux/page-flags.h:1075'],
  ['PG_partially_mapped', 'tail1', `${SPLIT}:4010`],
  ['PG_large_rmappable', 'tail1', 'mm/internal.h:750'],
  ['PG_reserved', ANY, 'mm/mm_init.c:595'],
  ['flags~(zone,~node)', ANY, `DEBUG_VM: ${PGMAP}:515, mm/folio.c:93 / mm/folio.c:93`],
  [
    'pgmap',
    'order0',
    `DEBUG_VM_PGFLAGS: include/linux/page-flags.h:345, include/linux/mm.h:1846 / ${PGMAP}:524, ${PGMAP}:122`,
  ],
  [
    'pgmap',
    'head',
    'DEBUG_VM_PGFLAGS: include/linux/page-flags.h:345, mm/internal.h:737 / include/linux/page-flags.h:_compound_head',
  ],
  ['compound_info', TAILS, 'include/linux/page-flags.h:_compound_head'],
  ['order _nr_pages', 'tail1', `include/linux/mm.h:1760, ${PGMAP}:419`],
  [
    'memcg_data memcg_data[63:32]',
    HEADS,
    'needs MEMCG: DEBUG_VM: mm/memcontrol.c:2881, mm/memcontrol.c:5444 / mm/memcontrol.c:5444',
  ],
  ['memcg_data memcg_data[63:32]', TAILS, 'needs MEMCG: mm/memcontrol.c:5444'],
  ['mapping', HEADS, `${PGMAP}:426`],
  ['mapping', TAILS, `${SPLIT}:3752`],
  ['index', HEADS, `${MIGRATE}:603`],
  ['private', TAILS, `DEBUG_VM: mm/internal.h:799, ${SPLIT}:3760`],
  ['private', HEADS, 'DEBUG_VM: mm/internal.h:799'],
  [
    '_mm_ids _mm_id_mapcount[0] _mm_id_mapcount[1]',
    'tail1',
    'DEBUG_VM: include/linux/rmap.h:151 / include/linux/rmap.h:196',
  ],
  ['_large_mapcount _entire_mapcount _nr_pages_mapped', 'tail1', `${DEVICE}:561`],
  ['_pincount', 'tail1', 'mm/internal.h:787'],
  ['_mapcount', TAILS, `DEBUG_VM: ${SPLIT}:3716 / ${SPLIT}:3716`],
  ['_mapcount', HEADS, `${DEVICE}:561`],
  ['_refcount', ANY, `DEBUG_VM: ${PGMAP}:514, ${PGMAP}:122 / ${PGMAP}:122`],
  ['zone_device_data', TAILS, 'include/linux/memremap.h:251'],
  ['_deferred_list.next _deferred_list.prev', 'tail2', 'mm/internal.h:758'],
  ['pgmap.ref', ANY, `${PGMAP}:122, lib/percpu-refcount.c:197`],
  ['folio_free', ANY, `${PGMAP}:457`],
  [
    'PG_locked PG_writeback PG_referenced PG_uptodate PG_dirty PG_lru PG_waiters PG_active PG_workingset PG_reclaim ' +
      'PG_unevictable PG_owner_2 PG_swapbacked',
    TAILS,
    `${SPLIT}:3731`,
  ],
];

/** Every name that a report can give to a byte or bit, in any role. */
function everyField(): Set<string> {
  const layout = layout73('mask', { MEMORY_FAILURE: true });
  const names = new Set(SYMPTOMS.flatMap(({ fields }) => [...fields]));
  for (const role of ROLES) {
    for (const { name } of spansOf(layout, role)) names.add(name);
    for (let bit = 0; bit < 64; bit += 1) names.add(bitName(layout, role, bit));
  }
  return names;
}

test('each field in each role: the line, the option, or silence', () => {
  const facts = new Map<string, string>();
  const names = everyField();
  for (const [fields, roles, lines] of FACTS)
    for (const field of fields.split(' ').map((name) => name.replaceAll('~', ' '))) {
      names.add(field);
      for (const role of roles.split(' ')) {
        const key = `${field} of ${role}`;
        assert.not.ok(facts.has(key), `twice: ${key}`);
        facts.set(key, lines);
      }
    }
  // A value without bit 31: the spinlock of the map counts is another row.
  for (const field of names)
    for (const role of ROLES) {
      const key = `${field} of ${role}`;
      assert.is(linesOf(symptomOf(field, role, undefined, 1n)), facts.get(key) ?? 'silent', key);
    }
});

test('without a role or a value every row may be meant', () => {
  assert.is(linesOf(symptomOf('PG_head', undefined)), linesOf(symptomOf('PG_head', 'order0')));
  assert.is(linesOf(symptomOf('_mm_ids', undefined)), 'include/linux/rmap.h:114');
  assert.is(linesOf(symptomOf('mapping', 'order0')), `${PGMAP}:426`);
});

test.run();
