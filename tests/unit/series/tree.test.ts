import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { openClone } from '../../../orchestrator/series/clone.js';
import { ask } from '../../../orchestrator/series/git.js';
import { snapshotTree } from '../../../orchestrator/series/snapshot.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { commitLine, fingerprint, kernelRepo, ownCache, userGit, write, writeKernel } from './fake-tree.js';

ownCache();
const test = suite('series/tree', { timeoutMs: 30_000 });

async function usage(promise: Promise<unknown>, pattern: RegExp): Promise<CiError> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof CiError)) throw error;
    assert.is(error.fault, 'usage');
    assert.match(error.message, pattern);
    assert.ok(error.details.remedy);
    return error;
  }
  return assert.unreachable('it was taken') as never;
}

/** What the clone reads of a file at a commit. */
function content(gitDir: string, name: string): Promise<string | undefined> {
  return ask(['cat-file', 'blob', name], { gitDir });
}

test('a checkout: borrowed, not copied; the same clone again', async () => {
  const root = kernelRepo();
  const before = fingerprint(root);
  const clone = await openClone(root);
  assert.is(clone.head, userGit(root, 'rev-parse', 'HEAD'));
  assert.is(await content(clone.gitDir, `${clone.head}:Kbuild`), '# top');
  assert.is((await openClone(join(root, '.'))).gitDir, clone.gitDir);
  assert.is(fingerprint(root), before);
  const own = await ask(['count-objects'], { gitDir: clone.gitDir });
  assert.match(own ?? '', /^0 objects/);
});

test('a linked work tree has its own head and the same clone', async () => {
  const root = kernelRepo();
  const linked = join(scratchDir('linked'), 'tree');
  userGit(root, 'worktree', 'add', '-q', '-b', 'topic', linked);
  const tip = commitLine(linked, 'mm/memremap.c', 5, 'topic');
  const [main, other] = await Promise.all([openClone(root), openClone(linked)]);
  assert.is(other.gitDir, main.gitDir);
  assert.is(other.head, tip);
  assert.is.not(main.head, tip);
  write(linked, 'mm/new.c', 'x\n');
  assert.equal((await snapshotTree(other)).changed, ['mm/new.c']);
});

test('a bare repository, and one that borrows itself', async () => {
  const root = kernelRepo();
  const dir = scratchDir('bare');
  userGit(dir, 'clone', '-q', '--bare', '--shared', root, 'borrowing.git');
  userGit(dir, 'clone', '-q', '--shared', 'borrowing.git', 'again');
  for (const name of ['borrowing.git', 'again']) {
    const clone = await openClone(join(dir, name));
    assert.is(await content(clone.gitDir, `${clone.head}:Kbuild`), '# top');
  }
  const bare = await openClone(join(dir, 'borrowing.git'));
  assert.is((await snapshotTree(bare)).commit, bare.head);
});

test('a shallow clone, also after it was deepened', async () => {
  const root = kernelRepo();
  commitLine(root, 'mm/memremap.c', 5, 'second');
  commitLine(root, 'mm/memremap.c', 6, 'third');
  const dir = scratchDir('shallow');
  userGit(dir, 'clone', '-q', '--depth=1', `file://${root}`, 'tree');
  const log = async (): Promise<number> => {
    const { gitDir, head } = await openClone(join(dir, 'tree'));
    return Number(await ask(['rev-list', '--count', head ?? ''], { gitDir }));
  };
  assert.is(await log(), 1);
  userGit(join(dir, 'tree'), 'fetch', '-q', '--depth=2');
  assert.is(await log(), 2);
  userGit(join(dir, 'tree'), 'fetch', '-q', '--unshallow');
  assert.is(await log(), 3);
});

test('a partial clone: blobs that it lacks are fetched into ours', async () => {
  const root = kernelRepo();
  userGit(root, 'config', 'uploadpack.allowFilter', 'true');
  const dir = scratchDir('partial');
  userGit(dir, 'clone', '-q', '--filter=blob:none', '--sparse', `file://${root}`, 'tree');
  const tree = join(dir, 'tree');
  const before = fingerprint(tree);
  const clone = await openClone(tree);
  assert.is(await content(clone.gitDir, `${clone.head}:mm/memremap.c`), 'memremap line 1');
  assert.is(fingerprint(tree), before);
});

