import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { renderStory } from '../../../orchestrator/report/story-text.js';
import { storyOf } from '../../../orchestrator/report/test-story.js';
import { widthOf } from '../../../orchestrator/report/width.js';
import { readJournal } from '../../../orchestrator/store/journal.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import type { Event } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { record, sampleRun } from './sample.js';

const test = suite('report/test-story');

/** Recorded from a run of tests/series/reinit-lost.mbox with --test 'S2*'; only the paths of the machine are changed. */
const recorded = readJournal(join(projectRoot(), 'tests/fixtures/runs/reinit-lost/events.jsonl'));
const wide = { columns: 120, colour: false };

test('the point at which it failed is told, another one on request', () => {
  const story = storyOf(recorded, 'mixed-order/S2');
  assert.equal([story.point.index, story.test.verdict], [2, 'fail']);
  assert.is(storyOf(recorded, 'S2').point.index, 2, 'the suite may be left out');
  const base = storyOf(recorded, 'S2', 0);
  assert.equal([base.point.index, base.test.verdict], [0, 'known']);
  assert.is(base.deviations[0]?.deviation.known, 'large-rmappable-leak');
});

test('steps in order, of the first run and not of its repetition', () => {
  const { steps } = storyOf(recorded, 'S2');
  assert.equal(
    steps.map(({ step, words, reply }) => `${step} ${words}: ${reply}`),
    [
      '1 init { pfn: 0, order: 9, unlock: page, rmappable: true }: 512 pages changed',
      '2 free { pfn: 0, how: page }: 1 page changed; folio_free(page 0, order 9)',
      '3 init { pfn: 1, order: 0, unlock: page, rmappable: true }: 1 page changed',
    ],
  );
});

test('each deviation has both readings of its bytes, its writer and what fires', () => {
  const { deviations } = storyOf(recorded, 'S2');
  const memcg = deviations.find(({ reads }) => reads.field === 'memcg_data');
  assert.equal(memcg?.wrote, { field: '_nr_pages', role: 'tail1' });
  assert.equal(memcg?.reads, { field: 'memcg_data', role: 'order0' });
  assert.equal(memcg?.deviation.writer, {
    step: 1,
    fn: 'prep_compound_head',
    pfn: 0,
    order: 9,
    role: 'tail1',
  });
  assert.equal(
    memcg?.firings.map(({ condition, line }) => [condition, line]),
    [
      ['with MEMCG, with DEBUG_VM', 'mm/memcontrol.c:2881, mm/memcontrol.c:5444'],
      ['with MEMCG, without DEBUG_VM', 'mm/memcontrol.c:5444'],
    ],
  );
  assert.match(memcg?.firings[1]?.effect ?? '', 'at address 0x230');
});

test('the variants that explain it', () => {
  assert.equal(storyOf(recorded, 'S2').model?.fits, ['a']);
  assert.equal(storyOf(recorded, 'S2', 0).model?.fits, ['b', 'e1']);
});

test('a point that inherited its results tells the steps of the point that ran them', () => {
  const story = storyOf(recorded, 'S2', 3);
  assert.is(story.point.index, 3);
  assert.is(story.steps.length, 3);
});

test('as text: every line fits, a hang says what was foretold', () => {
  for (const columns of [60, 120])
    for (const name of ['S2', 'S2b', 'S2f'])
      for (const line of renderStory(storyOf(recorded, name), { columns, colour: false }).split('\n'))
        assert.ok(widthOf(line) <= columns, line);
  const hang = renderStory(storyOf(recorded, 'S2b'), wide);
  assert.match(hang, /fail \(hang\)/);
  assert.match(hang, /4 +init \{ pfn: 1, order: 0.*hangs, state D/);
  assert.match(hang, 'variant a foretells: a hang, lock_page() of page 1 waits for PG_locked of page 0');
  const crash = renderStory(storyOf(recorded, 'S2f'), wide);
  assert.match(crash, 'kernel BUG in zd_free_folio');
  assert.not.match(crash, /console:/, 'a console is for the report');
});

test('a result that was taken over, or was not run, says why it has no steps', () => {
  const run = sampleRun();
  const start: Event = { t: 1, type: 'run-start', run: { ...run, points: [] } };
  const end = (tests: ReturnType<typeof record>[]): Event => ({
    t: 2,
    type: 'point-end',
    point: { ...run.points[0], index: 0, tests } as never,
  });
  const reused = storyOf([start, end([record('s/a', 'pass', { reused: true })])], 's/a');
  assert.match(reused.noSteps ?? '', /earlier run/);
  assert.match(renderStory(reused, wide), 'the model judged no step of this test');
  const skipped = storyOf([start, end([record('s/a', 'skip', { reason: 'no poke' })])], 's/a');
  assert.match(skipped.noSteps ?? '', /not run in a guest/);
});

test('a counter is about no page and has its own story', () => {
  const run = sampleRun();
  const deviation = {
    kind: 'leak',
    step: 2,
    field: 'pgmap.ref',
    expected: '-1',
    found: '0',
    transition: 'free +1',
    story: 'step 2 moved the pgmap references by 0, not -1',
  } as const;
  const failed = record('s/a', 'fail', { kind: 'leak', deviations: [deviation] });
  const point = { ...run.points[0], index: 0, tests: [failed] } as never;
  const story = storyOf(
    [
      { t: 1, type: 'run-start', run: { ...run, points: [] } },
      { t: 2, type: 'point-end', point },
    ],
    's/a',
  );
  const text = renderStory(story, wide);
  assert.match(text, 'leak at step 2: pgmap.ref');
  assert.match(text, 'memunmap_pages() waits for ever');
  assert.not.match(text, 'read as');
});

for (const [what, name, point, remedy] of [
  ['a test that is not there', 'S99', undefined, /tests that failed: mixed-order\/S2/],
  ['a point that is not there', 'S2', 9, /points that have it: 0, 1, 2, 3/],
] as const) {
  test(`${what} is a usage error with what there is`, () => {
    try {
      storyOf(recorded, name, point);
    } catch (error) {
      assert.ok(error instanceof CiError && error.fault === 'usage');
      assert.match(error.details.remedy ?? '', remedy);
      return;
    }
    assert.unreachable('was to be refused');
  });
}

test.run();
