import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CiError } from '../../../orchestrator/process/errors.js';
import { intake, type Intake } from '../../../orchestrator/series/intake.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { commitLine, fingerprint, kernelRepo, ownCache, userGit, write, writeKernel } from './fake-tree.js';

ownCache();
const test = suite('series/intake', { timeoutMs: 30_000 });

const commits = (result: Intake): string[] => result.points.map(({ commit }) => commit);
const indexes = (result: Intake): number[] => result.points.map(({ index }) => index);

test('nothing: the tree as it stands is point 0', async () => {
  const root = kernelRepo();
  const clean = await intake({ tree: root });
  assert.is(clean.base.foundBy, 'tree as it stands');
  assert.equal(commits(clean), [userGit(root, 'rev-parse', 'HEAD')]);
  write(root, 'mm/memremap.c', 'hot-fix\n');
  const dirty = await intake({ tree: root });
  assert.is(dirty.base.foundBy, 'tree as it stands, 1 changed file');
  assert.match(dirty.base.describe, /-dirty$/);
  assert.equal(dirty.points[0]?.changed, ['mm/memremap.c']);
});

test('an mbox: base and a point for each patch; edits in the tree are no part of it, and said', async () => {
  const root = kernelRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  commitLine(root, 'mm/memremap.c', 10, 'one');
  commitLine(root, 'mm/memremap.c', 30, 'two');
  const dir = scratchDir('patches');
  userGit(root, 'format-patch', '-q', '-o', dir, base);
  userGit(root, 'reset', '-q', '--hard', base);
  write(root, 'mm/huge_memory.c', 'an edit\n');
  const before = fingerprint(root);
  const result = await intake({ tree: root, spec: dir });
  assert.is(fingerprint(root), before);
  assert.equal(indexes(result), [0, 1, 2]);
  assert.is(result.points[0]?.commit, base);
  assert.is(result.failed, undefined);
  assert.ok(result.notes.some((note) => note.startsWith('uncommitted changes')));
});

test('A..B: the commits themselves', async () => {
  const root = kernelRepo();
  const made = [1, 2, 3].map((line) =>
    commitLine(root, 'mm/memremap.c', line, `new ${line}`, `step ${line}`),
  );
  const result = await intake({ tree: root, spec: 'HEAD~2..HEAD' });
  assert.equal(commits(result), made);
  assert.is(result.base.foundBy, 'below the range HEAD~2..HEAD');
  assert.equal(
    result.points.map(({ subject }) => subject),
    ['step 1', 'step 2', 'step 3'],
  );
  assert.equal(result.points[1]?.changed, ['mm/memremap.c']);
  assert.is(result.series?.title, 'step 2 (and 1 more)');
});

test('A..B in a linked work tree means its own HEAD', async () => {
  const root = kernelRepo();
  const linked = join(scratchDir('linked'), 'tree');
  userGit(root, 'worktree', 'add', '-q', '-b', 'topic', linked);
  const tip = commitLine(linked, 'mm/memremap.c', 5, 'topic');
  assert.is((await intake({ tree: linked, spec: 'master..' })).points[1]?.commit, tip);
});

test('A..B on another base is applied there', async () => {
  const root = kernelRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  const edited = commitLine(root, 'mm/huge_memory.c', 50, 'elsewhere');
  commitLine(root, 'mm/memremap.c', 5, 'picked', 'picked');
  const result = await intake({ tree: root, spec: 'HEAD~1..', base });
  assert.is(result.points[0]?.commit, base);
  assert.is(result.points[1]?.subject, 'picked');
  assert.equal(result.points[1]?.changed, ['mm/memremap.c']);
  assert.is.not(result.points[1]?.commit, edited);
});