test('a tree named by a symbolic link, with odd characters in its path', async () => {
  const root = kernelRepo();
  const dir = join(scratchDir('odd'), 'a "b" #c ä');
  userGit(root, 'clone', '-q', '.', dir);
  const link = join(scratchDir('link'), 'tree');
  symlinkSync(dir, link);
  const clone = await openClone(link);
  assert.is(await content(clone.gitDir, `${clone.head}:Kbuild`), '# top');
});

test('the caller may have GIT_DIR set, as git bisect run does', async () => {
  const root = kernelRepo();
  process.env['GIT_DIR'] = '/nonexistent';
  process.env['GIT_INDEX_FILE'] = '/nonexistent';
  try {
    assert.ok((await openClone(root)).head);
  } finally {
    delete process.env['GIT_DIR'];
    delete process.env['GIT_INDEX_FILE'];
  }
});

test('several at once', async () => {
  const root = kernelRepo();
  const clones = await Promise.all(Array.from({ length: 5 }, () => openClone(root)));
  assert.is(new Set(clones.map(({ gitDir }) => gitDir)).size, 1);
});

test('the tree as it stands: staged, unstaged, untracked, deleted, ignored', async () => {
  const root = kernelRepo();
  const clone = await openClone(root);
  assert.equal(await snapshotTree(clone), {
    ...(await snapshotTree(clone)),
    commit: clone.head,
    changed: [],
  });
  write(root, 'mm/staged.c', 'staged\n');
  userGit(root, 'add', 'mm/staged.c');
  write(root, 'mm/staged.c', 'staged, then edited\n');
  write(root, 'mm/memremap.c', 'unstaged\n');
  write(root, 'mm/untracked.c', 'untracked\n');
  write(root, 'mm/memremap.o', 'ignored\n');
  write(root, 'vmlinux', 'ignored\n');
  write(root, '.git/info/exclude', '*.orig\n');
  write(root, 'mm/x.orig', 'ignored\n');
  rmSync(join(root, 'mm/huge_memory.c'));
  const before = fingerprint(root);
  const point = await snapshotTree(clone);
  assert.is(fingerprint(root), before, 'nothing of the user was written');
  assert.equal(point.changed, ['mm/huge_memory.c', 'mm/memremap.c', 'mm/staged.c', 'mm/untracked.c']);
  assert.is(await content(clone.gitDir, `${point.commit}:mm/staged.c`), 'staged, then edited');
  assert.is(await ask(['rev-parse', `${point.commit}^`], { gitDir: clone.gitDir }), clone.head);
  assert.equal(await snapshotTree(clone), point, 'equal content gives an equal commit');
});

test('an edit of equal size in the second of the checkout is seen', async () => {
  const root = kernelRepo();
  write(root, 'Kbuild', '# TOP\n');
  assert.equal((await snapshotTree(await openClone(root))).changed, ['Kbuild']);
});

test('a split index and hooks of the user play no part', async () => {
  const root = kernelRepo();
  write(root, '.git/hooks/post-index-change', '#!/bin/sh\ntouch ../../hook-ran; touch hook-ran\n');
  chmodSync(join(root, '.git/hooks/post-index-change'), 0o755);
  userGit(root, 'update-index', '--split-index');
  rmSync(join(root, 'hook-ran'), { force: true });
  write(root, 'Kbuild', '# edited top\n');
  const before = fingerprint(root);
  assert.equal((await snapshotTree(await openClone(root))).changed, ['Kbuild']);
  assert.is(fingerprint(root), before);
});

test('a repository inside the tree and a big file are left out, and said', async () => {
  const root = kernelRepo();
  userGit(root, 'init', '-q', 'inner');
  write(root, 'inner/x', 'x\n');
  write(root, 'disk.img', Buffer.alloc(33 * 2 ** 20));
  const point = await snapshotTree(await openClone(root));
  assert.equal(point.changed, []);
  assert.match(point.note ?? '', /^2 untracked left out/);
});

