import * as assert from 'uvu/assert';
import { VARIANTS } from '../../../../orchestrator/model/variants.js';
import { playCase } from '../../../../orchestrator/scenario/play.js';
import { caseOf } from '../../../../orchestrator/scenario/random/case.js';
import { drawSequence } from '../../../../orchestrator/scenario/random/draw.js';
import { applyEdit, applyPath, parsePath, pathText } from '../../../../orchestrator/scenario/random/edit.js';
import type { Edit } from '../../../../orchestrator/scenario/random/edit.js';
import { shrink } from '../../../../orchestrator/scenario/random/shrink.js';
import { simplerSteps } from '../../../../orchestrator/scenario/random/simpler.js';
import { possibleSteps } from '../../../../orchestrator/scenario/random/walk.js';
import { Step } from '../../../../orchestrator/scenario/schema.js';
import { suite } from '../../../harness/suite.js';
import { randomSuite } from './support.js';

const test = suite('scenario/random/shrink', { timeoutMs: 60_000 });
const { weights } = await randomSuite();
const always = (): boolean => true;

/** Kind and field of the deviations that a kernel of a variant shows and 7.3 does not. */
function keysOf(variant: string, steps: readonly Step[]): Set<string> {
  const play = (id: string): string[] =>
    playCase(caseOf('random', { seed: 0, index: 0 }, steps), {
      variant: VARIANTS[id] as (typeof VARIANTS)[string],
      tails: 'mask',
      config: {},
    }).steps.flatMap(({ step, result }) =>
      (result?.deviations ?? []).map(({ kind, field }) => `${step} ${kind} ${field}`),
    );
  const allowed = new Set(play('b'));
  return new Set(
    play(variant)
      .filter((key) => !allowed.has(key))
      .map((key) => key.replace(/^\d+ /, '')),
  );
}

for (const [variant, key, most] of [
  ['a', 'wrong-head PG_head', 3],
  ['nomemcg', 'stale-field memcg_data', 3],
] as const)
  test(`a failure of variant ${variant} comes down to ${most} steps, and its path leads there again`, async () => {
    let found = 0;
    for (let index = 0; index < 60 && found < 3; index += 1) {
      const steps = drawSequence(3, index, weights);
      if (!keysOf(variant, steps).has(key)) continue;
      found += 1;
      let tries = 0;
      const shrunk = await shrink(
        steps,
        [],
        (some) => {
          tries += 1;
          assert.equal(possibleSteps(some), some, 'a kernel without fault could do it');
          return Promise.resolve(keysOf(variant, some).has(key));
        },
        always,
      );
      assert.is(shrunk.steps.length, most, JSON.stringify(shrunk.steps));
      assert.ok(keysOf(variant, shrunk.steps).has(key));
      assert.ok(shrunk.done && shrunk.tries === tries);
      const edits = parsePath(pathText(shrunk.path));
      assert.equal(edits, shrunk.path);
      assert.equal(applyPath(steps, edits ?? []), shrunk.steps);
    }
    assert.is(found, 3);
  });

test('what fails always comes down to the simplest step, and nothing is tried twice', async () => {
  for (let index = 0; index < 4; index += 1) {
    const tried = new Set<string>();
    const { steps } = await shrink(
      drawSequence(5, index, weights),
      [],
      (some) => {
        const text = JSON.stringify(some);
        assert.not.ok(tried.has(text), text);
        tried.add(text);
        return Promise.resolve(true);
      },
      always,
    );
    assert.is(steps.length, 1, JSON.stringify(steps));
    for (const step of steps)
      assert.equal(
        simplerSteps(step).map((form) => possibleSteps([form]).length),
        simplerSteps(step).map(() => 0),
      );
  }
});

test('what needs every step is left as it is; without time nothing is tried', async () => {
  const steps = drawSequence(5, 1, weights);
  const all = await shrink(steps, [], () => Promise.resolve(false), always);
  assert.equal([all.steps, all.path, all.done], [steps, [], true]);
  const none = await shrink(
    steps,
    [],
    () => assert.unreachable('tried') as never,
    () => false,
  );
  assert.equal([none.steps, none.tries, none.done], [steps, 0, false]);
});

test('time that runs out in between leaves the best so far', async () => {
  const steps = drawSequence(5, 2, weights);
  let tries = 0;
  const some = await shrink(
    steps,
    [],
    () => Promise.resolve(true),
    () => (tries += 1) <= 1,
  );
  assert.is(some.path.length, 1);
  assert.ok(some.steps.length < steps.length && !some.done);
});

