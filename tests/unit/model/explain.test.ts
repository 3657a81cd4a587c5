import * as assert from 'uvu/assert';
import { explain } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/explain');

const finding = {
  step: 3,
  page: 1,
  byte: 56,
  field: 'memcg_data',
  found: 0x200n,
  writtenAs: '_nr_pages',
  origin: {
    step: 1,
    fn: 'prep_compound_head',
    field: '_nr_pages',
    folio: { pfn: 0, order: 9 },
    role: 'tail1',
  },
  oldRole: 'tail1',
  role: 'order0',
  neighbour: false,
  config: { DEBUG_VM: true, MEMCG: true },
} as const;

test('the sentence: bytes, writer, step, both readings, what fires', () => {
  assert.is(
    explain(finding),
    'page 1 byte 56 = 0x200: `_nr_pages` of the order-9 folio at page 0, written in step 1 by prep_compound_head, ' +
      'not cleared by step 3; core-mm reads it as `memcg_data`: VM_BUG_ON_FOLIO(folio_memcg_charged) when it is charged ' +
      'or migrated to; freed without that, __mem_cgroup_uncharge() oopses at address 0x230 ' +
      '(mm/memcontrol.c:2881, mm/memcontrol.c:5444, with MEMCG, with DEBUG_VM)',
  );
});

test('the config of the kernel under test decides what fires', () => {
  assert.match(explain({ ...finding, config: { DEBUG_VM: false, MEMCG: true } }), /without DEBUG_VM\)$/);
  assert.match(explain({ ...finding, config: { DEBUG_VM: true, MEMCG: false } }), /as `memcg_data`$/);
});

test('who is not known is not named', () => {
  const { origin: _origin, ...unknown } = finding;
  assert.match(
    explain(unknown),
    'page 1 byte 56 = 0x200: `_nr_pages` of its life as tail1, not cleared by step 3',
  );
  assert.match(
    explain({ ...unknown, neighbour: true }),
    '= 0x200: changed by step 3, which is about other pages;',
  );
});

test('whose bytes they were: an order-0 folio, or nobody’s', () => {
  const { origin } = finding;
  const by = (more: object): string => explain({ ...finding, origin: { ...origin, ...more } });
  assert.match(by({ folio: { pfn: 7, order: 0 } }), '`_nr_pages` of the order-0 folio at page 7, written');
  assert.match(by({ role: 'fresh' }), '`_nr_pages`, written in step 1');
  assert.match(by({ folio: undefined }), '`_nr_pages`, written in step 1');
});

test('this step, a step before the first, a neighbour', () => {
  const by = (step: number): string => explain({ ...finding, origin: { ...finding.origin, step } });
  assert.match(by(3), 'written in this step by prep_compound_head;');
  assert.match(by(0), 'written before the first step by prep_compound_head, not cleared');
  assert.match(explain({ ...finding, neighbour: true }), 'changed by step 3, which is about other pages');
});

test('a value in words stands for the number', () => {
  assert.match(explain({ ...finding, value: '&page[2]+0x10' }), 'byte 56 = &page[2]+0x10:');
});

test.run();
