import * as assert from 'uvu/assert';
import {
  isTarget,
  keyMatches,
  keysOf,
  observationOf,
  resultOf,
} from '../../../orchestrator/bisect/target.js';
import type { Splat, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { failing, passing } from './fake-lab.js';

const test = suite('bisect/target');
const at = { kind: 'commit', commit: 3 } as const;

function splat(title: string, altTitles: readonly string[] = [], corrupted = false): Splat {
  return { title, altTitles: [...altTitles], frames: [], corrupted, text: title, fields: {} };
}

test('a failure has its key and the titles of its splats as names, but not of a corrupted one', () => {
  const record = { ...failing('splat: A'), splats: [splat('A', ['B']), splat('C', [], true)] };
  assert.equal(keysOf(record), ['splat: A', 'splat: B']);
});

test('the same bug has one name in common', () => {
  const target = { test: 'suite/test', keys: ['splat: A', 'splat: B'] };
  assert.ok(isTarget({ test: 'suite/test', keys: ['splat: B', 'splat: D'] }, target));
  assert.not.ok(isTarget({ test: 'suite/test', keys: ['splat: D'] }, target));
  assert.not.ok(isTarget({ test: 'suite/other', keys: ['splat: A'] }, target));
});

test('* stands for anything, and nothing else does', () => {
  assert.ok(keyMatches('stale-field *', 'stale-field memcg_data 0x200 tail1→order0'));
  assert.ok(keyMatches('*', ''));
  assert.not.ok(keyMatches('stale-field', 'stale-field x'));
  assert.not.ok(keyMatches('a.c', 'abc'));
});

const target = { test: 'suite/test', keys: ['x'] };
const skipped: TestRecord = { ...passing(), verdict: 'skip', reason: 'no large folios', runs: 0 };
const broken: TestRecord = { ...passing(), verdict: 'error', reason: 'no guest', runs: 0 };

/** What a run's records say: name, records, outcome. */
const OUTCOMES: readonly (readonly [string, readonly TestRecord[], string])[] = [
  ['the failure looked for', [failing('x')], 'match'],
  ['none', [passing()], 'pass'],
  ['a known deviation', [{ ...passing(), verdict: 'known' }], 'pass'],
  ['another key', [failing('y')], 'other'],
  ['another test', [passing(), failing('x', 'suite/other')], 'other'],
  ['trouble of ours', [broken], 'infra'],
  ['trouble of ours beside the failure', [broken, failing('x')], 'match'],
  ['not for this kernel', [skipped], 'untestable'],
  ['does not boot', [failing('boot', 'boot')], 'untestable'],
  ['no record', [], 'infra'],
];

for (const [name, records, outcome] of OUTCOMES) {
  test(`a run: ${name}`, () => {
    const seen = observationOf(at, resultOf(records), target);
    assert.is(seen.kind === 'run' ? seen.outcome : seen.kind, outcome);
  });
}

test('a kernel that does not boot is what is looked for, where that is the target', () => {
  const seen = observationOf(at, resultOf([failing('boot', 'boot')]), { test: 'boot', keys: ['boot'] });
  assert.is(seen.kind === 'run' && seen.outcome, 'match');
});

test.run();
