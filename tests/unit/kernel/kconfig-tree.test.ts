import * as assert from 'uvu/assert';
import { dependenciesIn } from '../../../orchestrator/kernel/kconfig-tree.js';
import { suite } from '../../harness/suite.js';
import { kernelRepo, userGit, write } from '../series/fake-tree.js';

const test = suite('kernel/kconfig-tree', { timeoutMs: 30_000 });
const root = kernelRepo();
write(
  root,
  'mm/Kconfig',
  'config CHILD\n\tbool "c"\n\tdepends on PARENT && !ENEMY\n\nconfig CHILD_TOO\n\tdepends on CHILD\n',
);
write(
  root,
  'lib/Kconfig.debug',
  'if PARENT\nmenuconfig ENEMY\n\tbool "e"\nendif\nconfig PARENT\n\tbool "p"\n',
);
userGit(root, 'add', '-f', '.');
userGit(root, 'commit', '-q', '-m', 'options');
const tree = userGit(root, 'rev-parse', 'HEAD^{tree}');
const { signal } = new AbortController();
const ask = (...names: string[]): ReturnType<typeof dependenciesIn> =>
  dependenciesIn(`${root}/.git`, tree, names, signal);

test('what the conditions of each name, in all Kconfig files, and of the options asked for only', async () => {
  const found = await ask('CONFIG_CHILD', 'CONFIG_PARENT', 'CONFIG_ENEMY');
  assert.equal([...(found.get('CONFIG_CHILD') ?? [])].toSorted(), ['CONFIG_ENEMY', 'CONFIG_PARENT']);
  assert.equal([...(found.get('CONFIG_ENEMY') ?? [])], ['CONFIG_PARENT']);
  assert.is(found.get('CONFIG_PARENT')?.size, 0);
  assert.is((await ask('CONFIG_CHILD_TOO', 'CONFIG_ENEMY')).get('CONFIG_CHILD_TOO')?.size, 0);
});

test('an option that no file defines depends on nothing', async () => {
  assert.is((await ask('CONFIG_NOWHERE')).get('CONFIG_NOWHERE')?.size, 0);
});

test.run();
