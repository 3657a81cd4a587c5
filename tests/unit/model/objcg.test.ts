import * as assert from 'uvu/assert';
import { unchargeAddress } from '../../../orchestrator/model/objcg.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/objcg');

test('an uncharge faults 0x30 into what it takes for an object cgroup, its flags left out; at 0x10 where only flags are there', () => {
  assert.is(unchargeAddress(0n), undefined);
  for (const flags of [1n, 2n, 4n, 7n]) assert.is(unchargeAddress(flags), 0x10n);
  assert.is(unchargeAddress(8n), 0x38n);
  assert.is(unchargeAddress(15n), 0x38n);
  assert.is(unchargeAddress(512n), 0x230n);
});

test.run();
