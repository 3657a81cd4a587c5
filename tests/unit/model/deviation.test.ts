import * as assert from 'uvu/assert';
import { failureKey } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/deviation');

const ONE = { kind: 'stale-field', field: 'private', mask: '0x4', transition: 'fresh→tail' } as const;

test('the key is kind, field, bits and transition of the first that is not known', () => {
  assert.is(failureKey([ONE]), 'stale-field private 0x4 fresh→tail');
  assert.is(failureKey([{ ...ONE, known: 'x' }]), undefined);
  assert.is(
    failureKey([{ ...ONE, known: 'x' }, { kind: 'counter', field: 'nr_mlock' }, ONE]),
    'counter nr_mlock',
  );
  assert.is(failureKey([]), undefined);
});

test.run();
