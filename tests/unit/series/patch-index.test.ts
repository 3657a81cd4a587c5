import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { git } from '../../../orchestrator/series/git.js';
import { partIndex, wholeIndex, type PatchIndex } from '../../../orchestrator/series/patch-index.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { commitLine, diffOf, kernelRepo, numbered, userGit, write } from './fake-tree.js';

const test = suite('series/patch-index', { timeoutMs: 30_000 });

interface Place {
  readonly root: string;
  readonly tree: string;
  readonly part: (...paths: string[]) => Promise<PatchIndex | undefined>;
  readonly inIndex: (index: PatchIndex | undefined) => Promise<string[]>;
  readonly apply: (index: PatchIndex | undefined, diff: string) => Promise<void>;
}

function place(root = kernelRepo()): Place {
  const options = { gitDir: join(root, '.git'), signal: undefined };
  const tree = userGit(root, 'rev-parse', 'HEAD^{tree}');
  const at = (index: PatchIndex | undefined) => ({
    gitDir: options.gitDir,
    indexFile: index?.indexFile ?? '',
  });
  return {
    root,
    tree,
    part: (...paths) => partIndex(tree, paths, { ...options, folder: scratchDir('index') }),
    inIndex: async (index) => (await git(['ls-files', '-z'], at(index))).split('\0').filter(Boolean),
    apply: async (index, diff) => void (await git(['apply', '--cached', '-'], { ...at(index), input: diff })),
  };
}

test('holds the paths and the files that stand where a folder is wanted, no others', async () => {
  const root = kernelRepo();
  symlinkSync('mm', join(root, 'link'));
  userGit(root, 'add', '-f', 'link');
  userGit(root, 'commit', '-q', '-m', 'link');
  const { part, inIndex } = place(root);
  const index = await part('mm/memremap.c', 'mm/new.c', 'Kbuild/x.c', 'link/x.c', 'no/such/folder.c');
  assert.equal(await inIndex(index), ['Kbuild', 'link', 'mm/memremap.c']);
  assert.equal(await inIndex(await part()), []);
});

test('gives the tree of what is in it, again and again', async () => {
  const { root, tree, part, apply } = place();
  const index = await part('mm/memremap.c', 'mm/huge_memory.c');
  assert.equal(await index?.tree(), { tree, changed: [] });
  for (const [path, line] of [
    ['mm/memremap.c', 5],
    ['mm/huge_memory.c', 9],
  ] as const) {
    commitLine(root, path, line, 'new');
    await apply(index, diffOf(root));
    assert.equal(await index?.tree(), { tree: userGit(root, 'rev-parse', 'HEAD^{tree}'), changed: [path] });
  }
});

test('does not know a tree with what it did not look for', async () => {
  const { root, part, apply } = place();
  const index = await part('mm/memremap.c');
  write(root, 'mm/new.c', numbered('new', 3));
  userGit(root, 'add', '-f', 'mm/new.c');
  userGit(root, 'commit', '-q', '-m', 'new');
  await apply(index, diffOf(root));
  assert.is(await index?.tree(), undefined);
});

test('cannot be had for a folder, for names that no tree can hold, for very many', async () => {
  const { part } = place();
  assert.is(await part('mm'), undefined);
  assert.is(await part('../x'), undefined);
  assert.is(await part(...Array.from({ length: 501 }, (_, i) => `mm/${i}.c`)), undefined);
  assert.ok(await part(...Array.from({ length: 500 }, (_, i) => `mm/${i}/x.c`)));
});

test('one of the whole tree gives the same', async () => {
  const { root, tree, apply, inIndex } = place();
  const index = await wholeIndex(tree, {
    gitDir: join(root, '.git'),
    folder: scratchDir('index'),
    signal: undefined,
  });
  assert.is((await inIndex(index)).length, 6);
  commitLine(root, 'mm/memremap.c', 5, 'new');
  await apply(index, diffOf(root));
  assert.equal(await index.tree(), {
    tree: userGit(root, 'rev-parse', 'HEAD^{tree}'),
    changed: ['mm/memremap.c'],
  });
});

test.run();
