import * as path from 'node:path';
import * as assert from 'uvu/assert';
import { VARIANT_B } from '../../../../orchestrator/model/variants.js';
import { expandScenario } from '../../../../orchestrator/scenario/expand.js';
import { playCase } from '../../../../orchestrator/scenario/play.js';
import { caseOf } from '../../../../orchestrator/scenario/random/case.js';
import { drawSequence, needsOf } from '../../../../orchestrator/scenario/random/draw.js';
import { scenarioText } from '../../../../orchestrator/scenario/random/scenario-text.js';
import { possibleSteps } from '../../../../orchestrator/scenario/random/walk.js';
import { Step } from '../../../../orchestrator/scenario/schema.js';
import { parseYaml } from '../../../../orchestrator/scenario/yaml-source.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { loadKnownIssues } from '../../../../orchestrator/verdict/known-issues.js';
import { knownMatcher } from '../../../../orchestrator/verdict/match.js';
import { suite } from '../../../harness/suite.js';
import { randomSuite } from './support.js';

const test = suite('scenario/random/draw', { timeoutMs: 60_000 });
const { weights } = await randomSuite();
const drawn = Array.from({ length: 200 }, (_, index) => drawSequence(11, index, weights));

test('the same seed and index give the same sequence, others give others', () => {
  for (const index of [0, 1, 57])
    assert.equal(drawSequence(11, index, weights), drawn[index] ?? [], `sequence ${index}`);
  const texts = [...drawn, ...[12, 13].map((seed) => drawSequence(seed, 0, weights))].map((steps) =>
    JSON.stringify(steps),
  );
  assert.ok(new Set(texts).size > texts.length * 0.97);
});

test('every sequence is a scenario under the schema, and reads back as it was', () => {
  for (const [index, steps] of drawn.entries()) {
    const id = `random-11-${index}`;
    const head = { id, title: 'x', guards: 'y', origin: 'z', features: needsOf(steps), comments: ['c'] };
    const text = scenarioText(head, steps);
    const [one, ...more] = expandScenario(parseYaml(text, `${id}.yaml`), 's', id);
    assert.equal(one?.steps, steps, text);
    assert.equal(one?.requires.features, needsOf(steps));
    assert.is(more.length, 0);
  }
});

for (const [name, config] of [
  ['with every check', {}],
  ['without DEBUG_VM', { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false }],
] as const)
  test(`a kernel like 7.3 goes through every sequence in silence, ${name}, and shows nothing unknown`, async () => {
    const issues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
    const known = knownMatcher(issues, { kernel: '7.3.4', today: '2026-11-01' });
    for (const [index, steps] of drawn.slice(0, 40).entries()) {
      const played = playCase(caseOf('random', { seed: 11, index }, steps), {
        variant: VARIANT_B,
        tails: 'mask',
        config,
      });
      assert.equal(played.end, { kind: 'done' }, `sequence ${index}`);
      for (const { result, words } of played.steps) {
        assert.equal(result?.warnings, [], words);
        for (const deviation of result?.deviations ?? [])
          assert.ok(known.match(deviation), `sequence ${index}, ${words}: ${deviation.story}`);
      }
    }
  });

test('nothing in a sequence is in vain: all of it can be done again', () => {
  for (const steps of drawn.slice(0, 60)) assert.equal(possibleSteps(steps), steps);
});

test('a migration is given up only where all that it names is in system memory: that is what the rules say of it', () => {
  const before = [{ mmap: { pages: 512, thp: true } }, { fill: { seed: 1 } }];
  const hole = { dontneed: { page: 1 } };
  const migrate = { migrate: { to: [{ page: 0, pfn: 0, order: 9 }], abort: true } };
  const parse = (steps: readonly unknown[]): Step[] => steps.map((step) => Step.parse(step));
  assert.is(possibleSteps(parse([...before, migrate])).length, 3);
  assert.equal(possibleSteps(parse([...before, hole, migrate])), parse([...before, hole]));
});

test('all operations are drawn, and most folios come to pages that others had, at every kind of place', () => {
  const ops = new Set(drawn.flatMap((steps) => steps.flatMap((step) => Object.keys(step))));
  for (const { operations } of Object.values(weights.mixes))
    for (const op of Object.keys(operations)) assert.ok(ops.has(op), op);
  let folios = 0;
  let reused = 0;
  const places = new Set<string>();
  for (const steps of drawn) {
    const lives: { pfn: number; order: number }[] = [];
    for (const { init } of steps) {
      if (!init) continue;
      const size = 2 ** init.order;
      const before = lives.find(({ pfn, order }) => pfn < init.pfn + size && init.pfn < pfn + 2 ** order);
      folios += 1;
      if (before) reused += 1;
      if (before && before.order > init.order) {
        const at = init.pfn - before.pfn;
        const half = 2 ** before.order / 2;
        places.add(at < 4 ? String(at) : at === half ? 'middle' : at + size === half * 2 ? 'last' : 'other');
      }
      lives.unshift({ pfn: init.pfn, order: init.order });
    }
  }
  assert.ok(reused / folios > 0.5, `${reused} of ${folios}`);
  assert.equal([...places].sort(), ['0', '1', '2', '3', 'last', 'middle', 'other']);
});

test.run();
