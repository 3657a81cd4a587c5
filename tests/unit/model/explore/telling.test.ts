import * as assert from 'uvu/assert';
import { Machine, RoleMap, VARIANTS, compareMemory } from '../../../../orchestrator/model/index.js';
import type { Effects, Variant } from '../../../../orchestrator/model/index.js';
import { compareVariants } from '../../../../orchestrator/model/explore/compare-variants.js';
import { follow } from '../../../../orchestrator/model/explore/difference.js';
import { placeOf } from '../../../../orchestrator/model/explore/search.js';
import { tellApart } from '../../../../orchestrator/model/explore/telling.js';
import type { Telling, Tellings } from '../../../../orchestrator/model/explore/telling.js';
import { UNIVERSES } from '../../../../orchestrator/model/explore/universe.js';
import type { Action, Universe } from '../../../../orchestrator/model/explore/universe.js';
import { stepText } from '../../../../orchestrator/report/tellings.js';
import { suite } from '../../../harness/suite.js';
import { everySequence } from './brute.js';

const test = suite('model/explore/telling');

const { tiny, large } = UNIVERSES;
const variant = (id: string): Variant => {
  const found = VARIANTS[id];
  if (!found) throw new Error(`no variant ${id}`);
  return found;
};
const A = variant('a');
const B = variant('b');
const NOMEMCG = variant('nomemcg');
const text = ({ steps }: Pick<Telling, 'steps'>): string => steps.map(stepText).join(', ');
const find = (all: Tellings, steps: string): Telling => {
  const found = all.tellings.find((one) => text(one) === steps);
  if (!found) throw new Error(`${steps} is not among ${all.tellings.map(text).join('; ')}`);
  return found;
};

/** Two new kernels for one sequence, compared without a search. */
function differ(a: Variant, b: Variant, steps: readonly Action[]): boolean {
  const place = placeOf(tiny);
  const [one, other] = [new Machine(a, place), new Machine(b, place)];
  const roles = new RoleMap(place.pages);
  const shown = ({ refs, callbacks, warnings, crash, hang }: Effects): string =>
    JSON.stringify([
      crash || hang ? 0 : refs,
      callbacks,
      warnings.map(({ line }) => line),
      crash?.line,
      hang?.line,
    ]);
  for (const { op } of steps) {
    if (one.stopped || other.stopped) return one.stopped !== other.stopped;
    follow(roles, op);
    if (shown(one.apply(op)) !== shown(other.apply(op))) return true;
  }
  if (one.stopped) return false;
  return compareMemory(place.layout, one.bytes, other.bytes, (p) => roles.role(p)).length > 0;
}

for (const [a, b] of [
  [A, B],
  [B, NOMEMCG],
  [A, NOMEMCG],
] as const)
  test(`${a.id} and ${b.id}: the shortest sequences of the tiny universe, and all of them`, () => {
    const found = tellApart(tiny, a, b, { depth: 4, by: 'bits', limit: 1000 });
    assert.is(found.tellings.length, found.count);
    for (let length = 1; length < found.depth; length++)
      for (const steps of everySequence(tiny, length)) assert.not.ok(differ(a, b, steps));
    const telling = everySequence(tiny, found.depth).filter((steps) => differ(a, b, steps));
    assert.is(
      found.tellings.reduce((sum, { ways }) => sum + ways, 0),
      telling.length,
    );
    const later = found.tellings.flatMap(({ afterwards }) => afterwards);
    assert.ok(
      later.every(({ differences }) => differences.length > 0),
      'only steps that differ',
    );
    const texts = new Set(telling.map((steps) => steps.map(({ op }) => stepText(op)).join(', ')));
    for (const one of found.tellings) assert.ok(texts.has(text(one)), text(one));
  });

test('a and b: the sequences of the thread are among the shortest', () => {
  const found = tellApart(large, A, B, { depth: 4, by: 'bits', limit: 1000 });
  assert.is(found.depth, 3);
  const s1 = find(found, 'init 9@0, free 0, init 0@0');
  assert.equal(s1.differences[0], {
    kind: 'bits',
    page: 0,
    pages: 1,
    field: 'PG_head',
    transition: 'free head→order0',
    a: '1',
    b: '0',
  });
  assert.equal(
    s1.afterwards.flatMap(({ differences }) => differences.map((d) => [d.kind, d.a, d.b])),
    [
      ['callbacks', 'folio_free(page 0, order 9)', 'folio_free(page 0, order 0)'],
      ['references', '-511', '0'],
    ],
  );
  const s2 = find(found, 'init 9@0, free 0, init 0@1');
  assert.ok(
    s2.differences.some((d) => d.field === 'pgmap' && d.a === '0xffffffffffff8001' && d.b === 'pgmap'),
  );
  assert.match(s2.afterwards[0]?.differences[0]?.a ?? '', /mm\.h:1846/);
  const s5 = find(found, 'init 9@0, free 0, init 2@4');
  assert.is(s5.differences[0]?.kind, 'crash');
  assert.match(s5.differences[0]?.a ?? '', /page-flags\.h:345/);
});

