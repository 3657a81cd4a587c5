import * as assert from 'uvu/assert';
import { SetCover, bitsOf, countBits, hasBit } from '../../../../orchestrator/model/explore/set-cover.js';
import type { CoverResult } from '../../../../orchestrator/model/explore/set-cover.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/set-cover');

function solve(sets: readonly (readonly number[])[], members: number, budget?: number): CoverResult {
  const words = Math.ceil(members / 32);
  return new SetCover(
    sets.map((set) => bitsOf(set, words)),
    members,
    budget,
  ).solve();
}

/** The least number of sets that have every member of any, by taking out one after the other. */
function least(sets: readonly (readonly number[])[]): number {
  const open = new Set(sets.flat());
  const covers = (chosen: readonly (readonly number[])[]): boolean =>
    new Set(chosen.flat()).size === open.size;
  for (let size = 0; ; size += 1) if (picks(sets, size).some(covers)) return size;
}

function picks<T>(list: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return list.flatMap((one, i) => picks(list.slice(i + 1), size - 1).map((rest) => [one, ...rest]));
}

function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
}

test('bits: members of either word, counted in both', () => {
  const bits = bitsOf([0, 31, 32, 40, 63], 2);
  assert.equal([...bits], [0x80000001, 0x80000101]);
  for (let n = 0; n < 64; n += 1) assert.is(hasBit(bits, n), [0, 31, 32, 40, 63].includes(n), String(n));
  assert.is(countBits(bits), 5);
  assert.is(countBits(bits, bitsOf([31, 40, 41], 2)), 2);
  for (let n = 0; n <= 64; n += 1)
    assert.is(
      countBits(
        bitsOf(
          Array.from({ length: n }, (_, i) => i),
          2,
        ),
      ),
      n,
    );
  assert.is(countBits(bitsOf([0, 0, 5], 1)), 2);
});

test('what needs no choice: nothing, one set, sets that others contain, sets that alone have a member', () => {
  assert.equal(solve([], 0), { chosen: [], atLeast: 0, branches: 1 });
  assert.equal(solve([[]], 5).chosen, []);
  assert.equal(solve([[0, 1, 2]], 3).chosen, [0]);
  assert.equal(solve([[0], [0, 1, 2], [1, 2]], 3).chosen, [1]);
  assert.equal(solve([[3], [3]], 4).chosen, [0], 'of equal ones the first');
  const later = [
    [0, 1],
    [0, 2, 3],
    [1, 2, 3, 4],
  ];
  assert.equal(solve(later, 5).chosen, [0, 2], 'also of those that are equal once another is chosen');
  assert.equal(
    solve(
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      4,
    ).chosen,
    [0, 2],
  );
  assert.equal(
    solve(
      [
        [32, 1],
        [1, 33],
        [33, 40],
      ],
      41,
    ).chosen,
    [0, 2],
  );
});

test('where taking the largest first is wrong', () => {
  const trap = [
    [0, 1, 2, 3, 8, 9, 10, 11],
    [0, 1, 2, 3, 4, 5, 6],
    [7, 8, 9, 10, 11, 12, 13],
    [4, 5, 12],
    [6, 7, 13],
  ];
  assert.equal(solve(trap, 14), { chosen: [1, 2], atLeast: 2, branches: 1 }, 'prices lead to it');
});

test('of what was taken one after the other, sets that the later ones make superfluous are left out', () => {
  const sets = [
    [1, 3, 6],
    [3, 5, 6, 7],
    [0, 3, 5, 6],
    [0, 1, 5, 8],
    [0, 1, 5, 6],
    [1, 4, 7, 8],
    [1, 3, 4],
    [1, 6, 8],
  ];
  // Without a branch. The second one is the first to be taken.
  assert.equal(solve(sets, 9, 0), { chosen: [2, 5], atLeast: 2, branches: 0 });
});

test('a Steiner system, whose bound is far below: 5 of 9 points meet all 12 triples', () => {
  const triples = ['012', '345', '678', '036', '147', '258', '048', '156', '237', '057', '138', '246'];
  const points = Array.from({ length: 9 }, (_, point) =>
    triples.flatMap((triple, i) => (triple.includes(String(point)) ? [i] : [])),
  );
  const found = solve(points, 12);
  assert.is(found.chosen.length, 5);
  assert.is(found.atLeast, 5);
  assert.ok(found.branches > 1, 'the bound alone, which is 3, does not show it');
  const stopped = solve(points, 12, 1);
  assert.ok(stopped.atLeast >= 3 && stopped.atLeast < 5, `at least ${stopped.atLeast} after one branch`);
  assert.is(stopped.branches, 1);
});

/** Corners of triangles as sets of their edges: each triangle needs two corners, and the bound has one and a half. */
function triangles(count: number): number[][] {
  return Array.from({ length: count }, (_, i) => [3 * i, 3 * i + 1, 3 * i + 2]).flatMap(
    ([a = 0, b = 0, c = 0]) => [
      [a, b],
      [b, c],
      [c, a],
    ],
  );
}

