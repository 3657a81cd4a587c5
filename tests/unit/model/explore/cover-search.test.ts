import * as assert from 'uvu/assert';
import { RoleMap } from '../../../../orchestrator/model/index.js';
import {
  bySplit,
  candidates,
  coverBits,
  fromPiece,
} from '../../../../orchestrator/model/explore/cover-search.js';
import type { CoverStep } from '../../../../orchestrator/model/explore/cover-search.js';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { reachableTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { hasBit } from '../../../../orchestrator/model/explore/set-cover.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/cover-search');

const all = [...reachableTransitions()].sort((a, b) => a - b);
const plain = all.filter((number) => !fromPiece(number) && !bySplit(number));
const pieces = all.filter(fromPiece);

/** Folios on the first 16 pages, and one of order 9. */
const SLOTS = [
  ...[0, 1, 2, 3, 4].flatMap((order) =>
    Array.from({ length: 16 >> order }, (_, i) => ({ pfn: i << order, order })),
  ),
  { pfn: 0, order: 9 },
];

const classOf = (order: number): string => (order <= 2 || order === 9 ? String(order) : '3..8');
const named = (role: string, order: number): string =>
  role === 'order0' ? role : `${role}/${classOf(order)}`;

/** Transitions of one sequence, told by roles of pages alone; undefined where a step is not possible. */
function transitionsOf(start: 'fresh' | 'pieces', steps: readonly CoverStep[]): Set<string> | undefined {
  const roles = new RoleMap(512);
  const live = new Map<number, number>();
  const found = new Set<string>();
  const before = (page: number): string => {
    const role = roles.role(page);
    if (role === 'fresh')
      return start === 'fresh' ? 'fresh' : `piece ${(['head', 'tail1', 'tail2'] as const)[page] ?? 'tail'}`;
    const text = named(role, roles.order(page));
    if (!role.startsWith('tail') || !roles.dead(page)) return text;
    return `${text} (${roles.live(roles.folio(page).pfn) ? 'head alive' : 'head re-made'})`;
  };
  for (const { pfn, order } of steps) {
    if (order === undefined) {
      if (!live.delete(pfn)) return undefined;
      roles.free(pfn);
      continue;
    }
    const end = pfn + 2 ** order;
    for (const [other, size] of live) if (other < end && pfn < other + size) return undefined;
    const pages = Array.from({ length: Math.min(16, end) - pfn }, (_, i) => pfn + i);
    const was = pages.map(before);
    roles.init(pfn, order);
    live.set(pfn, 2 ** order);
    for (const [i, page] of pages.entries()) found.add(`${was[i]}→${named(roles.role(page), order)}`);
  }
  return found;
}

/** Every sequence of at most `depth` steps, none left out. */
function* sequences(depth: number): Generator<CoverStep[]> {
  const steps: CoverStep[] = [...SLOTS, ...[...new Set(SLOTS.map(({ pfn }) => pfn))].map((pfn) => ({ pfn }))];
  yield [];
  if (depth > 0) for (const before of sequences(depth - 1)) for (const step of steps) yield [...before, step];
}

for (const [start, wanted, depth] of [
  ['fresh', plain, 2],
  ['pieces', pieces, 2],
] as const)
  test(`${start}: one candidate for each set of transitions that some sequence of ${depth} steps makes`, () => {
    const texts = new Set(wanted.map(transitionText));
    const key = (found: ReadonlySet<string>): string =>
      [...found]
        .filter((one) => texts.has(one))
        .sort()
        .join();
    const shortest = new Map<string, number>();
    for (const steps of sequences(depth)) {
      const found = transitionsOf(start, steps);
      if (found) shortest.set(key(found), Math.min(steps.length, shortest.get(key(found)) ?? Infinity));
    }
    const found = candidates(start, wanted, depth);
    const keys = found.map(({ covers }) => key(new Set(covers.map(transitionText))));
    assert.is(new Set(keys).size, found.length, 'each once');
    assert.equal(keys.toSorted(), [...shortest.keys()].sort());
    for (const [i, { steps }] of found.entries()) {
      assert.is(key(transitionsOf(start, steps) ?? new Set()), keys[i]);
      assert.is(steps.length, shortest.get(keys[i] ?? ''));
    }
  });

test('longer ones make what they say, and more', () => {
  const found = candidates('fresh', plain, 3);
  for (const { steps, covers } of found) {
    const made = transitionsOf('fresh', steps);
    assert.ok(made, 'is possible');
    assert.equal(
      [...made].filter((one) => plain.map(transitionText).includes(one)).sort(),
      covers.map(transitionText).sort(),
    );
    assert.ok(steps.length <= 3);
  }
  assert.ok(found.some(({ steps }) => steps.some(({ order }) => order === undefined)));
});

test('transitions of a candidate as bits of those that are wanted', () => {
  const covers = [plain[0], plain[31], plain[32], plain[70]] as number[];
  const bits = coverBits({ steps: [], covers }, plain);
  assert.is(bits.length, Math.ceil(plain.length / 32));
  for (const i of plain.keys()) assert.is(hasBit(bits, i), [0, 31, 32, 70].includes(i), String(i));
});

test('a word for each 32 wanted transitions, and one for the rest', () => {
  const last = all.find((number) => transitionText(number) === 'fresh→order0') as number;
  const others = plain.filter((number) => number !== last);
  for (const [count, words] of [
    [32, 1],
    [33, 2],
  ] as const) {
    const wanted = [...others.slice(0, count - 1), last];
    assert.is(coverBits({ steps: [], covers: [] }, wanted).length, words);
    for (const { steps, covers } of candidates('fresh', wanted, 1))
      assert.is(covers.includes(last), steps[0]?.order === 0, JSON.stringify(steps));
  }
});

test('what starts at a piece, and what a split does', () => {
  for (const number of all) {
    const [from = '', to = ''] = transitionText(number).split('→');
    assert.is(fromPiece(number), from.startsWith('piece'));
    assert.is(bySplit(number), to.startsWith('piece'));
  }
});

test.run();