test('a merge in A..B counts as one patch', async () => {
  const root = kernelRepo();
  userGit(root, 'checkout', '-q', '-b', 'side');
  commitLine(root, 'mm/huge_memory.c', 5, 'side 1');
  commitLine(root, 'mm/huge_memory.c', 6, 'side 2');
  userGit(root, 'checkout', '-q', 'master');
  const one = commitLine(root, 'mm/memremap.c', 5, 'main');
  userGit(root, 'merge', '-q', '--no-ff', '-m', 'Merge side', 'side');
  const result = await intake({ tree: root, spec: 'HEAD~2..' });
  assert.equal(commits(result).slice(1), [one, userGit(root, 'rev-parse', 'HEAD')]);
  assert.equal(result.points[2]?.changed, ['mm/huge_memory.c']);
  assert.ok(
    result.notes.some((note) => note.startsWith('1 of the commits are merges') || note.includes('merge')),
  );
});

test('A is not below B: base is where they part', async () => {
  const root = kernelRepo();
  const fork = userGit(root, 'rev-parse', 'HEAD');
  userGit(root, 'checkout', '-q', '-b', 'side');
  const tip = commitLine(root, 'mm/memremap.c', 5, 'side');
  userGit(root, 'checkout', '-q', 'master');
  commitLine(root, 'mm/huge_memory.c', 5, 'main');
  const result = await intake({ tree: root, spec: 'master..side' });
  assert.equal(commits(result), [fork, tip]);
  assert.ok(result.notes.some((note) => note.includes('where the two part')));
});

test('a patch that does not apply keeps the points before it', async () => {
  const root = kernelRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  commitLine(root, 'mm/memremap.c', 10, 'one');
  commitLine(root, 'mm/huge_memory.c', 10, 'two', 'mm: the bad one');
  const dir = scratchDir('patches');
  userGit(root, 'format-patch', '-q', '-o', dir, base);
  userGit(root, 'reset', '-q', '--hard', base);
  commitLine(root, 'mm/huge_memory.c', 10, 'already something else');
  const result = await intake({ tree: root, spec: dir, base: 'HEAD' });
  assert.equal(indexes(result), [0, 1]);
  assert.is(result.failed?.subject, 'mm: the bad one');
});

const refused: readonly [string, { spec?: string; base?: string }, RegExp][] = [
  ['an unknown revision', { spec: 'nope..HEAD' }, /no commit "nope"/],
  ['an empty range', { spec: 'HEAD..HEAD' }, /holds no commits/],
  ['--base without a series', { base: 'HEAD' }, /--base is for a SERIES/],
];
for (const [name, options, pattern] of refused) {
  test(`refused: ${name}`, async () => {
    await refuses(intake({ tree: kernelRepo(), ...options }), pattern);
  });
}

test('refused: a range in plain source', async () => {
  const plain = scratchDir('plain');
  writeKernel(plain);
  await refuses(intake({ tree: plain, spec: 'a..b' }), /not a git repository/);
});

test('refused: a series in a tree without a commit', async () => {
  const root = scratchDir('unborn');
  writeKernel(root);
  userGit(root, 'init', '-q', '.');
  const dir = scratchDir('patches');
  write(
    dir,
    '0001-x.patch',
    'From: a <a@b>\nSubject: [PATCH] x\n\n---\ndiff --git a/Kbuild b/Kbuild\n--- a/Kbuild\n+++ b/Kbuild\n@@ -1 +1 @@\n-# top\n+# new\n',
  );
  await refuses(intake({ tree: root, spec: dir }), /no commit yet/);
  assert.is((await intake({ tree: root })).base.foundBy.startsWith('tree as it stands'), true);
});

test('an aborted signal ends it with its reason', async () => {
  const stop = new Error('interrupted');
  const root = kernelRepo();
  try {
    await intake({ tree: root, spec: 'HEAD..', signal: AbortSignal.abort(stop) });
  } catch (error) {
    assert.is(error, stop);
    return;
  }
  assert.unreachable('it went on');
});

async function refuses(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, CiError);
    assert.is((error as CiError).fault, 'usage');
    assert.match((error as CiError).message, pattern);
    assert.ok((error as CiError).details.remedy);
    return;
  }
  assert.unreachable('it was taken');
}

test.run();
