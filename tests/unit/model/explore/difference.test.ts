import * as assert from 'uvu/assert';
import {
  RoleMap,
  VARIANT_A,
  VARIANT_B,
  VARIANT_D1,
  VARIANT_E1,
  VARIANT_E2,
  VARIANT_NOMEMCG,
  VARIANT_W,
  layout73,
} from '../../../../orchestrator/model/index.js';
import type { Effects, Splat, Variant } from '../../../../orchestrator/model/index.js';
import {
  Twins,
  effectDifferences,
  follow,
  sameEffects,
} from '../../../../orchestrator/model/explore/difference.js';
import type { SearchStep } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';
import { free, init, place, poke } from '../support.js';

const test = suite('model/explore/difference');

const NOTHING: Effects = { refs: 1, callbacks: [], warnings: [] };
const bug = (line: string): Splat => ({ why: `why ${line}`, line, config: 'any' });
const freed = (pfn: number, order: number): Effects['callbacks'][number] => ({
  fn: 'folio_free',
  pfn,
  order,
});

/** Effects that differ from NOTHING, and how that is told. */
const OTHERS: readonly (readonly [Partial<Effects>, string])[] = [
  [{ crash: bug('x:1') }, 'crash none | x:1: why x:1'],
  [{ hang: bug('x:1') }, 'hang none | x:1: why x:1'],
  [{ foreign: bug('x:1') }, 'foreign none | x:1: why x:1'],
  [{ refs: 2 }, 'references 1 | 2'],
  [{ callbacks: [freed(4, 2)] }, 'callbacks none | folio_free(page 4, order 2)'],
  [
    { callbacks: [freed(4, 2), freed(5, 0)] },
    'callbacks none | folio_free(page 4, order 2), folio_free(page 5, order 0)',
  ],
  [{ warnings: [bug('x:2')] }, 'warnings none | x:2: why x:2'],
];

const told = (a: Effects, b: Effects): string[] =>
  effectDifferences(a, b).map((one) => `${one.kind} ${one.a} | ${one.b}`);

test('every effect counts, alone', () => {
  assert.ok(sameEffects(NOTHING, { ...NOTHING }));
  assert.equal(told(NOTHING, { ...NOTHING }), []);
  for (const [more, words] of OTHERS) {
    const other = { ...NOTHING, ...more };
    assert.not.ok(sameEffects(NOTHING, other), words);
    assert.not.ok(sameEffects(other, NOTHING), words);
    assert.equal(told(NOTHING, other), [words]);
    assert.ok(sameEffects(other, { ...other }), words);
    assert.equal(told(other, { ...other }), []);
  }
});

test('as many callbacks or warnings are not the same ones', () => {
  const calls = (...list: Effects['callbacks']): Effects => ({ ...NOTHING, callbacks: list });
  assert.not.ok(sameEffects(calls(freed(4, 2)), calls(freed(4, 1))));
  assert.not.ok(sameEffects(calls(freed(4, 2)), calls(freed(5, 2))));
  const migrate = { ...freed(4, 2), fn: 'migrate_to_ram' } as const;
  assert.not.ok(sameEffects(calls(freed(4, 2)), calls(migrate)));
  const warns = (...lines: string[]): Effects => ({ ...NOTHING, warnings: lines.map(bug) });
  assert.not.ok(sameEffects(warns('x:1'), warns('x:2')));
  assert.ok(sameEffects(warns('x:1', 'x:2'), warns('x:2', 'x:1')), 'in any order');
  assert.ok(sameEffects(warns('x:1', 'x:1'), warns('x:1')), 'a line that speaks twice is one');
  assert.equal(told(warns('x:2', 'x:1'), NOTHING), ['warnings x:1: why x:1; x:2: why x:2 | none']);
});

test('two ends at one line are equal, whatever page it was; at others they are not', () => {
  const at = (line: string, why: string): Effects => ({ ...NOTHING, crash: { ...bug(line), why } });
  assert.ok(sameEffects(at('x:1', 'page 1'), at('x:1', 'page 2')));
  assert.equal(told(at('x:1', 'page 1'), at('x:1', 'page 2')), []);
  assert.not.ok(sameEffects(at('x:1', ''), at('x:2', '')));
});

test('the worst is told first; callbacks and references of a kernel that stopped are nobody’s to read', () => {
  const other = { refs: 5, callbacks: [freed(4, 2)], warnings: [bug('x:2')], hang: bug('x:3') };
  const words = ['hang none | x:3: why x:3', 'warnings none | x:2: why x:2'];
  assert.equal(told(NOTHING, other), words);
  const both = { ...NOTHING, hang: bug('x:3') };
  assert.equal(told(both, other), words.slice(1), 'nor where both did');
  const { hang: _hang, ...alive } = other;
  assert.equal(
    effectDifferences(NOTHING, alive).map(({ kind }) => kind),
    ['warnings', 'callbacks', 'references'],
  );
});