test('plain source: imported without build output, never written into; an edit gives another commit', async () => {
  const root = scratchDir('plain');
  writeKernel(root);
  write(root, 'mm/memremap.o', 'object\n');
  write(root, 'vmlinux', 'image\n');
  write(root, 'mm/.gitignore', 'generated.h\n');
  write(root, 'mm/generated.h', 'x\n');
  const before = fingerprint(root);
  const clone = await openClone(root);
  assert.is(fingerprint(root), before);
  const names = async (commit = ''): Promise<string[]> => {
    const { git, splitNul } = await import('../../../orchestrator/series/git.js');
    return splitNul(await git(['ls-tree', '-r', '-z', '--name-only', commit], { gitDir: clone.gitDir }));
  };
  assert.equal(await names(clone.head), [
    '.gitignore',
    'Kbuild',
    'Makefile',
    'mm/.gitignore',
    'mm/Makefile',
    'mm/huge_memory.c',
    'mm/memremap.c',
  ]);
  assert.is((await openClone(root)).head, clone.head);
  write(root, 'mm/new.c', 'new\n');
  rmSync(join(root, 'mm/huge_memory.c'));
  const edited = await openClone(root);
  assert.is.not(edited.head, clone.head);
  assert.ok((await names(edited.head)).includes('mm/new.c'));
  assert.not.ok((await names(edited.head)).includes('mm/huge_memory.c'));
});

test('plain source as Debian packs it, whose .gitignore ignores all of it', async () => {
  const root = scratchDir('debian');
  writeKernel(root);
  write(root, '.gitignore', '.*\n*.o\n/vmlinux\n#\n# Debian packaging\n#\n/*\n!/debian/\n');
  write(root, 'vmlinux', 'image\n');
  write(root, 'mm/memremap.o', 'object\n');
  const clone = await openClone(root);
  assert.is(await content(clone.gitDir, `${clone.head}:Kbuild`), '# top');
  assert.is(await content(clone.gitDir, `${clone.head}:mm/memremap.o`), undefined);
  assert.is(await content(clone.gitDir, `${clone.head}:vmlinux`), undefined);
});

test('plain source inside a checkout of something else is plain source', async () => {
  const outer = scratchDir('outer');
  userGit(outer, 'init', '-q', '.');
  writeKernel(join(outer, 'linux'));
  const clone = await openClone(join(outer, 'linux'));
  assert.is(clone.tree.kind, 'plain');
});

test('several imports of one plain directory at once', async () => {
  const root = scratchDir('plain');
  writeKernel(root);
  const clones = await Promise.all([openClone(root), openClone(root), openClone(root)]);
  assert.is(new Set(clones.map(({ head }) => head)).size, 1);
});

test('refused: no such directory, a file, no kernel', async () => {
  await usage(openClone('/no/such/tree'), /no such directory/);
  const dir = scratchDir('none');
  writeFileSync(join(dir, 'x'), '');
  await usage(openClone(join(dir, 'x')), /no such directory/);
  await usage(openClone(dir), /not a Linux source tree/);
  write(dir, 'Makefile', 'all:\n\tcc\n');
  write(dir, 'Kbuild', '');
  await usage(openClone(dir), /not a Linux source tree/);
});

test('refused: a folder of a checkout, with the folder that was meant', async () => {
  const root = kernelRepo();
  const error = await usage(openClone(join(root, 'mm')), /not a Linux source tree/);
  assert.match(error.details.remedy ?? '', new RegExp(`--tree ${root}`));
});

test('refused: a bare repository of something else, a broken .git', async () => {
  const dir = scratchDir('other');
  userGit(dir, 'init', '-q', '--bare', 'x.git');
  await usage(openClone(join(dir, 'x.git')), /not a Linux source tree/);
  mkdirSync(join(dir, 'broken'));
  writeKernel(join(dir, 'broken'));
  write(dir, 'broken/.git', 'gitdir: /nowhere\n');
  await usage(openClone(join(dir, 'broken')), /cannot read/);
});

test.run();
