import * as assert from 'uvu/assert';
import { Quota, campaign } from '../../../../orchestrator/scenario/random/campaign.js';
import { drawnCase, idOf, sequenceOf } from '../../../../orchestrator/scenario/random/case.js';
import { failedAt, shrinkKey } from '../../../../orchestrator/scenario/random/key.js';
import { CASE_ID } from '../../../../orchestrator/scenario/schema.js';
import type { Deviation } from '../../../../orchestrator/store/records.js';
import { suite } from '../../../harness/suite.js';
import { randomSuite } from './support.js';

const test = suite('scenario/random/case');
const { weights } = await randomSuite();

test('names of sequences', () => {
  assert.equal(sequenceOf('random', 'random/7-12'), { seed: 7, index: 12 });
  assert.equal(sequenceOf('random', '7-12/d4+9.s1=0'), { seed: 7, index: 12, path: 'd4+9.s1=0' });
  for (const id of ['random', 'random/*', 'random/7-*', 'random/7', 'other/7-12', 'random/7-12/d1/d2', 'S2'])
    assert.is(sequenceOf('random', id), undefined, id);
  const name = { seed: 7, index: 12, path: 'd4+9.m512.s1=0' };
  assert.equal(sequenceOf('random', idOf('random', name)), name);
  assert.match(name.path, CASE_ID);
});

test('a path makes a shorter case of the same sequence; one that does not fit makes none', () => {
  const whole = drawnCase('random', { seed: 7, index: 12 }, weights);
  const short = drawnCase('random', { seed: 7, index: 12, path: 'd2+2' }, weights);
  assert.is(whole?.id, 'random/7-12');
  assert.is(short?.id, 'random/7-12/d2+2');
  assert.ok(whole && short && short.steps.length <= whole.steps.length - 2);
  for (const path of ['d99', 'nonsense', `d1+${whole?.steps.length ?? 0}`])
    assert.is(drawnCase('random', { seed: 7, index: 12, path }, weights), undefined, path);
});

test('a campaign is drawn while there is time, one sequence when it is asked for', () => {
  const ids = [...campaign('random', 7, weights, (index) => index < 3)].map(({ id }) => id);
  assert.equal(ids, ['random/7-0', 'random/7-1', 'random/7-2']);
  const none = { ...weights, mixes: { a: { share: 1, operations: {} } } };
  assert.equal(
    [...campaign('random', 7, none, () => true)],
    [],
    'and comes to an end where nothing can be drawn',
  );
});

test('the first kernel of a profile sets how many the others get', () => {
  const quota = new Quota();
  let time = 3;
  const draw = (profile: string): number => {
    const more = quota.for(profile, () => (time -= 1) >= 0);
    let index = 0;
    while (more(index)) index += 1;
    return index;
  };
  assert.is(draw('default'), 3);
  time = 100;
  assert.is(draw('default'), 3, 'however long it takes');
  time = 5;
  assert.is(draw('nodebug'), 5);
});

test('a kernel that had failed often enough sets nothing', () => {
  const quota = new Quota();
  const first = quota.for('default', () => true);
  assert.ok(first(0) && first(1));
  let time = 4;
  const second = quota.for('default', () => (time -= 1) >= 0);
  assert.equal([0, 1, 2, 3, 4].map(second), [true, true, true, true, false]);
});

test('what must stay the same in a shrink: kind and field, title, functions', () => {
  const deviation = (field: string, known?: string): Deviation => ({
    kind: 'stale-field',
    step: 3,
    field,
    transition: 'tail1→order0',
    expected: '0',
    found: '1',
    ...(known === undefined ? {} : { known }),
  });
  const failureKey = 'stale-field memcg_data 0x200 tail1→order0';
  const deviations = [deviation('PG_workingset', 'large-rmappable-leak'), deviation('memcg_data')];
  assert.is(shrinkKey({ kind: 'stale-field', failureKey, deviations }), 'stale-field memcg_data');
  assert.is(shrinkKey({ kind: 'splat', failureKey: 'splat: BUG', deviations }), 'splat: BUG');
  assert.is(shrinkKey({ kind: 'hang', failureKey: 'hang: f < g', deviations: [] }), 'hang: f < g');
  assert.is(shrinkKey({ kind: 'leak', failureKey: 'leak: reset', deviations: [] }), 'leak: reset');
  assert.is(failedAt({ reason: 'step 12 (init {}): BUG; came 2 of 2 times' }), 12);
  assert.is(failedAt({ reason: 'reset after the case: x' }), undefined);
});

test.run();
