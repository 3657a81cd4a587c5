import * as assert from 'uvu/assert';
import { VARIANTS, VARIANT_A, VARIANT_B, VARIANT_NOMEMCG } from '../../../orchestrator/model/index.js';
import type { Variant } from '../../../orchestrator/model/index.js';
import { loadScenario } from '../../../orchestrator/scenario/one-scenario.js';
import { CaseError, knownOptions, playCase } from '../../../orchestrator/scenario/play.js';
import type { PlayedCase } from '../../../orchestrator/scenario/play.js';
import type { Step } from '../../../orchestrator/scenario/schema.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';
import { free, init, made } from './support.js';

const test = suite('scenario/play');

const play = (
  steps: readonly Partial<Step>[],
  variant: Variant = VARIANT_B,
  config: Readonly<Record<string, boolean>> = {},
): PlayedCase => playCase(made('x', steps), { variant, tails: 'mask', config });

async function bundled(name: string, variant: Variant): Promise<PlayedCase[]> {
  const cases = await loadScenario(projectRoot(), name);
  return cases.map((one) => playCase(one, { variant, tails: 'mask', config: {} }));
}

test('every bundled scenario plays to its end on 7.3, with what the known issues say and nothing else', async () => {
  const fields = new Set<string>();
  for (const name of [
    'A1',
    'A3',
    'A4',
    'A5',
    'A7',
    'B1',
    'B2',
    'D1',
    'S1',
    'S2',
    'S2b',
    'S2f',
    'S3',
    'S5',
    'S6',
  ])
    for (const { id, end, steps } of await bundled(name, VARIANT_B)) {
      assert.is(end.kind, 'done', id);
      assert.ok(
        steps.every(({ state }) => state === 'played' || state === 'refused'),
        id,
      );
      for (const { result } of steps) for (const one of result?.deviations ?? []) fields.add(one.field);
    }
  assert.equal([...fields].sort(), ['PG_reserved', 'PG_swapbacked', 'PG_workingset', 'zone_device_data']);
});

for (const [name, variant, kind, step, line] of [
  ['S2b', VARIANT_A, 'hang', 4, 'mm/memremap.c:524'],
  ['S2f', VARIANT_A, 'crash', 4, 'include/linux/mm.h:1846'],
  ['S5', VARIANT_A, 'crash', 3, 'include/linux/page-flags.h:345'],
  ['S2f', VARIANT_NOMEMCG, 'crash', 4, 'mm/memcontrol.c:uncharge_folio'],
  ['S1', VARIANTS['w'] as Variant, 'foreign', 2, 'mm/folio.c:93'],
] as const) {
  test(`${name} on variant ${variant.id} ends in step ${step}: ${kind}`, async () => {
    const [played] = await bundled(name, variant);
    const end = played?.end;
    assert.ok(end && end.kind === kind && end.step === step);
    assert.is('line' in end ? end.line : undefined, line);
    assert.is(played.steps.length, step, 'nothing is played after it');
  });
}

test('options change the kernel: without DEBUG_VM the check is not there', () => {
  const s2f = [init(0, 9), free(0), init(1, 0), free(1)];
  assert.is(play(s2f, VARIANT_A).end.kind, 'crash');
  const plain = play(s2f, VARIANT_A, { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false });
  assert.is(plain.end.kind, 'done');
  assert.ok(plain.steps[3]?.result?.deviations.some(({ kind }) => kind === 'leak'));
  assert.ok(knownOptions().includes('DEBUG_VM'));
});

test('without MEMCG there is nothing to uncharge, and without _nr_pages nothing that could be left', () => {
  const s2f = [init(0, 9), free(0), init(1, 0), free(1)];
  assert.is(play(s2f, VARIANT_NOMEMCG).end.kind, 'crash');
  const names = (config: Readonly<Record<string, boolean>>): string[] => {
    const { end, steps } = play(s2f, VARIANT_NOMEMCG, config);
    assert.is(end.kind, 'done');
    return (steps[2]?.result?.deviations ?? []).map(({ field }) => field);
  };
  assert.equal(names({ MEMCG: false }), ['PG_workingset']);
  assert.equal(names({ MEMCG: false, SLAB_OBJ_EXT: true }), ['PG_workingset', 'bytes 56..59']);
});

test('MEMORY_FAILURE gives the first tail a flag of its own', () => {
  const poisoned = [init(5, 0), { poke: { pfn: 5, set: ['PG_active'] } }, free(5), init(4, 1)];
  const { steps } = play(poisoned, VARIANT_B, { MEMORY_FAILURE: true });
  assert.equal(
    (steps[3]?.result?.deviations ?? []).map(({ page, field }) => [page, field]),
    [[5, 'PG_has_hwpoisoned']],
  );
});

test('a request that the guest module refuses is not played', () => {
  const { steps, end } = play([init(5, 0), { ...init(5, 0), expect: { refused: 'EBUSY' } }, free(5)]);
  assert.equal(
    steps.map(({ state }) => state),
    ['played', 'refused', 'played'],
  );
  assert.is(end.kind, 'done');
});

test('a poke names a field or a flag', () => {
  const { steps } = play([
    { poke: { pfn: 3, set: ['PG_active'] } },
    { poke: { pfn: 3, field: 'page.private', value: '0x7' } },
  ]);
  assert.equal(
    steps.map(({ result }) => result?.changes[0]?.fields[0]?.name),
    ['PG_active', 'private'],
  );
});

test('steps are told in the words of the file', () => {
  const [first] = play([{ ...init(0, 3), note: 'why' }]).steps;
  assert.is(first?.words, 'init { pfn: 0, order: 3, unlock: page }');
  assert.is(first?.note, 'why');
});

for (const [what, steps, message] of [
  ['a page outside the chunk', [init(4096, 0)], /step 1: .*not in a chunk of 2048/],
  ['a mapping that nobody made', [{ touch: { name: 'm', page: 0, pages: 1 } }], /step 1: .*no mapping m/],
  ['a flag that the kernel has not', [{ poke: { pfn: 0, set: ['PG_nothing'] } }], /step 1: .*PG_nothing/],
] as const) {
  test(`${what} is an error that names the step`, () => {
    try {
      play(steps as readonly Partial<Step>[]);
    } catch (error) {
      assert.ok(error instanceof CaseError);
      assert.match(error.message, message);
      return;
    }
    assert.unreachable('was to be refused');
  });
}

test.run();
