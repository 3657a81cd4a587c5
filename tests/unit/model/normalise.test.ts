import * as assert from 'uvu/assert';
import { RULES, comparedShare, layout73 } from '../../../orchestrator/model/index.js';
import { ignoredBits } from '../../../orchestrator/model/normalise.js';
import { ROLES } from '../../../orchestrator/model/roles.js';
import { suite } from '../../harness/suite.js';

const test = suite('model/normalise');
const layout = layout73();

test('at least 95 % of all bits of every role are compared, and each exception has a reason', () => {
  for (const share of Object.values(comparedShare(layout, 'prediction'))) assert.ok(share >= 0.99);
  for (const share of Object.values(comparedShare(layout, 'contract'))) assert.ok(share >= 0.87);
  assert.ok(RULES.every((rule) => rule.reason.length > 0));
});

test('what is ignored: PG_waiters and, by the contract, the word of the driver; on heads alone', () => {
  for (const role of ROLES) {
    const head = role === 'order0' || role === 'head';
    const bits = (use: 'contract' | 'prediction'): number[] => [...ignoredBits(layout, use)[role]];
    const wanted = (driver: number): number[] =>
      Array.from({ length: 16 }, (_, w) => (head ? (w === 0 ? 0x80 : w === 4 || w === 5 ? driver : 0) : 0));
    assert.equal(bits('contract'), wanted(0xffffffff), role);
    assert.equal(bits('prediction'), wanted(0), role);
  }
});

test('the share is of all 512 bits of a page', () => {
  const { order0, head, tail } = comparedShare(layout, 'contract');
  assert.equal([order0, head, tail], [1 - 65 / 512, 1 - 65 / 512, 1]);
  assert.is(comparedShare(layout, 'prediction').head, 1 - 1 / 512);
});

test.run();
