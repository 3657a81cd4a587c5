import * as assert from 'uvu/assert';
import { VARIANTS, VARIANT_A, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { Search, placeOf } from '../../../../orchestrator/model/explore/search.js';
import type { Visit } from '../../../../orchestrator/model/explore/search.js';
import { explore } from '../../../../orchestrator/model/explore/explore.js';
import { UNIVERSES } from '../../../../orchestrator/model/explore/universe.js';
import type { Universe } from '../../../../orchestrator/model/explore/universe.js';
import { suite } from '../../../harness/suite.js';
import { MEMMAP, PGMAP } from '../support.js';
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

test('the chunk of a search lies where the tests have theirs, aligned to the largest folio', () => {
  for (const universe of [tiny, small, large]) {
    const where = placeOf(universe);
    assert.equal([where.memmap, where.pgmap, where.pages], [MEMMAP, PGMAP, universe.pages]);
    assert.is(where.memmap % (512n * 64n), 0n);
  }
});

test('steps and ways: every order of two inits is a way, every possible step is taken once from each state', () => {
  const search = new Search(tiny, [VARIANT_B]);
  const edges: string[] = [];
  const visit: Visit = ({ node, action, depth, effects }) => {
    edges.push(`${depth} ${node} ${search.actions[action]?.kind ?? ''} ${effects[0]?.refs ?? ''}`);
    return true;
  };
  search.deepen(visit);
  // Seven places for a folio, and nothing to free.
  assert.equal(
    edges.map((one) => one.split(' ').slice(0, 3).join(' ')),
    Array(7).fill('1 0 init'),
  );
  assert.equal(edges.map((one) => one.split(' ')[3] ?? '').sort(), ['1', '1', '1', '1', '2', '2', '4']);
  assert.equal([search.states, search.steps, search.layers], [8, 7, [0, 1]]);
  search.deepen(visit);
  assert.is(search.layers.length, 3);
  const both = Array.from({ length: search.states }, (_, node) => node).filter(
    (node) => search.pathTo(node).length === 2 && search.waysTo(node) === 2,
  );
  // Two folios that do not overlap: of 21 pairs of places, 6 share pages by 1@x over 0@x, 6 by 2@0 over all.
  assert.is(both.length, 21 - 4 - 6);
  for (const node of both) {
    const kinds = search.pathTo(node).map(({ kind }) => kind);
    assert.equal(kinds, ['init', 'init']);
  }
  assert.equal([search.waysTo(0), search.waysTo(1), search.pathTo(0)], [1, 1, []]);
});

test('places beyond the 32nd: alive and locked each by itself', () => {
  const many: Universe = {
    id: 'many',
    summary: '',
    pages: 64,
    slots: Array.from({ length: 40 }, (_, pfn) => ({ pfn, order: 0 })),
    hold: true,
  };
  const search = new Search(many, [VARIANT_B]);
  search.deepen(({ action }) => {
    const { kind, op } = search.actions[action] ?? {};
    return (kind === 'init' || kind === 'hold') && op?.op === 'init' && [3, 35].includes(op.pfn);
  });
  const possible = new Map<number, string[]>();
  search.deepen(({ node, action }) => {
    const one = search.actions[action];
    if (one?.kind === 'poke' || !one) return false;
    if ([3, 35].includes(one.slot))
      possible.set(node, [...(possible.get(node) ?? []), `${one.kind} ${one.slot}`]);
    return one.slot === 35 || one.slot === 3;
  });
  const text = (node: number): string =>
    search
      .pathTo(node)
      .map((one) => `${one.kind} ${'slot' in one ? one.slot : ''}`)
      .join();
  assert.equal(Object.fromEntries([...possible].map(([node, kinds]) => [text(node), kinds.join()])), {
    'init 3': 'free 3,init 35,hold 35',
    'hold 3': 'unlock 3,init 35,hold 35',
    'init 35': 'init 3,hold 3,free 35',
    'hold 35': 'init 3,hold 3,unlock 35',
  });
  // A folio that was unlocked after all is as one that never was kept locked, and a page that was freed as a fresh one.
  assert.is(search.states, 1 + 4 + 4);
});

/** Steps other than inits that are possible after some; `hold 35`: the kind and the slot. */
function possibleAfter(universe: Universe, ...steps: readonly string[]): string[] {
  const search = new Search(universe, [VARIANT_B]);
  const text = (action: number): string => {
    const one = search.actions[action];
    return one && one.kind !== 'poke' ? `${one.kind} ${one.slot}` : '';
  };
  for (const step of steps) search.deepen(({ action }) => text(action) === step);
  assert.is(search.states, steps.length + 1, 'every step leads to one more state');
  const possible: string[] = [];
  search.deepen(({ action }) => {
    possible.push(text(action));
    return false;
  });
  return possible.filter((one) => !/^(?:init|hold)/.test(one));
}

test('places beyond the 32nd: what is done to one leaves the others as they are', () => {
  const many: Universe = {
    id: 'many',
    summary: '',
    pages: 64,
    slots: [
      ...Array.from({ length: 40 }, (_, pfn) => ({ pfn, order: 0 })),
      { pfn: 30, order: 1 },
      { pfn: 32, order: 1 },
    ],
    hold: true,
    split: true,
  };
  assert.equal(possibleAfter(many, 'init 35', 'init 41', 'free 41'), ['free 35']);
  assert.equal(possibleAfter(many, 'init 33', 'hold 35'), ['free 33', 'unlock 35']);
  assert.equal(possibleAfter(many, 'init 33', 'hold 35', 'unlock 35'), ['free 33', 'free 35']);
  assert.equal(possibleAfter(many, 'init 40', 'split 40'), ['free 30', 'free 31']);
  assert.equal(possibleAfter(many, 'init 41', 'split 41'), ['free 32', 'free 33']);
  assert.equal(possibleAfter(many, 'init 35', 'init 40', 'split 40'), ['free 30', 'free 31', 'free 35']);
});

test('a state behind a step that the visitor does not want is not searched on', () => {
  const search = new Search(tiny, [VARIANT_B]);
  search.deepen(({ action }) => search.actions[action]?.kind !== 'init');
  assert.equal([search.states, search.closed, search.steps], [1, true, 7]);
});

test('two variants take the same steps; a state is that of both', () => {
  const search = new Search(tiny, [VARIANT_B, VARIANT_A]);
  const alone = new Search(tiny, [VARIANT_A]);
  for (let depth = 1; depth <= 3; depth += 1) {
    search.deepen(({ effects }) => {
      assert.is(effects.length, 2);
      return true;
    });
    alone.deepen(() => true);
    assert.ok(search.states >= alone.states);
  }
});

test('an exploration is the same every time', () => {
  assert.equal(explore(small, 3, VARIANT_A), explore(small, 3, VARIANT_A));
});

test.run();