test('a branch for each choice between two corners of a triangle, none twice, none for what is superfluous', () => {
  for (const count of [1, 2, 3, 4]) {
    const corners = triangles(count);
    const edges = 3 * count;
    const smaller = Array.from({ length: edges }, (_, edge) => [edge]);
    const double = corners.map((set) => [...set, ...set.map((edge) => edge + edges)]);
    for (const [sets, members, what] of [
      [corners, edges, 'no more'],
      [[...corners, ...smaller], edges, 'sets that others contain'],
      [[...smaller, ...corners], edges, 'the same before them'],
      [double, 2 * edges, 'members that come with others'],
    ] as const) {
      const { chosen, atLeast, branches } = solve(sets, members);
      const wanted = [2 * count, 2 * count, 2 ** count - 1];
      assert.equal([chosen.length, atLeast, branches], wanted, `${count} and ${what}`);
    }
    const { chosen, branches } = solve([[edges], ...corners, [edges + 1]], edges + 2);
    assert.equal([chosen.length, branches], [2 * count + 2, 2 ** count - 1], 'what must be chosen');
  }
});

test('after 200 branches it gives up', () => {
  const { chosen, atLeast, branches } = solve([...triangles(8), [24]], 25);
  assert.equal([chosen.length, atLeast, branches], [17, 13, 200]);
});

test('random problems over two words: a cover, the smallest, and the bound says so', () => {
  const random = numbers(7);
  for (let round = 0; round < 40; round += 1) {
    const sets = Array.from({ length: 9 }, () => Array.from({ length: 9 }, () => 20 + random(24)));
    const wanted = least(sets);
    const { chosen, atLeast } = solve(sets, 64);
    assert.is(new Set(chosen.flatMap((i) => sets[i] ?? [])).size, new Set(sets.flat()).size);
    assert.equal([chosen.length, atLeast], [wanted, wanted]);
    assert.equal(
      [...chosen],
      chosen.toSorted((a, b) => a - b),
    );
  }
});

test('prices: the branches that they leave, the bound and the cover that they find in one, the same on every machine', () => {
  const random = numbers(5);
  const sum = { branches: 0, least: 0, bound: 0, found: 0 };
  for (let round = 0; round < 20; round += 1) {
    const sets = Array.from({ length: 30 }, () => Array.from({ length: 6 }, () => random(24)));
    const { chosen, atLeast, branches } = solve(sets, 24);
    assert.is(chosen.length, atLeast);
    sum.branches += branches;
    sum.least += atLeast;
    const first = solve(sets, 24, 1);
    sum.bound += first.atLeast;
    sum.found += first.chosen.length;
  }
  assert.equal(sum, { branches: 48, least: 113, bound: 108, found: 116 });
});

test('of covers of one size the first that is found stays', () => {
  const random = numbers(79);
  const sets = Array.from({ length: 26 }, () => Array.from({ length: 6 }, () => random(20)));
  // The prices lead to it; another one of five sets is met in a branch.
  assert.equal(solve(sets, 20), { chosen: [2, 5, 14, 20, 21], atLeast: 5, branches: 4 });
});

/** Of `n` members, for each one the set of those that lie so far behind it. */
function turned(n: number, steps: readonly number[]): number[][] {
  return Array.from({ length: n }, (_, first) => steps.map((step) => (first + step) % n));
}

test('600 rounds of prices at the start, 60 in a branch: with 20 more or fewer other branches are left', () => {
  const drawn = (seed: number): number[][] => {
    const random = numbers(seed);
    return Array.from({ length: 30 }, () => Array.from({ length: 5 }, () => random(18)));
  };
  const branches = (sets: readonly (readonly number[])[], members: number): number =>
    solve(sets, members).branches;
  assert.equal([branches(drawn(1044), 18), branches(drawn(222), 18)], [3, 8]);
  assert.equal([branches(turned(15, [0, 8, 14]), 15), branches(turned(20, [0, 2, 7]), 20)], [9, 7]);
});

test('of prices that are worth the same the first stay', () => {
  const pairs = turned(9, [0, 1]);
  const triples = [
    [0, 2, 4],
    [1, 3, 5],
    [2, 4, 6],
  ];
  assert.equal(solve([...pairs, ...triples], 9), { chosen: [6, 7, 9, 10], atLeast: 4, branches: 1 });
});

test('however early it stops, it has a cover and a bound that is none too high', () => {
  const random = numbers(11);
  for (let round = 0; round < 20; round += 1) {
    const sets = Array.from({ length: 10 }, () => Array.from({ length: 4 }, () => random(20)));
    const wanted = least(sets);
    for (const budget of [1, 2, 3]) {
      const { chosen, atLeast, branches } = solve(sets, 20, budget);
      assert.is(new Set(chosen.flatMap((i) => sets[i] ?? [])).size, new Set(sets.flat()).size);
      assert.ok(atLeast <= wanted && wanted <= chosen.length, `${atLeast} ${wanted} ${chosen.length}`);
      assert.ok(branches >= 1 && branches <= budget);
    }
  }
});

test.run();
