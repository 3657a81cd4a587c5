import * as assert from 'uvu/assert';
import { patchIdOf, patchIdsOf, titleOf } from '../../../orchestrator/series/patch.js';
import { suite } from '../../harness/suite.js';
import { commitLine, diffOf, kernelRepo } from './fake-tree.js';

const test = suite('series/patch', { timeoutMs: 30_000 });

test('a title: the subject, or the first of several', () => {
  assert.is(titleOf([{ subject: 'one' }]), 'one');
  assert.is(titleOf([{ subject: 'one' }, { subject: 'two' }, { subject: 'three' }]), 'one (and 2 more)');
  assert.is(titleOf([]), '');
});

test('ids of several diffs at once are those of each alone', async () => {
  const root = kernelRepo();
  const [one, two] = [10, 30].map((line) => {
    commitLine(root, 'mm/memremap.c', line, `new ${line}`);
    return diffOf(root);
  }) as [string, string];
  const diffs = [
    one,
    two,
    '',
    'words\n',
    // What mails have around a diff, and what cuts it short.
    ` mm/x.c | 2 +-\n\n${one}-- \n2.43.0\n`,
    `From ${'a'.repeat(40)}\nwords\n${two}`,
    `${one}From ${'b'.repeat(40)}\n${two}`,
    two.trimEnd(),
    two.slice(0, -30),
    `${one}${two}`,
    one,
  ].map((diff) => Buffer.from(diff));
  const alone = await Promise.all(diffs.map((diff) => patchIdOf(diff)));
  assert.is(new Set(alone).size > 3, true);
  assert.is(alone[2], '');
  assert.equal(await patchIdsOf(diffs), alone);
  assert.equal(await patchIdsOf([]), []);
});

test.run();
