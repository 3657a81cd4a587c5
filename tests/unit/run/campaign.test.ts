import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { campaignNote, campaignOf, campaignWords } from '../../../orchestrator/run/campaign.js';
import type { Suite } from '../../../orchestrator/scenario/suite-file.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/campaign');

const mixed = { kind: 'scenarios', id: 'mixed-order' } as Suite;
const random = { kind: 'random', id: 'random' } as Suite;
const draw = (): number => 99;

test('a seed that is not given is drawn, the time is a minute', () => {
  assert.equal(campaignOf([mixed, random], { suites: [] }, draw), { seed: 99, minutes: 1 });
  assert.equal(campaignOf([random], { suites: [], seed: 0, minutes: 2.5 }, draw), { seed: 0, minutes: 2.5 });
  assert.is(campaignOf([mixed], { suites: ['mixed-order'] }, draw), undefined);
});

test('a test that is asked for by name brings its seed along', () => {
  const asked = (test: string, seed?: number): unknown =>
    campaignOf([random], { suites: ['random'], test, ...(seed === undefined ? {} : { seed }) }, draw)?.seed;
  assert.is(asked('random/7-3'), 7);
  assert.is(asked('7-3/d1.s1=0'), 7);
  assert.is(asked('random/7-3', 7), 7);
  assert.is(asked('random/*'), 99);
  assert.throws(() => asked('random/7-3', 8), /of seed 7, not of 8/);
});

for (const [what, options] of [
  ['--seed', { seed: 1 }],
  ['--minutes', { minutes: 1 }],
  ['--seed and --minutes', { seed: 1, minutes: 1 }],
] as const)
  test(`${what} without a suite that draws is refused`, () => {
    try {
      campaignOf([mixed], { suites: ['mixed-order'], ...options }, draw);
    } catch (error) {
      assert.ok(error instanceof CiError && error.fault === 'usage');
      assert.match(
        error.message,
        new RegExp(`^${what} (is|are) for a suite that draws its tests, and mixed-order`),
      );
      assert.match(error.details.remedy ?? '', '--suite random');
      return;
    }
    assert.unreachable('was to be refused');
  });

test('in words', () => {
  assert.is(campaignWords({ seed: 7, minutes: 1 }), 'seed 7, 1 minute for each kernel');
  assert.match(campaignNote({ seed: 7, minutes: 2 }), 'seed 7, 2 minutes for each kernel; again by --seed 7');
});

test.run();
