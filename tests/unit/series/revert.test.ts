import * as assert from 'uvu/assert';
import { openClone } from '../../../orchestrator/series/clone.js';
import { revertCommits } from '../../../orchestrator/series/revert.js';
import { suite } from '../../harness/suite.js';
import { commitLine, fingerprint, kernelRepo, ownCache, userGit } from './fake-tree.js';

const test = suite('series/revert', { timeoutMs: 30_000 });
ownCache();
const FILE = 'mm/memremap.c';

function shown(gitDir: string, commit: string, root: string): string[] {
  return userGit(root, '--git-dir', gitDir, 'show', `${commit}:${FILE}`).split('\n');
}

test('takes commits back, the newest first, and leaves the tree alone', async () => {
  const root = kernelRepo();
  const first = commitLine(root, FILE, 5, 'five');
  const second = commitLine(root, FILE, 5, 'five again');
  const tip = commitLine(root, FILE, 30, 'thirty');
  const before = fingerprint(root);
  const clone = await openClone(root);
  const made = await revertCommits(clone, tip, [second, first]);
  assert.is(fingerprint(root), before);
  assert.ok('commit' in made);
  const lines = shown(clone.gitDir, made.commit, root);
  assert.is(lines[4], 'memremap line 5');
  assert.is(lines[29], 'thirty');
  assert.equal(await revertCommits(clone, tip, [second, first]), made, 'equal input, equal commit');
});

test("what cannot be taken back: git's words", async () => {
  const root = kernelRepo();
  const first = commitLine(root, FILE, 5, 'five');
  const tip = commitLine(root, FILE, 5, 'five again');
  const made = await revertCommits(await openClone(root), tip, [first]);
  assert.ok('gitSays' in made);
  assert.match(made.gitSays, /memremap\.c/);
});

test('a merge is taken back to its first parent; an empty commit takes nothing', async () => {
  const root = kernelRepo();
  const base = userGit(root, 'rev-parse', 'HEAD');
  commitLine(root, FILE, 50, 'of the branch');
  const branch = userGit(root, 'rev-parse', 'HEAD');
  userGit(root, 'checkout', '-q', '--detach', base);
  commitLine(root, FILE, 5, 'of the line');
  userGit(root, 'merge', '-q', '--no-ff', '-m', 'merge', branch);
  const merge = userGit(root, 'rev-parse', 'HEAD');
  userGit(root, 'commit', '-q', '--allow-empty', '-m', 'nothing');
  const tip = userGit(root, 'rev-parse', 'HEAD');
  const clone = await openClone(root);
  const made = await revertCommits(clone, tip, [tip, merge]);
  assert.ok('commit' in made);
  const lines = shown(clone.gitDir, made.commit, root);
  assert.is(lines[4], 'of the line');
  assert.is(lines[49], 'memremap line 50');
});

test.run();