test('roles go with init, free and split, and with nothing else', () => {
  const roles = new RoleMap(8);
  const all = (): string => Array.from({ length: 8 }, (_, page) => roles.describe(page)).join(' ');
  const steps = [init('1@0'), init('2@4'), free(0), { op: 'unlock', pfn: 4 }, poke(4, 0, 1, 0n)];
  for (const step of steps) follow(roles, step as SearchStep);
  assert.is(all(), 'free head free tail1 fresh fresh head tail1 tail2 tail');
  follow(roles, { op: 'split', pfn: 4 });
  assert.is(all(), 'free head free tail1 fresh fresh order0 order0 order0 order0');
});

function bits(a: Variant, b: Variant, steps: readonly object[], where = place(16)): string[] {
  const twins = new Twins(a, b, where);
  for (const step of steps) twins.step(step as SearchStep);
  return twins
    .bits()
    .map(
      ({ page = 0, pages = 0, field, transition, a: one, b: other }) =>
        `${page}+${pages} ${field} ${transition}: ${one} | ${other}`,
    );
}

test('bits: fields under the role after the step, with what each kernel has', () => {
  assert.equal(bits(VARIANT_A, VARIANT_B, [init('2@4')]), []);
  assert.equal(bits(VARIANT_B, VARIANT_NOMEMCG, [init('2@4'), free(4), init('0@5')]), [
    '5+1 memcg_data free tail1→order0: 0x0 | 0x4',
  ]);
  // The lock goes to the old head.
  assert.equal(bits(VARIANT_A, VARIANT_B, [init('2@4'), free(4), init('0@5', { unlock: 'none' })]), [
    '4+1 PG_locked free head→free head: 1 | 0',
    '5+1 PG_locked free tail1→order0: 0 | 1',
    '5+1 PG_writeback free tail1→order0: 1 | 0',
    '5+1 pgmap free tail1→order0: 0xffffffffffffff01 | pgmap',
    '5+1 mapping free tail1→order0: 0xffffffff | 0x0',
    '5+1 index free tail1→order0: 0xffffffffffffffff | 0x0',
    '5+1 memcg_data free tail1→order0: 0x4 | 0x0',
  ]);
  assert.equal(bits(VARIANT_B, VARIANT_E2, [init('3@8'), free(8), init('4@0')]), [
    '9+1 PG_workingset free tail1→tail: 1 | 0',
    '9+1 zone_device_data free tail1→tail: 0xffffffff | 0x0',
    '10+1 zone_device_data free tail2→tail: &page[10]+0x10 | 0x0',
  ]);
});

test('bits: equal ones of pages in a row are one; the bits of an order and of a zone are one', () => {
  const where = place(16, layout73('mask', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }));
  assert.equal(bits(VARIANT_B, VARIANT_W, [init('3@8')], where), [
    '8+1 PG_reserved fresh→head: 1 | 0',
    '8+1 flags (zone, node) fresh→head: 1 | 0',
    '9+1 PG_reserved fresh→tail1: 1 | 0',
    '9+1 flags (zone, node) fresh→tail1: 1 | 0',
    '10+1 PG_reserved fresh→tail2: 1 | 0',
    '10+1 flags (zone, node) fresh→tail2: 1 | 0',
    '11+5 PG_reserved fresh→tail: 1 | 0',
    '11+5 flags (zone, node) fresh→tail: 1 | 0',
  ]);
  const order = bits(VARIANT_B, VARIANT_D1, [init('3@8')], where).filter((one) => one.includes('order'));
  assert.equal(order, ['9+1 order fresh→tail1: 3 | 0']);
  // A charge that was left: e1 clears all of memcg_data.
  const charges = [1, 3, 4, 6].map((pfn) => poke(pfn, 56, 8, 0xffff888000000000n));
  assert.equal(bits(VARIANT_B, VARIANT_E1, [...charges, init('3@0')], where), [
    '1+1 memcg_data[63:32] fresh→tail1: 0xffff8880 | 0x0',
    '3+2 memcg_data fresh→tail: 0xffff888000000000 | 0x0',
    '6+1 memcg_data fresh→tail: 0xffff888000000000 | 0x0',
  ]);
});

test('bits: none of a kernel that has stopped', () => {
  const twins = new Twins(VARIANT_A, VARIANT_B, place(16));
  for (const step of [init('3@8'), free(8), init('0@8', { unlock: 'none' }), init('0@9')])
    twins.step(step as SearchStep);
  assert.ok(twins.stopped);
  assert.equal(twins.bits(), []);
});

test.run();
