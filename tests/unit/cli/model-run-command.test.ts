import { InvalidArgumentError } from 'commander';
import * as assert from 'uvu/assert';
import { modelOption, settled } from '../../../orchestrator/cli/model-run-command.js';
import { variantNamed } from '../../../orchestrator/cli/model-variant.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('cli/model-run-command');

test('options add up, with or without CONFIG_', () => {
  const one = modelOption('DEBUG_VM=n', {});
  assert.equal(modelOption('CONFIG_PAGE_MAPCOUNT=y', one), { DEBUG_VM: false, PAGE_MAPCOUNT: true });
});

for (const wrong of ['DEBUG_VM', 'DEBUG_VM=maybe', 'DEBUG_WM=n', '=y']) {
  test(`${wrong} is refused`, () => {
    assert.throws(
      () => modelOption(wrong, {}),
      (error: unknown) => error instanceof InvalidArgumentError,
    );
  });
}

test('a typo gets a guess', () => {
  assert.throws(() => modelOption('DEBUG_WM=n', {}), /did you mean DEBUG_VM\?/);
});

test('DEBUG_VM_PGFLAGS goes with DEBUG_VM, as Kconfig has it', () => {
  assert.equal(settled({ DEBUG_VM: false }), { DEBUG_VM: false, DEBUG_VM_PGFLAGS: false });
  assert.equal(settled({ MEMCG: true }), { MEMCG: true });
  assert.throws(
    () => settled({ DEBUG_VM: false, DEBUG_VM_PGFLAGS: true }),
    (error: unknown) => error instanceof CiError && error.fault === 'usage',
  );
});

test('a variant by its id, others with a guess and the list', () => {
  assert.is(variantNamed('nomemcg').id, 'nomemcg');
  for (const wrong of ['nomemgc', 'toString']) {
    try {
      variantNamed(wrong);
      assert.unreachable('was to be refused');
    } catch (error) {
      if (!(error instanceof CiError)) throw error;
      assert.is(error.fault, 'usage');
      assert.match(error.details.remedy ?? '', 'variants: a, b');
    }
  }
});

test.run();
