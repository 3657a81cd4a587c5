import * as assert from 'uvu/assert';
import { VARIANTS, VARIANT_A, VARIANT_B } from '../../../../orchestrator/model/index.js';
import type { Variant } from '../../../../orchestrator/model/index.js';
import { compareVariants } from '../../../../orchestrator/model/explore/compare-variants.js';
import { tellApart } from '../../../../orchestrator/model/explore/telling.js';
import { UNIVERSES } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/compare-variants');

const variant = (id: string): Variant => {
  const found = VARIANTS[id];
  if (!found) throw new Error(`no variant ${id}`);
  return found;
};
const plain = { depth: 2, limit: 1, by: 'bits', universe: 'tiny' } as const;

test('steps are added only where they are asked for', () => {
  const kinds = (more: object): string[] => {
    const [found] = compareVariants(VARIANT_A, variant('e2'), { ...plain, limit: 1000, depth: 2, ...more });
    return [...new Set(found?.tellings.flatMap(({ steps }) => steps.map(({ op }) => op)))].sort();
  };
  assert.equal(kinds({}), []);
  assert.equal(kinds({ pokes: true }), ['init', 'poke']);
});

test('steps that nothing tells by: a split of each large folio, an init that keeps the lock at each place', () => {
  const steps = (more: object): number =>
    compareVariants(VARIANT_B, VARIANT_B, { ...plain, ...more })[0]?.steps ?? 0;
  const usual = steps({});
  // After one init: two folios of order 1 and one of order 2.
  assert.is(steps({ split: true }) - usual, 3);
  assert.is(steps({ split: false, hold: false, pokes: false }), usual);
  assert.ok(steps({ hold: true }) >= 2 * usual);
});

test('one universe where one is named, and no deeper than asked for', () => {
  const found = compareVariants(VARIANT_B, VARIANT_A, plain);
  assert.equal(
    found.map(({ universe, depth, count, closed, by, a, b }) => [universe, depth, count, closed, by, a, b]),
    [['tiny', 2, 0, false, 'bits', 'b', 'a']],
  );
});

test('where small and large tell them apart, tiny is not searched to its end', () => {
  const found = compareVariants(VARIANT_A, variant('d1'), { depth: 1, limit: 1, by: 'bits' });
  assert.equal(
    found.map(({ universe, count }) => [universe, count > 0]),
    [
      ['small', true],
      ['large', true],
    ],
  );
});

test('effects alone: a lock that is taken from another folio is no effect, a hang is', () => {
  const options = { ...plain, by: 'effects', limit: 1000 } as const;
  const [three] = compareVariants(VARIANT_A, VARIANT_B, { ...options, depth: 3 });
  assert.ok(three?.tellings.every(({ differences }) => differences.every(({ kind }) => kind !== 'bits')));
  const [held] = compareVariants(VARIANT_A, VARIANT_B, { ...options, depth: 5, hold: true });
  assert.ok((held?.count ?? 0) > 0);
});

test('a search for a difference ends: at the depth, at so many states, where nothing is new, at the first found', () => {
  const same = (more: object): ReturnType<typeof tellApart> =>
    tellApart(UNIVERSES.tiny, VARIANT_B, VARIANT_B, { depth: 100, by: 'bits', limit: 5, ...more });
  assert.is(same({ depth: 3 }).depth, 3);
  assert.is(same({ depth: 3 }).closed, false);
  const few = same({ maxStates: 20 });
  assert.ok(few.states >= 20 && few.depth < 5 && !few.closed);
  assert.is(same({ maxStates: 8 }).depth, 1, 'one step leads to seven states, which makes eight');
  const all = same({});
  assert.equal([all.closed, all.states, all.count], [true, 510, 0]);
  const found = tellApart(UNIVERSES.tiny, VARIANT_A, VARIANT_B, { depth: 100, by: 'bits', limit: 5 });
  assert.equal([found.depth, found.closed, found.tellings.length], [3, false, 5]);
});

test.run();
