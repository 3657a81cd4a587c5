import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { applySeries } from '../../../orchestrator/series/apply.js';
import { openClone } from '../../../orchestrator/series/clone.js';
import type { ApplyOutcome } from '../../../orchestrator/series/types.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { applyWithWholeIndex } from '../../harness/whole-tree.js';
import { commitLine, diffOf, kernelRepo, numbered, ownCache, userGit, write } from './fake-tree.js';
import { mail, seriesOf } from './mails.js';

ownCache();
const test = suite('series/apply, beside an index of the whole tree', { timeoutMs: 60_000 });

/** A kernel with files of every sort, and folders at several depths. */
function richRepo(): string {
  const root = kernelRepo();
  write(root, 'drivers/gpu/drm/a.c', numbered('a', 20));
  write(root, 'drivers/gpu/drm/b.c', numbered('b', 20));
  write(root, 'drivers/gpu/only/one.c', numbered('one', 9));
  write(root, 'mm-first/x.c', 'sorts before mm/\n');
  write(root, 'mm.c', 'sorts between\n');
  write(root, 'dos.txt', numbered('dos', 20).replaceAll('\n', '\r\n'));
  write(root, 'blob.bin', Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7) % 256)));
  write(root, 'odd/a b.c', numbered('blank', 9));
  write(root, 'odd/q"\t.c', numbered('quote', 9));
  write(root, 'odd/new\nline.c', numbered('newline', 9));
  write(root, 'odd/ä*[x]?.c', numbered('glob', 9));
  write(root, 'odd/:(top)x.c', numbered('magic', 9));
  symlinkSync('mm.c', join(root, 'link.c'));
  symlinkSync('drivers/gpu', join(root, 'gpu'));
  // A submodule: a commit that is somewhere else, and an empty folder.
  mkdirSync(join(root, 'sub/module'), { recursive: true });
  userGit(root, 'add', '-f', '-A', '.');
  userGit(root, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub/module`);
  userGit(root, 'commit', '-q', '-m', 'files of every sort');
  return root;
}

/** Commits what `change` did to the files, and gives the mails of all commits since. */
function madeBy(root: string, ...changes: readonly (() => void)[]): { base: string; box: string } {
  const base = userGit(root, 'rev-parse', 'HEAD');
  for (const [i, change] of changes.entries()) {
    change();
    userGit(root, 'add', '-f', '-A', '.');
    userGit(root, 'commit', '-q', '-m', `change ${i + 1}`);
  }
  return { base, box: `${userGit(root, 'format-patch', '--stdout', '--binary', '-M', '-C', base)}\n` };
}

/** Applies in both ways, demands that they come to the same, and gives it. */
async function both(root: string, base: string, box: string): Promise<ApplyOutcome> {
  const [clone, series] = [await openClone(root), await seriesOf(box)];
  const outcome = await applySeries(clone, { commit: base }, series);
  assert.equal(outcome, await applyWithWholeIndex(clone.gitDir, base, series));
  return outcome;
}

/** As both(), for changes that apply: the last tree must be that of the commits. */
async function bothApply(root: string, ...changes: readonly (() => void)[]): Promise<ApplyOutcome> {
  const { base, box } = madeBy(root, ...changes);
  const outcome = await both(root, base, box);
  assert.is(outcome.failed, undefined);
  assert.is(outcome.points.at(-1)?.tree, userGit(root, 'rev-parse', 'HEAD^{tree}'));
  return outcome;
}

const edit = (root: string, path: string, from: string, to: string): void =>
  write(root, path, readFileSync(join(root, path), 'utf8').replace(from, to));

test('lines changed at the top, deeper, and again by the next patch', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => edit(root, 'mm/memremap.c', 'line 7\n', 'line seven\n'),
    () => {
      edit(root, 'drivers/gpu/drm/a.c', 'line 3\n', 'line three\n');
      edit(root, 'mm.c', 'sorts', 'is sorted');
    },
    () => edit(root, 'mm/memremap.c', 'line seven\n', 'line 7 again\n'),
    () => edit(root, 'mm/memremap.c', 'line 7 again\n', 'line 7\n'),
  );
});

test('new files: beside others, in new folders, in several', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => write(root, 'mm/new.c', 'new\n'),
    () => {
      write(root, 'fresh/deep/er/new.c', 'new\n');
      write(root, 'fresh/deep-er/new.c', 'new\n');
      write(root, 'drivers/gpu/host/new.c', '');
    },
    () => edit(root, 'fresh/deep/er/new.c', 'new', 'newer'),
  );
});

test('deletions: one of several, the last of a folder, of several folders, all of one and back', async () => {
  const root = richRepo();
  const text = readFileSync(join(root, 'drivers/gpu/only/one.c'));
  await bothApply(
    root,
    () => rmSync(join(root, 'drivers/gpu/drm/b.c')),
    () => rmSync(join(root, 'drivers/gpu/only/one.c')),
    () => rmSync(join(root, 'drivers'), { recursive: true }),
    () => write(root, 'drivers/gpu/only/one.c', text),
  );
});

test('renames and copies, with changes and without, over folders', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => renameSync(join(root, 'mm/memremap.c'), join(root, 'mm/remap.c')),
    () => {
      mkdirSync(join(root, 'other'));
      renameSync(join(root, 'drivers/gpu/only/one.c'), join(root, 'other/two.c'));
      edit(root, 'other/two.c', 'one line 4\n', 'two line 4\n');
    },
    () => {
      const text = readFileSync(join(root, 'mm/huge_memory.c'), 'utf8');
      write(root, 'mm/huge_copy.c', text.replace('line 9\n', 'line nine\n'));
      write(root, 'mm/huge_memory.c', text.replace('line 50\n', 'line fifty\n'));
    },
  );
});

test('modes and links', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => chmodSync(join(root, 'mm/memremap.c'), 0o755),
    () => {
      chmodSync(join(root, 'mm/memremap.c'), 0o644);
      edit(root, 'mm/memremap.c', 'line 7\n', 'line seven\n');
    },
    () => {
      rmSync(join(root, 'link.c'));
      symlinkSync('mm/memremap.c', join(root, 'link.c'));
    },
    () => {
      rmSync(join(root, 'link.c'));
      write(root, 'link.c', 'no link any more\n');
    },
  );
});

test('a file where a folder was, a folder where a file was, a folder where a link was', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => {
      rmSync(join(root, 'mm.c'));
      write(root, 'mm.c/inside.c', 'a folder now\n');
    },
    () => {
      rmSync(join(root, 'mm.c'), { recursive: true });
      write(root, 'mm.c', 'a file again\n');
    },
    () => {
      rmSync(join(root, 'drivers/gpu/only'), { recursive: true });
      write(root, 'drivers/gpu/only', 'a file now\n');
    },
    () => {
      rmSync(join(root, 'gpu'));
      write(root, 'gpu/real.c', 'a folder now\n');
    },
  );
});

test('what is in the way: a file for a folder, a folder for a file, a link, the file itself', async () => {
  const root = richRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  for (const path of ['mm.c/new.c', 'mm', 'drivers/gpu', 'gpu/new.c', 'mm/memremap.c', 'sub/module/x.c']) {
    const diff = `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+new\n`;
    const { failed } = await both(root, base, mail({ subject: `[PATCH] ${path}`, diff }));
    assert.ok(failed, path);
  }
});

test('binary files, empty files, no newline at the end, CRLF', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => write(root, 'blob.bin', Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 11) % 256))),
    () => write(root, 'mm/empty', ''),
    () => rmSync(join(root, 'mm/empty')),
    () => write(root, 'mm/Makefile', 'obj-y += memremap.o'),
    () => write(root, 'new.bin', Buffer.from([0, 1, 2, 255, 0, 10])),
  );
  const { base, box } = madeBy(root, () => edit(root, 'dos.txt', 'line 7\r\n', 'line seven\r\n'));
  await both(root, base, box);
});

test('names with blanks, quotes, newlines, and what git could take for patterns', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => edit(root, 'odd/a b.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/q"\t.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/new\nline.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/ä*[x]?.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/:(top)x.c', 'line 3\n', 'line three\n'),
    () => renameSync(join(root, 'odd/a b.c'), join(root, 'odd/b  a .c')),
    () => write(root, ':odd/ ü/*', 'new\n'),
  );
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
