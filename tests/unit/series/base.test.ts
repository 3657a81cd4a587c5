import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { findBase, type BaseOptions } from '../../../orchestrator/series/base.js';
import { openClone } from '../../../orchestrator/series/clone.js';
import { expectedBlobs } from '../../../orchestrator/series/infer.js';
import type { Base } from '../../../orchestrator/series/types.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { commitLine, kernelRepo, ownCache, userGit, write, writeKernel } from './fake-tree.js';
import { seriesOf } from './mails.js';

ownCache();
const test = suite('series/base', { timeoutMs: 30_000 });

const headOf = (root: string): string => userGit(root, 'rev-parse', 'HEAD');
const formatPatch = (root: string, base: string): string =>
  `${userGit(root, 'format-patch', '--stdout', base)}\n`;

/** A repository whose branch `topic` changes both files; the box holds the series. */
function withSeries(): { root: string; base: string; box: string } {
  const root = kernelRepo();
  const base = headOf(root);
  userGit(root, 'tag', 'v7.3', base);
  userGit(root, 'checkout', '-q', '-b', 'topic');
  commitLine(root, 'mm/memremap.c', 10, 'one');
  commitLine(root, 'mm/huge_memory.c', 10, 'two');
  commitLine(root, 'mm/memremap.c', 20, 'three');
  const box = formatPatch(root, base);
  userGit(root, 'checkout', '-q', 'master');
  userGit(root, 'branch', '-q', '-D', 'topic');
  return { root, base, box };
}

async function find(root: string, box: string, options: BaseOptions = {}): Promise<Base> {
  return findBase(await openClone(root), await seriesOf(box), options);
}

test('only the first blob of each path counts', async () => {
  const { box } = withSeries();
  assert.equal(
    expectedBlobs(await seriesOf(box)).map(({ path }) => path),
    ['mm/memremap.c', 'mm/huge_memory.c'],
  );
});

test('--base wins over everything', async () => {
  const { root, base, box } = withSeries();
  const other = commitLine(root, 'Kbuild', 1, '# edited');
  const found = await find(root, `${box}\nbase-commit: ${base}\n`, { base: 'master' });
  assert.is(found.commit, other);
  assert.is(found.foundBy, '--base master');
});

test('the base-commit: trailer', async () => {
  const { root, base, box } = withSeries();
  commitLine(root, 'mm/memremap.c', 50, 'later');
  const found = await find(root, `${box}\nbase-commit: ${base}\n`);
  assert.is(found.commit, base);
  assert.is(found.foundBy, 'base-commit: trailer');
  assert.is(found.describe, 'v7.3');
});

test('a base-commit: that the tree lacks is said, and the search goes on', async () => {
  const { root, base, box } = withSeries();
  const found = await find(root, `${box}\nbase-commit: ${'ab'.repeat(20)}\n`);
  assert.is(found.commit, base);
  assert.is(found.foundBy, 'inferred: 2 of 2 blob hashes match');
  assert.equal(found.notes, ["the series' base-commit abababababab is not in the tree"]);
});

test('the head if all match there, also where an older tag does too', async () => {
  const { root, box } = withSeries();
  const head = commitLine(root, 'Kbuild', 1, '# edited');
  const found = await find(root, box);
  assert.is(found.commit, head);
  assert.match(found.describe, /^v7\.3-1-g/);
});

test('else the newest commit where all match: the last one before the files changed', async () => {
  const { root, box } = withSeries();
  const wanted = commitLine(root, 'Kbuild', 1, '# edited');
  commitLine(root, 'mm/memremap.c', 50, 'later');
  commitLine(root, 'mm/memremap.c', 51, 'later still');
  const found = await find(root, box);
  assert.is(found.commit, wanted);
  assert.is(found.foundBy, 'inferred: 2 of 2 blob hashes match');
});

test('a branch that is not below the head', async () => {
  const { root, box } = withSeries();
  userGit(root, 'branch', 'stable');
  commitLine(root, 'mm/memremap.c', 50, 'later');
  userGit(root, 'checkout', '-q', 'stable');
  const wanted = commitLine(root, 'Kbuild', 1, '# stable');
  userGit(root, 'checkout', '-q', 'master');
  assert.is((await find(root, box)).commit, wanted);
});

test('not all match anywhere: the head where it has as many as any, named as such', async () => {
  const { root, box } = withSeries();
  const head = commitLine(root, 'mm/memremap.c', 50, 'later');
  const broken = box.replace(/^index \w{7}(?=\.\.\w+ 100644\n--- a\/mm\/memremap)/m, 'index 1234567');
  const found = await find(root, broken);
  assert.is(found.commit, head);
  assert.is(found.foundBy, 'inferred: 1 of 2 blob hashes match');
});

test('nothing matches, or there are no hashes: the head', async () => {
  const { root, box } = withSeries();
  for (const text of [
    box.replaceAll(/^index \w{7}/gm, 'index 1234567'),
    box.replaceAll(/^index .*\n/gm, ''),
  ]) {
    const found = await find(root, text);
    assert.is(found.commit, headOf(root));
    assert.is(found.foundBy, 'head of the tree');
  }
});

test('a series that only makes new files', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  write(root, 'mm/new.c', 'x\n');
  userGit(root, 'add', '.');
  userGit(root, 'commit', '-q', '-m', 'new');
  const box = formatPatch(root, base);
  userGit(root, 'reset', '-q', '--hard', base);
  assert.is((await find(root, box)).foundBy, 'head of the tree');
});

test('plain source', async () => {
  const { box } = withSeries();
  const plain = scratchDir('plain');
  writeKernel(plain);
  const found = await find(plain, box);
  assert.is(found.foundBy, 'inferred: 2 of 2 blob hashes match');
  assert.match(found.describe, /^7\.3\.4 \([0-9a-f]{12}\)$/);
});

test('refused: an unknown --base, an option as --base, a base without a kernel', async () => {
  const { root, box } = withSeries();
  const empty = userGit(
    root,
    'commit-tree',
    '-m',
    'x',
    userGit(root, 'hash-object', '-t', 'tree', '-w', '/dev/null'),
  );
  const table: readonly [string, RegExp][] = [
    ['v9.9', /no commit "v9\.9"/],
    ['--all', /no commit "--all"/],
    [empty, /not a Linux source tree/],
  ];
  for (const [base, pattern] of table) {
    try {
      await find(root, box, { base });
    } catch (error) {
      assert.instance(error, CiError);
      assert.is((error as CiError).fault, 'usage');
      assert.match((error as CiError).message, pattern);
      continue;
    }
    assert.unreachable(base);
  }
});

test.run();
