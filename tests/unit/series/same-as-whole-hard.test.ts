import { renameSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { both, edit, madeBy, richRepo } from './both-ways.js';
import { commitLine, diffOf, kernelRepo, numbered, ownCache, userGit, write } from './fake-tree.js';
import { mail } from './mails.js';

ownCache();
const test = suite('series/apply, beside an index of the whole tree: what is harder', { timeoutMs: 60_000 });

test('what is in the way: a file for a folder, a folder for a file, a link, the file itself', async () => {
  const root = richRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  for (const path of ['mm.c/new.c', 'mm', 'drivers/gpu', 'gpu/new.c', 'mm/memremap.c', 'sub/module/x.c']) {
    const diff = `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+new\n`;
    const { failed } = await both(root, base, mail({ subject: `[PATCH] ${path}`, diff }));
    assert.ok(failed, path);
  }
});

test('a submodule changed and left alone', async () => {
  const root = richRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  userGit(root, 'update-index', '--cacheinfo', `160000,${'2'.repeat(40)},sub/module`);
  userGit(root, 'commit', '-q', '-m', 'submodule moved');
  userGit(root, 'update-index', '--force-remove', 'sub/module');
  userGit(root, 'commit', '-q', '-m', 'submodule gone');
  const outcome = await both(root, base, `${userGit(root, 'format-patch', '--stdout', base)}\n`);
  assert.is(outcome.points.at(-1)?.tree, userGit(root, 'rev-parse', 'HEAD^{tree}'));
});

test('names that are not UTF-8 stay as they are', async () => {
  const root = kernelRepo();
  write(root, 'mm/x.c', numbered('x', 9));
  userGit(root, 'add', '-f', '-A', '.');
  const blob = userGit(root, 'rev-parse', ':mm/x.c');
  const name = Buffer.concat([
    Buffer.from(`100644 ${blob} 0\tmm/`),
    Buffer.from([0xe4]),
    Buffer.from('.c\0'),
  ]);
  write(root, '.git/odd-name', name);
  userGit(root, '-c', 'alias.odd=!git update-index -z --index-info <.git/odd-name', 'odd');
  userGit(root, 'commit', '-q', '-m', 'latin-1');
  const base = userGit(root, 'rev-parse', 'HEAD');
  commitLine(root, 'mm/memremap.c', 9, 'nine');
  const { points } = await both(root, base, `${userGit(root, 'format-patch', '--stdout', base)}\n`);
  assert.is(points[0]?.tree, userGit(root, 'rev-parse', 'HEAD^{tree}'));
});

test('moved context, wrong context, and no patch at all', async () => {
  const root = richRepo();
  const { base, box } = madeBy(
    root,
    () => edit(root, 'mm/memremap.c', 'line 40\n', 'line forty\n'),
    () => edit(root, 'mm/huge_memory.c', 'line 40\n', 'line forty\n'),
  );
  userGit(root, 'checkout', '-q', '-b', 'offset', base);
  edit(root, 'mm/memremap.c', 'line 2\n', 'line 2\nand some\nmore lines\n');
  userGit(root, 'commit', '-q', '-a', '-m', 'offset');
  assert.is((await both(root, userGit(root, 'rev-parse', 'HEAD'), box)).points[0]?.note, undefined);

  userGit(root, 'checkout', '-q', '-b', 'near', base);
  edit(root, 'mm/huge_memory.c', 'line 37\n', 'line 37, near\n');
  userGit(root, 'commit', '-q', '-a', '-m', 'near');
  const near = await both(root, userGit(root, 'rev-parse', 'HEAD'), box);
  assert.is(near.points[1]?.note, 'applied by a three-way merge');
  const blind = await both(root, userGit(root, 'rev-parse', 'HEAD'), box.replaceAll(/^index .*\n/gm, ''));
  assert.is(blind.failed?.index, 2);

  userGit(root, 'checkout', '-q', '-b', 'conflict', base);
  edit(root, 'mm/huge_memory.c', 'line 40\n', 'line 40, otherwise\n');
  userGit(root, 'commit', '-q', '-a', '-m', 'conflict');
  assert.match((await both(root, userGit(root, 'rev-parse', 'HEAD'), box)).failed?.gitSays ?? '', /conflict/);

  const done = userGit(root, 'rev-parse', 'master');
  assert.match((await both(root, done, box)).points[1]?.note ?? '', /already in the tree/);
  const again = await both(root, done, box.replaceAll(/^index .*\n/gm, ''));
  assert.match(again.failed?.gitSays ?? '', /can be taken back/);
  const diff = diffOf(root, 'master~1');
  const empty = mail({ subject: '[PATCH 1/2] empty', id: '1@x' });
  await both(root, base, empty + mail({ subject: '[PATCH 2/2] x', id: '2@x', diff }));
  await both(
    root,
    base,
    mail({
      subject: '[PATCH] x',
      diff: 'diff --git a/mm/no.c b/mm/no.c\n--- a/mm/no.c\n+++ b/mm/no.c\n@@ -1 +1 @@\n-a\n+b\n',
    }),
  );
});

test('a rename meets a three-way merge; a new file is there already', async () => {
  const root = richRepo();
  const { base, box } = madeBy(
    root,
    () => {
      renameSync(join(root, 'mm/memremap.c'), join(root, 'mm/remap.c'));
      edit(root, 'mm/remap.c', 'line 40\n', 'line forty\n');
    },
    () => write(root, 'mm/new.c', numbered('new', 9)),
  );
  userGit(root, 'checkout', '-q', '-b', 'near', base);
  edit(root, 'mm/memremap.c', 'line 37\n', 'line 37, near\n');
  write(root, 'mm/new.c', numbered('new', 9));
  userGit(root, 'add', '-f', 'mm');
  userGit(root, 'commit', '-q', '-m', 'near');
  const { points } = await both(root, userGit(root, 'rev-parse', 'HEAD'), box);
  assert.is(points[0]?.note, 'applied by a three-way merge');
  assert.match(points[1]?.note ?? '', /already in the tree/);
});

test('paths that the reader of diffs does not see', async () => {
  const root = richRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  // Renamed without lines: both names are in other headers than those that a series is read by.
  const rename =
    'diff --git a/mm/memremap.c b/odd/a name\nsimilarity index 100%\nrename from mm/memremap.c\nrename to odd/a name\n';
  const { points } = await both(root, base, mail({ subject: '[PATCH] x', diff: rename }));
  assert.equal(points[0]?.changed, ['mm/memremap.c', 'odd/a name']);
  const taken = rename.replaceAll('odd/a name', 'odd/a b.c');
  assert.match(
    (await both(root, base, mail({ subject: '[PATCH] x', diff: taken }))).failed?.gitSays ?? '',
    /already exists/,
  );
});

test('all that there was goes', async () => {
  const root = kernelRepo();
  const { base, box } = madeBy(root, () => userGit(root, 'rm', '-q', '-r', '.'));
  const bare = join(scratchDir('bare'), 'x.git');
  userGit(root, 'clone', '-q', '--bare', '.', bare);
  userGit(bare, 'update-ref', 'HEAD', base);
  assert.is((await both(bare, base, box)).points[0]?.tree, userGit(root, 'rev-parse', 'HEAD^{tree}'));
});

test.run();
