import * as assert from 'uvu/assert';
import { selectRecords, selectSuites } from '../../../orchestrator/run/select.js';
import type { Suite } from '../../../orchestrator/scenario/suite-file.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/select');

const cases = ['S2', 'A2/9,4', 'A2/4,9'].map((name) => ({ id: `mixed-order/${name}`, suite: 'mixed-order' }));
const suites = [
  { kind: 'scenarios', id: 'mixed-order', cases },
  { kind: 'kselftest', id: 'hmm-tests' },
  { kind: 'kselftest', id: 'hmm-tests-coherent' },
] as unknown as readonly Suite[];

const rows: readonly (readonly [string | undefined, readonly string[]])[] = [
  [undefined, ['mixed-order 3', 'hmm-tests', 'hmm-tests-coherent']],
  ['mixed-order/A2/*', ['mixed-order 2']],
  ['S2', ['mixed-order 1']],
  ['A2/*', ['mixed-order 2']],
  ['hmm-tests', ['hmm-tests']],
  ['hmm-tests/*', ['hmm-tests']],
  ['hmm-tests/hmm.hmm_device_private.migrate', ['hmm-tests']],
  ['hmm-tests*', ['hmm-tests', 'hmm-tests-coherent']],
  ['hmm-tests/hmm.hmm_[dp]*', ['hmm-tests']],
  ['hmm.hmm_device_private.migrate', ['hmm-tests', 'hmm-tests-coherent']],
  ['*', ['mixed-order 3', 'hmm-tests', 'hmm-tests-coherent']],
  ['mixed-ordre/S2', []],
];
for (const [glob, expected] of rows) {
  test(`--test ${glob ?? '(none)'}`, () =>
    assert.equal(
      selectSuites(suites, glob).map((one) =>
        one.kind === 'scenarios' ? `${one.id} ${one.cases.length}` : one.id,
      ),
      expected,
    ));
}

const drawn = { kind: 'random', id: 'random' } as unknown as Suite;
for (const [glob, expected] of [
  ['random/7-3', [{ seed: 7, index: 3 }]],
  ['random/7-3/d1.s1=0', [{ seed: 7, index: 3, path: 'd1.s1=0' }]],
  ['7-3', [{ seed: 7, index: 3 }]],
  ['random', [undefined]],
  ['random/*', [undefined]],
  ['*', [undefined]],
  ['random/7-*', []],
  ['S2', []],
] as const)
  test(`--test ${glob} of a suite that draws its tests`, () =>
    assert.equal(
      selectSuites([drawn], glob).map((one) => (one.kind === 'random' ? one.only : one.id)),
      expected,
    ));

test('of a program that ran as a whole: what was asked for, and what went wrong', () => {
  const record = (name: string, more: Partial<TestRecord> = {}): TestRecord => ({
    id: `hmm-tests/${name}`,
    suite: 'hmm-tests',
    verdict: 'pass',
    runs: 1,
    matches: 0,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 1,
    reused: false,
    ...more,
  });
  const splat = { title: 'x', altTitles: [], frames: [], corrupted: false, text: '', fields: {} };
  const all = [
    record('hmm.a'),
    record('hmm.b', { verdict: 'fail' }),
    record('hmm.c', { verdict: 'fail', splats: [splat] }),
    record('run', { verdict: 'fail' }),
  ];
  assert.equal(
    selectRecords(all, 'hmm-tests/hmm.a').map(({ id }) => id),
    ['hmm-tests/hmm.a', 'hmm-tests/hmm.c', 'hmm-tests/run'],
  );
  assert.is(selectRecords(all, undefined).length, 4);
});

test.run();
