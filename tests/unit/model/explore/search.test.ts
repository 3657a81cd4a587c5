import * as assert from 'uvu/assert';
import { VARIANTS, VARIANT_A, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { explore } from '../../../../orchestrator/model/explore/explore.js';
import { UNIVERSES } from '../../../../orchestrator/model/explore/universe.js';
import type { Universe } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';
import { everySequence, play, stateText } from './brute.js';

const test = suite('model/explore/search');

const { tiny, small, large } = UNIVERSES;
const held: Universe = {
  ...tiny,
  id: 'held',
  hold: true,
  pokes: [{ what: 'PG_locked', pfn: 1, byte: 0, size: 1, value: 1n }],
};

const split: Universe = { ...tiny, id: 'split', split: true };

/** States by the least number of steps that reaches them, from all sequences with a new kernel each. */
function bruteForce(universe: Universe, depth: number, id: string): { statesAt: number[]; stops: number } {
  const seen = new Set<string>();
  const statesAt: number[] = [];
  const ends = new Set<string>();
  for (let length = 0; length <= depth; length++) {
    const before = seen.size;
    for (const steps of everySequence(universe, length)) {
      const end = play(universe, VARIANTS[id] ?? VARIANT_B, steps);
      if (!end.machine.stopped) seen.add(stateText(universe, end, steps));
      else if (end.steps === length) {
        // The search takes a step once from each state.
        const prefix = steps.slice(0, -1);
        ends.add(
          `${stateText(universe, play(universe, VARIANTS[id] ?? VARIANT_B, prefix), prefix)} ${JSON.stringify(steps.at(-1), (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`,
        );
      }
    }
    statesAt.push(seen.size - before);
  }
  return { statesAt, stops: ends.size };
}

for (const [universe, depth, id] of [
  [tiny, 4, 'b'],
  [tiny, 5, 'a'],
  [held, 3, 'a'],
  [held, 3, 'nomemcg'],
  [split, 4, 'b'],
  [split, 3, 'a'],
  [small, 2, 'b'],
] as const)
  test(`${universe.id} to depth ${depth}, variant ${id}: the states of all sequences, one by one`, () => {
    const variant = VARIANTS[id] ?? VARIANT_B;
    const found = explore(universe, depth, variant);
    const brute = bruteForce(universe, depth, id);
    assert.equal(found.statesAt, brute.statesAt);
    if (universe !== held)
      assert.is(
        Object.values(found.stops).reduce((sum, n) => sum + n, 0),
        brute.stops,
      );
  });

test('the tiny universe is searched to its end', () => {
  const found = explore(tiny, 100, VARIANT_B);
  assert.ok(found.closed);
  assert.equal(explore(tiny, found.statesAt.length + 5, VARIANT_B), {
    ...found,
    depth: found.statesAt.length + 5,
  });
  assert.equal(found.stops, {});
  assert.not.ok(explore(tiny, 3, VARIANT_B).closed);
});

test('variant a stops in the large universe where a head is made of a dead tail', () => {
  const found = explore(large, 3, VARIANT_A);
  assert.equal(Object.keys(found.stops), ['include/linux/page-flags.h:345']);
  assert.equal(explore(large, 3, VARIANT_B).stops, {});
});

test('an exploration is the same every time', () => {
  assert.equal(explore(small, 3, VARIANT_A), explore(small, 3, VARIANT_A));
});

test.run();
