import * as assert from 'uvu/assert';
import { sightsOf } from '../../../orchestrator/score/sight.js';
import type { Suite } from '../../../orchestrator/scenario/suite-file.js';
import type { Splat, TestRecord } from '../../../orchestrator/store/records.js';
import { bootRecord } from '../../../orchestrator/verdict/point-tests.js';
import type { PointFacts } from '../../../orchestrator/verdict/point-tests.js';
import { suite } from '../../harness/suite.js';
import { record } from './support.js';

const test = suite('score/sight');
const suites = [
  { kind: 'scenarios', id: 'mixed-order' },
  { kind: 'kselftest', id: 'hmm-tests' },
] as unknown as readonly Suite[];
const boots = bootRecord({ booted: true, attempts: 1, durationMs: 1 });
const splat: Splat = {
  title: 'WARNING in f',
  altTitles: [],
  frames: ['f'],
  corrupted: false,
  text: '',
  fields: {},
};

const facts = (index: number, tests: readonly TestRecord[], splats: readonly Splat[] = []): PointFacts => ({
  index,
  subject: '',
  build: { status: 'built', durationMs: 1 },
  tests: [...tests],
  splats: [...splats],
});
const base = facts(0, [
  boots,
  record('mixed-order/S1', 'pass'),
  record('mixed-order/S2', 'known'),
  record('mixed-order/S3', 'fail'),
  record('hmm-tests/a', 'pass'),
]);

test('each has what its own suites saw, the first of them', () => {
  const seen = sightsOf(
    base,
    facts(1, [
      boots,
      record('mixed-order/S2', 'fail'),
      record('mixed-order/S1', 'fail'),
      record('hmm-tests/a', 'pass'),
    ]),
    suites,
  );
  assert.equal(seen.ours, {
    verdict: 'killed',
    test: 'mixed-order/S2',
    kind: 'stale-field',
    failureKey: 'key of mixed-order/S2',
    text: 'stale-field: key of mixed-order/S2',
  });
  assert.equal(seen.upstream, { verdict: 'survived' });
});

test('what failed at the base kills nobody', () => {
  const seen = sightsOf(base, facts(1, [boots, record('mixed-order/S3', 'fail')]), suites);
  assert.equal(seen.ours, { verdict: 'survived' });
});

test('a test of upstream that the base never showed counts where it fails', () => {
  const seen = sightsOf(base, facts(1, [boots, record('hmm-tests/run', 'fail')]), suites);
  assert.is(seen.upstream.verdict, 'killed');
  assert.is(seen.ours.verdict, 'survived');
});

test('a kernel that does not boot, or complains while it does, is seen by both', () => {
  const lost = bootRecord({ booted: false, attempts: 2, reason: 'silence', durationMs: 1 });
  for (const mutant of [facts(1, [lost]), facts(1, [boots], [splat])]) {
    const seen = sightsOf(base, mutant, suites);
    assert.equal([seen.ours.verdict, seen.upstream.verdict], ['killed', 'killed']);
  }
  assert.is(sightsOf(base, facts(1, [lost]), suites).ours.kind, 'boot');
});

test('a side that no suite stands for was not run', () => {
  const [ours] = suites;
  const seen = sightsOf(base, facts(1, [boots]), ours === undefined ? [] : [ours]);
  assert.equal([seen.ours.verdict, seen.upstream.verdict], ['survived', 'not-run']);
  assert.is(sightsOf(base, facts(1, [boots]), suites.slice(1)).ours.verdict, 'not-run');
});

test('no result is an error, unless something else failed; a flake is no kill', () => {
  const error = record('mixed-order/S1', 'error', { reason: 'no guest' });
  const seen = sightsOf(base, facts(1, [boots, error]), suites);
  assert.equal(seen.ours, { verdict: 'error', test: 'mixed-order/S1', text: 'no guest' });
  const both = sightsOf(base, facts(1, [boots, error, record('mixed-order/S2', 'fail')]), suites);
  assert.is(both.ours.verdict, 'killed');
  const flaky = record('mixed-order/S1', 'flaky', { runs: 3, matches: 1 });
  assert.equal(sightsOf(base, facts(1, [boots, flaky]), suites).ours, {
    verdict: 'survived',
    text: 'flaky: mixed-order/S1 1/3',
  });
});

test.run();