test('a and b: with locks kept, the hang that the thread reported', () => {
  const held = {
    ...tiny,
    hold: true,
    slots: tiny.slots.filter(({ order, pfn }) => order !== 1 || pfn === 0),
  };
  const found = tellApart(held, A, B, { depth: 5, by: 'effects', limit: 100 });
  const hang = find(found, 'init 2@0, free 0, init 0@0 kept locked, init 0@1');
  assert.is(hang.differences[0]?.kind, 'hang');
  assert.match(hang.differences[0]?.a ?? '', /memremap\.c:524/);
});

test('b and nomemcg: what is left of _nr_pages is followed as a pointer when the page is freed', () => {
  const found = tellApart(large, B, NOMEMCG, { depth: 3, by: 'bits', limit: 1000 });
  for (const [steps, address] of [
    ['init 1@0, free 0, init 0@1', '0x10'],
    ['init 9@0, free 0, init 0@1', '0x230'],
  ] as const) {
    const { afterwards } = find(found, steps);
    assert.ok(
      afterwards[0]?.differences[0]?.b.includes(`reads address ${address}:`),
      afterwards[0]?.differences[0]?.b,
    );
  }
});

test('b and e1: no init or free tells them apart, a charge that was left does', () => {
  const all = compareVariants(B, variant('e1'), { depth: 3, limit: 5, by: 'bits' });
  assert.equal(
    all.map(({ universe, count, closed }) => [universe, count, closed]),
    [
      ['small', 0, false],
      ['large', 0, false],
      ['tiny', 0, true],
    ],
  );
  const [poked] = compareVariants(B, variant('e1'), {
    depth: 3,
    limit: 100,
    by: 'bits',
    universe: 'tiny',
    pokes: true,
  });
  assert.is(poked?.depth, 2);
  const s9 = poked?.tellings.find((one) => text(one).endsWith('init 0@1'));
  assert.equal(
    s9?.differences.map(({ field, a, b }) => [field, a, b]),
    [['memcg_data', '0xffff888000000000', '0x0']],
  );
});

test('a and b: PG_waiters, which no comparison looks at in a head, does not tell them apart', () => {
  // b clears the flag where it makes a folio, a leaves it.
  const waiters: Universe = {
    ...tiny,
    pokes: [{ what: 'PG_waiters', pfn: 1, byte: 0, size: 1, value: 0x80n }],
  };
  const found = tellApart(waiters, A, B, { depth: 3, by: 'bits', limit: 1000 });
  assert.is(found.depth, 3);
  assert.ok(found.tellings.every(({ differences }) => differences.length > 0));
});

test('what is behind a telling step is no state of the search', () => {
  const found = tellApart(tiny, A, variant('d1'), { depth: 3, by: 'bits', limit: 100 });
  assert.equal([found.depth, found.count, found.states, found.steps], [1, 7, 1, 7]);
});

test('of very many sequences 2000 are looked at, and all are counted', () => {
  // Sixty times the same folio, which e1 makes without any of 34 charges.
  const many: Universe = {
    id: 'many',
    summary: '',
    pages: 1,
    slots: Array.from({ length: 60 }, () => ({ pfn: 0, order: 0 })),
    pokes: Array.from({ length: 34 }, (_, i) => ({
      what: 'memcg_data',
      pfn: 0,
      byte: 56,
      size: 8,
      value: BigInt(i + 1) << 32n,
    })),
  };
  const found = tellApart(many, B, variant('e1'), { depth: 2, by: 'bits', limit: 3000 });
  assert.equal([found.depth, found.count, found.tellings.length], [2, 60 * 34, 2000]);
});

test('a variant is not told apart from itself', () => {
  for (const { count } of compareVariants(A, A, { depth: 2, limit: 5, by: 'bits' })) assert.is(count, 0);
});

test.run();