const parsed = (...steps: readonly object[]): readonly Step[] => steps.map((step) => Step.parse(step));

test('the folio of an init that is moved is freed where it is now', () => {
  const steps = parsed(
    { init: { pfn: 16, order: 2 } },
    { free: { pfn: 16 } },
    { init: { pfn: 16, order: 0 } },
    { free: { pfn: 16 } },
  );
  const form = simplerSteps(steps[0] as Step).findIndex(({ init }) => init?.pfn === 0 && init.order === 2);
  const moved = applyEdit(steps, { kind: 'simplify', at: 1, form });
  assert.equal(
    moved?.map(({ init, free }) => init?.pfn ?? free?.pfn),
    [0, 0, 16, 16],
  );
});

test('all places move together, by no more than the alignment of every folio allows', () => {
  const steps = parsed(
    { init: { pfn: 520, order: 3 } },
    { free: { pfn: 520 } },
    { init: { pfn: 523, order: 0 } },
  );
  assert.equal(
    applyEdit(steps, { kind: 'move', by: 520 })?.map(({ init, free }) => init?.pfn ?? free?.pfn),
    [0, 0, 3],
  );
  assert.is(applyEdit(steps, { kind: 'move', by: 521 }), undefined);
});

test('what a dropped step made goes with it', () => {
  const steps = parsed({ mmap: { pages: 4 } }, { fill: {} }, { init: { pfn: 0, order: 0 } }, { verify: {} });
  assert.equal(applyEdit(steps, { kind: 'drop', at: 1, count: 1 })?.map(Object.keys), [['init']]);
  assert.equal(applyEdit(steps, { kind: 'drop', at: 2, count: 1 })?.map(Object.keys), [['mmap'], ['init']]);
});

test('memory of a process is left out where folios of the driver do as well', async () => {
  const steps = parsed(
    { mmap: { pages: 512, thp: true } },
    { fill: {} },
    { migrate: { to: [{ page: 0, pfn: 512, order: 9 }] } },
    { munmap: {} },
    { init: { pfn: 513, order: 0 } },
  );
  const own = applyEdit(steps, { kind: 'own', at: 3 });
  assert.equal(own?.slice(2, 4), parsed({ init: { pfn: 512, order: 9 } }, { free: { pfn: 512 } }));
  const key = 'stale-field memcg_data';
  assert.ok(keysOf('nomemcg', steps).has(key));
  const shrunk = await shrink(steps, [], (some) => Promise.resolve(keysOf('nomemcg', some).has(key)), always);
  assert.equal(
    shrunk.steps.map((step) => Object.keys(step)[0]),
    ['init', 'free', 'init'],
  );
  assert.ok(shrunk.path.some(({ kind }) => kind === 'own') && shrunk.done);
});

test('what makes no folio, or several, gives way to none', () => {
  const steps = parsed(
    { mmap: { pages: 4 } },
    { migrate: { to: [{ page: 0, pfn: 0, order: 0, count: 2 }] } },
    {
      migrate: {
        to: [
          { page: 2, pfn: 4, order: 0 },
          { page: 3, pfn: 5, order: 0 },
        ],
      },
    },
  );
  for (const at of [1, 2, 3, 4]) assert.is(applyEdit(steps, { kind: 'own', at }), undefined);
});

test('paths as text', () => {
  const path: readonly Edit[] = [
    { kind: 'drop', at: 4, count: 9 },
    { kind: 'drop', at: 1, count: 1 },
    { kind: 'own', at: 3 },
    { kind: 'move', by: 512 },
    { kind: 'simplify', at: 2, form: 0 },
  ];
  assert.is(pathText(path), 'd4+9.d1.o3.m512.s2=0');
  assert.equal(parsePath('d4+9.d1.o3.m512.s2=0'), path);
  assert.equal(parsePath('-'), []);
  for (const text of ['', 'd', 'd0', 'd1+', 's1', 's1=', 'o', 'o0', 'x1', 'd1..d2', 'm0', 'd1,d2'])
    assert.is(parsePath(text), undefined, text);
  assert.is(applyPath(drawSequence(5, 2, weights), [{ kind: 'drop', at: 99, count: 1 }]), undefined);
});

test.run();
