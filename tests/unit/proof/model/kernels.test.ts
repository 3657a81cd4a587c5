import * as assert from 'uvu/assert';
import { kernelName, largestOrder, provableVariants } from '../../../proof/model/kernels.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/kernels');

test('orders are bounded on w with DEBUG_VM, whatever is laid on top, and on no other kernel', () => {
  const bound = (variant: string, profile: string, ...fragments: string[]): number =>
    largestOrder({ variant, profile, fragments });
  assert.is(bound('w', 'default'), 2);
  assert.is(bound('w', 'default', 'x.config'), 2);
  assert.is(bound('w', 'nodebug'), 9);
  for (const variant of provableVariants().filter((id) => id !== 'w'))
    assert.is(bound(variant, 'default'), 9);
});

test('a kernel is named by variant, profile, fragments and boot options', () => {
  const kernel = { variant: 'b', profile: 'default', fragments: ['kconfigs/no-memcg.config'] };
  assert.is(kernelName(kernel), 'b default no-memcg');
  assert.is(
    kernelName({ ...kernel, fragments: [], bootOptions: ['cgroup_disable=memory'] }),
    'b default cgroup_disable=memory',
  );
});

test.run();
