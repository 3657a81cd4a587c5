import * as assert from 'uvu/assert';
import { newLeg } from '../../../orchestrator/run/leg.js';
import type { Leg } from '../../../orchestrator/run/leg.js';
import { choosePoints, factsOf, legsOf, unappliedFacts } from '../../../orchestrator/run/points.js';
import type { Intake } from '../../../orchestrator/series/intake.js';
import type { AppliedPoint } from '../../../orchestrator/series/types.js';
import type { TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/points');

const point = (index: number, changed: readonly string[] = ['mm/memremap.c']): AppliedPoint => ({
  index,
  commit: `c${index}`,
  tree: `t${index}`,
  subject: `patch ${index}`,
  changed,
});
const built = (index: number, signature: string, profile = 'default'): Leg => ({
  ...newLeg(point(index), profile),
  build: { status: 'built', durationMs: 5 },
  artifact: { signature } as unknown as NonNullable<Leg['artifact']>,
});

const result: TestRecord = {
  id: 's/T',
  suite: 's',
  verdict: 'pass',
  runs: 1,
  matches: 0,
  deviations: [],
  splats: [],
  evidence: [],
  durationMs: 1,
  reused: false,
};

test('the base is always tested', () => {
  const points = [point(0), point(1), point(2), point(3)];
  assert.equal(
    choosePoints(points, 'ends').map(({ index }) => index),
    [0, 3],
  );
  assert.equal(
    choosePoints(points, 'all').map(({ index }) => index),
    [0, 1, 2, 3],
  );
  assert.equal(
    choosePoints([point(0)], 'ends').map(({ index }) => index),
    [0],
  );
});

test('--points ends: the last point changes what the series changes', () => {
  const points = [
    point(0, []),
    point(1, ['mm/b.c', 'mm/a.c']),
    point(2, ['mm/a.c']),
    point(3, ['Documentation/x']),
  ];
  assert.equal(choosePoints(points, 'ends')[1]?.changed, ['Documentation/x', 'mm/a.c', 'mm/b.c']);
  assert.equal(choosePoints(points, 'all')[3]?.changed, ['Documentation/x']);
});

test('results that one profile inherits are the point’s too', () => {
  const failing = { ...result, verdict: 'fail', kind: 'data', failureKey: 'k', matches: 1 } as const;
  const origin = { ...built(1, 'a'), tests: [failing], cannotTell: 'x' };
  const here = { ...built(3, 'a'), inheritedFrom: 1 };
  const other = { ...built(3, 'c', 'kasan'), tests: [result] };
  const otherOrigin = { ...built(1, 'b', 'kasan'), tests: [result] };
  const facts = factsOf(legsOf(point(3), [origin, here, otherOrigin, other]));
  assert.equal(
    facts.tests.map(({ id, verdict }) => [id, verdict]),
    [
      ['s/T@default', 'fail'],
      ['s/T@kasan', 'pass'],
    ],
  );
  assert.is(facts.inheritedFrom, undefined);
  assert.is(facts.moduleError, 'x');
  // Inherited as a whole the point stays as it is: its results are said to be the origin's.
  assert.equal(legsOf(point(3), [origin, here])[0]?.tests, []);
});

test('one profile: the signature of the point is the kernel’s', () => {
  assert.is(factsOf([built(1, 'sig')]).kernelSignature, 'sig');
});

test('two profiles: the worst build speaks, and test ids tell them apart', () => {
  const good = built(1, 'a');
  good.tests = [result];
  const failed: Leg = {
    ...newLeg(point(1), 'kasan'),
    build: { status: 'failed', durationMs: 7, error: 'x.c:1: error' },
  };
  const facts = factsOf([good, failed]);
  assert.is(facts.build.status, 'failed');
  assert.is(facts.build.error, 'profile kasan: x.c:1: error');
  assert.is(facts.build.durationMs, 12);
  assert.is(facts.kernelSignature, undefined);
  assert.equal(
    facts.tests.map(({ id }) => id),
    ['s/T@default'],
  );
});

test('a point is inherited only if it is under every profile, and from one point', () => {
  const here = { ...built(2, 'a'), inheritedFrom: 0 };
  assert.is(factsOf([here]).inheritedFrom, 0);
  assert.is(factsOf([here, { ...built(2, 'b', 'kasan'), inheritedFrom: 1 }]).inheritedFrom, undefined);
  assert.is(factsOf([here, built(2, 'b', 'kasan')]).inheritedFrom, undefined);
});

test('a file is not compiled if no profile compiles it', () => {
  const files = ['a.c', 'b.c'];
  const one = { ...built(1, 'a'), point: point(1, files), notCompiled: files };
  const other = { ...built(1, 'b', 'kasan'), point: point(1, files), notCompiled: ['b.c'] };
  assert.equal(factsOf([one]).onlyNotCompiled, true);
  assert.equal(factsOf([one, other]).notCompiled, ['b.c']);
  assert.equal(factsOf([one, other]).onlyNotCompiled, false);
});

test('the patch that does not apply and those after it are points too', () => {
  const intake = {
    failed: { index: 2, subject: 'two', gitSays: 'error: patch failed' },
    series: { patches: [1, 2, 3].map((index) => ({ index, subject: `s${index}` })) },
  } as unknown as Intake;
  const facts = unappliedFacts(intake);
  assert.equal(
    facts.map(({ index, build }) => [index, build.status]),
    [
      [2, 'not-applied'],
      [3, 'not-run'],
    ],
  );
  assert.is(facts[0]?.build.error, 'error: patch failed');
});

test('the time of a point’s tests is that of its legs, which run one after the other; none where nothing ran', () => {
  const legs = [
    { ...built(1, 'a'), testMs: 300 },
    { ...built(1, 'b', 'kasan'), testMs: 700 },
    built(1, 'c', 'numa'),
  ];
  assert.is(factsOf(legs).testMs, 1000);
  assert.is(factsOf([built(1, 'a')]).testMs, undefined);
});

test.run();
