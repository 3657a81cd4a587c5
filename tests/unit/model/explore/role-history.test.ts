import * as assert from 'uvu/assert';
import { bySplit, candidates } from '../../../../orchestrator/model/explore/cover-search.js';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { classifyTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { RoleHistory } from '../../../../orchestrator/model/explore/role-history.js';
import type { FolioChange } from '../../../../orchestrator/model/explore/role-history.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/role-history');

const born = (pfn: number, order: number): FolioChange => ({ kind: 'born', pfn, order });
const died = (pfn: number, order?: number): FolioChange => ({
  kind: 'died',
  pfn,
  ...(order === undefined ? {} : { order }),
});
const split = (pfn: number): FolioChange => ({ kind: 'split', pfn });
const pages = (n: number): number[] => Array.from({ length: n }, (_, page) => page);

/** What a history has seen since it was last asked: transitions, each with the number of pages. */
function watched(): { readonly history: RoleHistory; readonly take: () => Record<string, number> } {
  let seen: Record<string, number> = {};
  const history = new RoleHistory((number) => {
    const text = transitionText(number);
    seen[text] = (seen[text] ?? 0) + 1;
  });
  const take = (): Record<string, number> => {
    const now = seen;
    seen = {};
    return now;
  };
  return { history, take };
}

test('fresh pages become the pages of a folio', () => {
  const { history, take } = watched();
  history.follow([born(8, 3)]);
  assert.equal(take(), {
    'fresh→head/3..8': 1,
    'fresh→tail1/3..8': 1,
    'fresh→tail2/3..8': 1,
    'fresh→tail/3..8': 5,
  });
});

test('a dead tail remembers what it was, and what became of its head', () => {
  const { history, take } = watched();
  history.follow([born(0, 2), died(0)]);
  take();
  history.follow([born(1, 0), died(1)]);
  assert.equal(take(), { 'tail1/2→order0': 1 }, 'the head is what it was');
  history.follow([born(0, 0)]);
  assert.equal(take(), { 'head/2→order0': 1 });
  history.follow([born(2, 0)]);
  assert.equal(take(), { 'tail2/2 (head alive)→order0': 1 });
  history.follow([died(0), born(3, 0)]);
  assert.equal(take(), { 'tail/2 (head re-made)→order0': 1 });
});

test('a split makes pieces of a living order-9 folio, page by page as it is told', () => {
  const { history, take } = watched();
  history.follow([born(512, 9)]);
  take();
  history.follow([split(513), split(514), died(513)]);
  assert.equal(take(), { 'tail1/9→piece tail1': 1, 'tail2/9→piece tail2': 1 });
  history.follow([born(513, 0)]);
  assert.equal(take(), { 'piece tail1→order0': 1 });
  history.follow([split(512), died(512), born(512, 0)]);
  assert.equal(take(), { 'head/9→piece head': 1, 'piece head→order0': 1 });
  assert.is(history.contradictions, 0);
});

test('a page of an order-9 folio that is freed alone was split off before', () => {
  const { history, take } = watched();
  history.follow([born(0, 9)]);
  take();
  history.step([died(5, 0), died(0, 0)]);
  assert.equal(take(), { 'tail/9→piece tail': 1, 'head/9→piece head': 1 });
  assert.is(history.contradictions, 0);
});

test('a free of what nobody saw alive shows that it was, where the order is known', () => {
  const { history, take } = watched();
  history.step([died(4, 1), died(4, 0)]);
  assert.equal(take(), { 'fresh→head/1': 1, 'fresh→tail1/1': 1, 'head/1→order0': 1 });
  history.follow([died(32)]);
  assert.equal([take(), history.contradictions], [{}, 1]);
});

test('what lives after a step tells births, splits and deaths that no call told', () => {
  const { history, take } = watched();
  history.step([], [{ pfn: 0, order: 9 }]);
  take();
  // Without a folio_split operation nobody calls.
  history.step(
    pages(512)
      .filter((page) => page !== 7 && page !== 9)
      .map((page) => died(page, 0)),
    [
      { pfn: 7, order: 0 },
      { pfn: 9, order: 0 },
    ],
  );
  assert.equal(take(), {
    'head/9→piece head': 1,
    'tail1/9→piece tail1': 1,
    'tail2/9→piece tail2': 1,
    'tail/9→piece tail': 509,
  });
  history.step([], [{ pfn: 9, order: 0 }]);
  history.step([], [{ pfn: 6, order: 1 }]);
  assert.equal(take(), { 'piece tail→head/1': 1, 'piece tail→tail1/1': 1 });
  assert.is(history.contradictions, 0);
});

test('a folio that was freed and made anew in one step is told by the call', () => {
  const { history, take } = watched();
  history.step([], [{ pfn: 2, order: 0 }]);
  take();
  history.step([], [{ pfn: 2, order: 0 }]);
  assert.equal(take(), {});
  history.step([died(2, 0)], [{ pfn: 2, order: 0 }]);
  assert.equal(take(), { 'order0→order0': 1 });
});

test('what one step does to a head and its old tail leaves it open which came first', () => {
  const { history, take } = watched();
  history.step([], [{ pfn: 0, order: 2 }]);
  history.step([died(0, 2)], []);
  take();
  history.step(
    [],
    [
      { pfn: 0, order: 0 },
      { pfn: 1, order: 0 },
      { pfn: 2, order: 1 },
    ],
  );
  assert.equal([take(), history.uncertain], [{ 'head/2→order0': 1 }, 3]);

  history.step([died(0, 0), died(1, 0), died(2, 1)], [{ pfn: 520, order: 3 }]);
  history.step([died(520, 3)], []);
  take();
  history.step(
    [],
    [
      { pfn: 520, order: 1 },
      { pfn: 524, order: 0 },
    ],
  );
  assert.equal([take(), history.uncertain], [{ 'head/3..8→head/1': 1 }, 3 + 2], 'wherever they are');

  const other = watched();
  other.history.follow([born(0, 2), died(0), born(0, 0)]);
  other.take();
  other.history.step([died(0, 0)], [{ pfn: 3, order: 0 }]);
  assert.equal([other.take(), other.history.uncertain], [{}, 1]);
});

