import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { objectSource } from '../../../orchestrator/kernel/build-dir.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('kernel/build-dir');

/** A repository's object folder that borrows from another, if any. */
function repository(name: string, from?: string): string {
  const gitDir = join(root, name);
  mkdirSync(join(gitDir, 'objects', 'info'), { recursive: true });
  if (from !== undefined) writeFileSync(join(gitDir, 'objects/info/alternates'), `# borrowed\n${from}\n`);
  return gitDir;
}

const root = realpathSync(scratchDir());

test('a clone of a clone builds where the first repository does', async () => {
  const first = repository('first');
  const second = repository('second', join(first, 'objects'));
  const third = repository('third', join(second, 'objects'));
  for (const one of [first, second, third]) assert.is(await objectSource(one), join(first, 'objects'));
});

test('repositories that borrow from each other end somewhere', async () => {
  const a = repository('a', join(root, 'b/objects'));
  repository('b', join(root, 'a/objects'));
  assert.match(await objectSource(a), /\/[ab]\/objects$/);
});

test.run();
