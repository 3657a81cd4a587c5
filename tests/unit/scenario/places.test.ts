import * as assert from 'uvu/assert';
import { placesLost, placesReached } from '../../../orchestrator/scenario/places.js';
import { actionOf, DEFAULT_SEED, Step } from '../../../orchestrator/scenario/schema.js';
import type { Mapped, UserFolio } from '../../../orchestrator/scenario/user-memory.js';
import { suite } from '../../harness/suite.js';
import { made, run } from './support.js';

const test = suite('scenario/places');

const mapped = (...pages: number[]): Mapped => ({ pages: new Set(pages), huge: false });
const folio = (page: number, processes: Record<string, Mapped>): UserFolio => ({
  mapping: 'm',
  page,
  pfn: 8 + page,
  order: 0,
  mapped: new Map(Object.entries(processes)),
});

test('a page that left the device is in system memory, unless the step dropped it', () => {
  const before = [folio(0, { '': mapped(0) }), folio(1, { '': mapped(1), c: mapped(1) })];
  const lost = (process: string, dropped: number[], ...states: ('none' | 'ram' | 'device')[]): unknown => [
    ...placesLost({ name: 'm', process }, before, new Set(dropped), states),
  ];
  assert.equal(lost('', [], 'ram', 'device'), []);
  assert.equal(lost('', [], 'none', 'none'), [
    [0, 'ram'],
    [1, 'ram'],
  ]);
  assert.equal(lost('', [0], 'none', 'ram'), []);
  // The child never had page 0.
  assert.equal(lost('c', [], 'none', 'none'), [[1, 'ram']]);
  assert.equal([...placesLost({ name: 'other', process: '' }, before, new Set(), ['none'])], []);
});

test('coherent pages are accessed where they are, unless somebody else has them too', () => {
  const before = [folio(0, { '': mapped(0) }), folio(1, { '': mapped(1), c: mapped(1) })];
  const places = (step: unknown): unknown => [
    ...placesReached(
      actionOf(Step.parse(step)),
      { name: 'm', process: '' },
      new Map([0, 1, 2].map((page) => [page, 'ram' as const])),
      before,
    ),
  ];
  const [first, second, third] = [0, 1, 2].map((page) => [page, 'device']);
  assert.equal(places({ verify: {} }), [first, second, [2, 'ram']], 'page 2 was in system memory');
  assert.equal(places({ touch: { page: 0 } }), [first, second, [2, 'ram']]);
  assert.equal(places({ fill: {} }), [first, [2, 'ram']]);
  assert.equal(places({ touch: { page: 0, write: true } }), [first, [2, 'ram']]);
  assert.equal(
    places({ pin: { page: 0 } }),
    [0, 1, 2].map((page) => [page, 'ram']),
    'a long-term pin takes them off the device',
  );
  assert.is(third?.[0], 2);
});

test('a neighbour that a fault has taken away is named', async () => {
  const to = [0, 1].map((page) => ({ page, pfn: 8 + page, order: 0 }));
  const steps = [
    { mmap: { name: 'm', pages: 2 } },
    { fill: { name: 'm', seed: DEFAULT_SEED } },
    { migrate: { name: 'm', to } },
    { touch: { name: 'm', page: 0, pages: 1 } },
  ];
  const spoil = (request: { op: string }, reply: object): never => {
    if (request.op !== 'touch') return reply as never;
    const m = [
      { page: 0, n: 1, state: 'ram' },
      { page: 1, n: 1, state: 'none' },
    ];
    return { ...reply, maps: { m } } as never;
  };
  const { records } = await run([made('lost', steps)], { spoil });
  const found = records[0]?.deviations.filter(({ field }) => field === 'place of a mapped page');
  assert.equal(
    found?.map(({ step, expected, found: got }) => [step, expected, got]),
    [[4, 'page 1 of mapping m: ram', 'none']],
  );
});

test.run();
