import * as assert from 'uvu/assert';
import { newLeg } from '../../../orchestrator/run/leg.js';
import type { Leg } from '../../../orchestrator/run/leg.js';
import type { Suite } from '../../../orchestrator/scenario/suite-file.js';
import type { Mutant } from '../../../orchestrator/score/mutant.js';
import { notApplied, resultOf } from '../../../orchestrator/score/result.js';
import type { Beside } from '../../../orchestrator/score/result.js';
import { Watch } from '../../../orchestrator/score/watch.js';
import { bootRecord } from '../../../orchestrator/verdict/point-tests.js';
import { suite } from '../../harness/suite.js';
import { record, result } from './support.js';

const test = suite('score/result');
const boots = bootRecord({ booted: true, attempts: 1, durationMs: 1 });
const at = '2026-11-26T02:00:00.000Z';

const mutant: Mutant = {
  name: 'm',
  subject: 's',
  file: 'mm/memremap.c',
  line: 7,
  expect: 'killed',
  seenBy: 'S1',
  profile: 'default',
  series: { source: 'x', title: 's', version: 1, patches: [], notes: [] },
};

function leg(index: number, signature: string, more: Partial<Leg> = {}): Leg {
  const changed = index === 0 ? [] : ['mm/memremap.c'];
  return {
    ...newLeg({ index, commit: `c${index}`, tree: `t${index}`, subject: 's', changed }, 'default'),
    build: { status: 'cached', durationMs: 4.4 },
    artifact: { signature } as unknown as NonNullable<Leg['artifact']>,
    tests: [boots, record('mixed-order/S1', 'pass')],
    testMs: 50,
    tested: true,
    ...more,
  };
}

const base = leg(0, 'k0');
const beside = (more: Partial<Beside> = {}): Beside => ({
  base,
  baseName: 'v7.3',
  version: 's1',
  nameOf: (index) => (index === 0 ? 'the base' : `m${index}`),
  legs: [base],
  suites: [{ kind: 'scenarios', id: 'mixed-order' }] as unknown as readonly Suite[],
  watch: new Watch([]),
  at,
  ...more,
});
const fails = { tests: [boots, record('mixed-order/S1', 'fail')] };

test('a mutant that our suite killed', () => {
  const found = resultOf(mutant, leg(1, 'k1', fails), beside());
  assert.equal(
    [found.standing, found.ours.verdict, found.upstream.verdict],
    ['as-expected', 'killed', 'not-run'],
  );
  assert.equal(
    [found.kernelSignature, found.buildMs, found.testMs, found.base, found.suites],
    ['k1', 4, 50, 'v7.3', 's1'],
  );
  assert.is(found.sameAs, undefined);
});

test('one with the kernel of the base survives by that, which is a mistake where it was to be killed', () => {
  const same = leg(1, 'k0', { inheritedFrom: 0, tests: [] });
  const found = resultOf(mutant, same, beside());
  assert.equal([found.standing, found.sameAs, found.testMs], ['cannot-tell', 'the base', undefined]);
  assert.is(resultOf({ ...mutant, expect: 'neutral' }, same, beside()).standing, 'as-expected');
});

test('one with the kernel of another mutant has its results', () => {
  const other = leg(1, 'k1', fails);
  const found = resultOf(
    mutant,
    leg(2, 'k1', { inheritedFrom: 1, tests: [] }),
    beside({ legs: [base, other] }),
  );
  assert.equal([found.ours.verdict, found.sameAs], ['killed', 'm1']);
});

test('one that does not compile, apply, load the module or finish says nothing', () => {
  const build = { status: 'failed', durationMs: 1, error: "memremap.c:3: expected ';'" } as const;
  const { artifact: _none, ...bare } = leg(1, 'k1', { build });
  assert.match(resultOf(mutant, bare, beside()).reason ?? '', "does not compile: memremap.c:3: expected ';'");
  assert.match(
    resultOf(mutant, leg(1, 'k1', { notCompiled: ['mm/memremap.c'] }), beside()).reason ?? '',
    'not compile',
  );
  assert.is(resultOf(mutant, leg(1, 'k1', { cannotTell: 'no module' }), beside()).reason, 'no module');
  const { tested: _tested, ...undone } = leg(1, 'k1');
  assert.is(resultOf(mutant, undone, beside()).standing, 'cannot-tell');
  const cut = resultOf(mutant, { ...undone, infra: 'disk full' }, beside());
  assert.equal([cut.standing, cut.ours.verdict, cut.reason], ['infra', 'error', 'disk full']);
  const late = resultOf(mutant, { ...undone, ...fails, infra: 'stopped' }, beside());
  assert.equal([late.standing, late.ours.verdict, late.upstream.verdict], ['as-expected', 'killed', 'error']);
  const away = notApplied(mutant, 'error: patch failed\nmore', 'kasan', {
    baseName: 'v7.3',
    version: 's1',
    at,
  });
  assert.equal(
    [away.standing, away.profile, away.reason],
    ['cannot-tell', 'kasan', 'does not apply: error: patch failed'],
  );
});

test('times of results that were taken over are those of the run that had them', () => {
  const { testMs: _ms, ...reused } = leg(1, 'k1', fails);
  const before = result('m', { testMs: 9000, ours: { verdict: 'killed', ms: 800 } });
  const found = resultOf(mutant, reused, beside({ before }));
  assert.equal([found.testMs, found.ours.ms], [9000, 800]);
  const other = resultOf(mutant, reused, beside({ before: { ...before, kernelSignature: 'k9' } }));
  assert.equal([other.testMs, other.ours.ms], [undefined, undefined]);
});

test.run();
