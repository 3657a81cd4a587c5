import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { chooseNames, loadMutants } from '../../../orchestrator/score/load.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('score/load', { timeoutMs: 60_000 });

function refused(names: readonly string[], wanted: readonly string[]): string {
  try {
    chooseNames(names, wanted);
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage') return error.message;
    throw error;
  }
  throw new Error('was to be refused');
}

test('names and globs choose, in the order of the files and once each', () => {
  const names = ['a-b', 'a-c', 'x.y'];
  assert.equal(chooseNames(names, []), names);
  assert.equal(chooseNames(names, ['x.y', 'a-*', 'a-b']), names);
  assert.equal(chooseNames(names, ['a-c']), ['a-c']);
  assert.is(refused(names, ['a-d']), 'no mutant "a-d", did you mean "a-b"?');
  assert.is(refused(names, ['xzy-nothing-like-it']), 'no mutant "xzy-nothing-like-it"');
  assert.match(refused([], []), 'there is no mutant');
});

test('every mutant of the project can be read, and they are spread over the kernel', async () => {
  const mutants = await loadMutants(projectRoot(), []);
  assert.ok(mutants.length >= 45, `${mutants.length} mutants`);
  assert.ok(mutants.filter(({ expect }) => expect === 'neutral').length >= 5);
  const files = new Set(mutants.map(({ file }) => file));
  for (const file of ['memremap.c', 'migrate_device.c', 'huge_memory.c', 'memory.c', 'rmap.c', 'migrate.c'])
    assert.ok(files.has(`mm/${file}`), file);
  assert.ok(files.has('include/linux/memremap.h'));
  for (const one of mutants) assert.ok(one.line > 0 && one.series.patches.length === 1, one.name);
});

test.run();