test('the end of the old folio in the same step leaves no doubt, nor does a new one over all of it', () => {
  const { history, take } = watched();
  history.step([], [{ pfn: 0, order: 2 }]);
  take();
  history.step([died(0, 2)], [{ pfn: 3, order: 0 }]);
  assert.equal(take(), { 'tail/2→order0': 1 });
  history.step([died(3, 0)], [{ pfn: 0, order: 3 }]);
  assert.is(take()['tail1/2→tail1/3..8'], 1);
  assert.is(history.uncertain, 0);
});

test('one folio alone leaves no doubt, whether it died in the step too or another was split', () => {
  const { history, take } = watched();
  history.follow([born(0, 2), died(0), born(512, 9)]);
  take();
  history.step([died(0, 1)]);
  assert.equal(take(), { 'head/2→head/1': 1, 'tail1/2→tail1/1': 1 });
  history.follow([born(0, 2), died(0)]);
  take();
  history.step([split(513), born(0, 1)]);
  assert.equal(take(), { 'tail1/9→piece tail1': 1, 'head/2→head/1': 1, 'tail1/2→tail1/1': 1 });
  history.follow([died(0), born(0, 2), died(0)]);
  take();
  history.step([died(32), born(0, 1)]);
  assert.equal(take(), { 'head/2→head/1': 1, 'tail1/2→tail1/1': 1 }, 'also beside what is wrong');
  assert.equal([history.uncertain, history.contradictions], [0, 1]);
});

test('an end that is not at the head, or of another order, proves nothing and ends nothing', () => {
  const { history, take } = watched();
  history.follow([born(0, 2)]);
  take();
  history.follow([died(1), died(0, 1)]);
  assert.equal([take(), history.contradictions], [{}, 2]);
  history.follow([born(0, 0)]);
  assert.equal([take(), history.contradictions], [{}, 3], 'it still lives');
});

test('an init of a living page, out of place, or a split of what is none proves nothing', () => {
  const { history, take } = watched();
  history.follow([born(0, 1)]);
  take();
  history.follow([born(1, 0), born(2, 2), split(0)]);
  assert.equal([take(), history.contradictions], [{}, 3]);
});

test('smaller folios in place of a living one, whose end nobody told, prove nothing and live from then on', () => {
  const { history, take } = watched();
  history.step([], [{ pfn: 0, order: 2 }]);
  take();
  const halves = [0, 2].map((pfn) => ({ pfn, order: 1 }));
  history.step([], halves);
  assert.equal([take(), history.contradictions], [{}, 2]);
  history.step([], halves);
  history.step([died(0, 1), died(2, 1)], [{ pfn: 3, order: 0 }]);
  assert.equal([take(), history.contradictions], [{ 'tail1/1→order0': 1 }, 2]);
  for (const [order, smaller] of [
    [1, 0],
    [9, 3],
  ] as const) {
    const other = watched().history;
    other.step([], [{ pfn: 512, order }]);
    for (let look = 0; look < 2; look += 1) other.step([], [{ pfn: 512, order: smaller }]);
    assert.is(other.contradictions, 1);
  }
});

test('what lives no more is dead, whatever lives before it', () => {
  const { history, take } = watched();
  const all = [
    { pfn: 0, order: 0 },
    { pfn: 4, order: 1 },
    { pfn: 6, order: 0 },
  ];
  history.step([], all);
  take();
  history.step([], all.slice(1, 2));
  history.step([], all);
  assert.equal([take(), history.contradictions], [{ 'order0→order0': 2 }, 0]);
});

test('a death ends one folio: not its neighbour, and no page that was split off it', () => {
  const { history, take } = watched();
  history.follow([born(0, 1), born(2, 1), died(0), died(2)]);
  history.follow([born(512, 9), split(513), died(512)]);
  take();
  history.follow([died(513), born(513, 0)]);
  assert.equal([take(), history.contradictions], [{ 'piece tail1→order0': 1 }, 0]);
});

test('blocks of 512 pages are apart, wherever they are', () => {
  const { history, take } = watched();
  const far = 2 ** 41 + 512;
  history.follow([born(far, 0), died(far), born(0, 0)]);
  assert.equal(take(), { 'fresh→order0': 2 });
  history.follow([born(far, 9)]);
  assert.is(take()['order0→head/9'], 1);
});

test('it agrees with the search that `ci model cover` makes, on every sequence of up to 3 steps', () => {
  for (const start of ['fresh', 'pieces'] as const) {
    const wanted = classifyTransitions().reachable.filter((number) => !bySplit(number));
    const found = candidates(start, wanted, 3);
    assert.ok(found.length >= 80);
    for (const { steps, covers } of found) {
      const { history, take } = watched();
      if (start === 'pieces')
        history.follow([born(0, 9), ...pages(512).flatMap((page) => [split(page), died(page)])]);
      take();
      history.follow(steps.map(({ pfn, order }) => (order === undefined ? died(pfn) : born(pfn, order))));
      const made = take();
      for (const number of covers)
        assert.ok(made[transitionText(number)], `${transitionText(number)} by ${JSON.stringify(steps)}`);
      assert.is(history.contradictions, 0);
    }
  }
});

test.run();
