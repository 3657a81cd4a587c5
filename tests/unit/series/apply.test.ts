import { chmodSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { applySeries } from '../../../orchestrator/series/apply.js';
import { openClone } from '../../../orchestrator/series/clone.js';
import { ask, git } from '../../../orchestrator/series/git.js';
import type { ApplyOutcome } from '../../../orchestrator/series/types.js';
import { suite } from '../../harness/suite.js';
import { commitLine, diffOf, fingerprint, kernelRepo, ownCache, userGit, write } from './fake-tree.js';
import { mail, seriesOf } from './mails.js';

ownCache();
const test = suite('series/apply', { timeoutMs: 30_000 });

const headOf = (root: string): string => userGit(root, 'rev-parse', 'HEAD');
const formatPatch = (root: string, base: string, ...options: string[]): string =>
  `${userGit(root, 'format-patch', '--stdout', ...options, base)}\n`;

async function apply(root: string, base: string, box: string): Promise<ApplyOutcome & { gitDir: string }> {
  const clone = await openClone(root);
  return { ...(await applySeries(clone, { commit: base }, await seriesOf(box))), gitDir: clone.gitDir };
}

test("the trees are those of the commits; author, date and message are the mail's", async () => {
  const root = kernelRepo();
  const base = headOf(root);
  const commits = [
    commitLine(root, 'mm/memremap.c', 10, 'one', 'mm: one'),
    commitLine(root, 'mm/huge_memory.c', 10, 'two', 'mm: two'),
  ];
  const box = formatPatch(root, base);
  const before = fingerprint(root);
  const { points, failed, gitDir } = await apply(root, base, box);
  assert.is(failed, undefined);
  assert.is(fingerprint(root), before, 'nothing of the user was written');
  assert.equal(
    points.map(({ tree }) => tree),
    commits.map((commit) => userGit(root, 'rev-parse', `${commit}^{tree}`)),
  );
  assert.equal(
    points.map(({ changed }) => changed),
    [['mm/memremap.c'], ['mm/huge_memory.c']],
  );
  assert.equal(
    points.map(({ subject }) => subject),
    ['mm: one', 'mm: two'],
  );
  const show = (commit: string | undefined, dir: string): Promise<string> =>
    git(['show', '-s', '--format=%an %ae %ad%n%B', '--date=raw', commit ?? ''], { gitDir: dir });
  assert.is(await show(points[1]?.commit, gitDir), await show(commits[1], join(root, '.git')));
  assert.is(await ask(['rev-parse', `${points[0]?.commit}^`], { gitDir }), base);
});

test('equal input gives equal commits', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 10, 'one');
  const box = formatPatch(root, base);
  const [first, second] = [await apply(root, base, box), await apply(root, base, box)];
  assert.equal(second.points, first.points);
});

test('new, deleted, renamed, binary, mode and odd names', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  write(root, 'mm/new.c', 'new\n');
  write(root, 'mm/ä "q".c', 'odd\n');
  write(root, 'mm/blob.bin', Buffer.from([0, 1, 2, 255, 0, 10]));
  renameSync(join(root, 'mm/huge_memory.c'), join(root, 'mm/large_memory.c'));
  chmodSync(join(root, 'Kbuild'), 0o755);
  userGit(root, 'rm', '-q', 'mm/Makefile');
  userGit(root, 'add', '-A', '.');
  userGit(root, 'commit', '-q', '-m', 'all at once');
  const { points } = await apply(root, base, formatPatch(root, base, '--binary'));
  assert.is(points[0]?.tree, userGit(root, 'rev-parse', 'HEAD^{tree}'));
  assert.equal(points[0]?.changed.toSorted(), [
    'Kbuild',
    'mm/Makefile',
    'mm/blob.bin',
    'mm/huge_memory.c',
    'mm/large_memory.c',
    'mm/new.c',
    'mm/ä "q".c',
  ]);
});

test("a patch that does not apply: git's words with the place, earlier points kept", async () => {
  const root = kernelRepo();
  const base = headOf(root);
  const [good, bad] = [30, 40].map((line) => {
    commitLine(root, 'mm/memremap.c', line, `new ${line}`);
    return diffOf(root);
  }) as [string, string];
  const wrong = bad.replaceAll('memremap line 4', 'memremap lime 4').replace(/^index .*\n/m, '');
  const box =
    mail({ subject: '[PATCH 1/3] mm: good', id: '1@x', diff: good }) +
    mail({ subject: '[PATCH 2/3] mm: bad', id: '2@x', diff: wrong }) +
    mail({ subject: '[PATCH 3/3] mm: never', id: '3@x', diff: good });
  const { points, failed } = await apply(root, base, box);
  assert.is(points.length, 1);
  assert.is(failed?.index, 2);
  assert.is(failed?.subject, 'mm: bad');
  assert.match(failed?.gitSays ?? '', /patch failed: mm\/memremap\.c:37/);
});

test('a file that is not there', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'new');
  const box = mail({ subject: '[PATCH] x', diff: diffOf(root).replaceAll('memremap.c', 'nothing.c') });
  assert.match((await apply(root, base, box)).failed?.gitSays ?? '', /mm\/nothing\.c: does not exist/);
});

test('a corrupt patch says its line', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'new');
  const broken = diffOf(root).replace(/^ memremap line 31$/m, 'memremap line 31');
  const { failed } = await apply(root, base, mail({ subject: '[PATCH] x', diff: broken }));
  assert.match(failed?.gitSays ?? '', /corrupt patch at line \d+/);
  assert.not.match(failed?.gitSays ?? '', /\/tmp/);
});

test('a moved context is merged three ways where the blob is known', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'by the patch');
  const box = formatPatch(root, base);
  userGit(root, 'checkout', '-q', '-b', 'other', base);
  const other = commitLine(root, 'mm/memremap.c', 27, 'by somebody else');
  const { points, gitDir } = await apply(root, other, box);
  assert.is(points[0]?.note, 'applied by a three-way merge');
  const text = await git(['cat-file', 'blob', `${points[0]?.commit}:mm/memremap.c`], { gitDir });
  assert.match(text, /by somebody else/);
  assert.match(text, /by the patch/);
});

test('a conflict names the file', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'by the patch');
  const box = formatPatch(root, base);
  userGit(root, 'checkout', '-q', '-b', 'other', base);
  const other = commitLine(root, 'mm/memremap.c', 30, 'by somebody else');
  const { failed } = await apply(root, other, box);
  assert.match(failed?.gitSays ?? '', /patch failed: mm\/memremap\.c:27/);
  assert.match(failed?.gitSays ?? '', /with conflicts/);
});

test('a patch that is in the tree already changes nothing, and says so', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  const done = commitLine(root, 'mm/memremap.c', 30, 'new');
  const { points } = await apply(root, done, formatPatch(root, base));
  assert.equal(points[0]?.changed, []);
  assert.match(points[0]?.note ?? '', /already in the tree/);
});

test('the same without blob hashes: cannot merge, but says what it looks like', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  const done = commitLine(root, 'mm/memremap.c', 30, 'new');
  const { failed } = await apply(root, done, formatPatch(root, base).replaceAll(/^index .*\n/gm, ''));
  assert.match(failed?.gitSays ?? '', /in the tree already/);
});

test('an empty patch is a point of its own with the tree before', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'new');
  const box =
    mail({ subject: '[PATCH 1/2] empty', id: '1@x' }) +
    mail({ subject: '[PATCH 2/2] x', id: '2@x', diff: diffOf(root) });
  const { points } = await apply(root, base, box);
  assert.is(points[0]?.tree, userGit(root, 'rev-parse', `${base}^{tree}`));
  assert.is(points[0]?.note, 'the patch is empty');
  assert.is(points.length, 2);
});

test('--no-prefix patches apply', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'new');
  const { points, failed } = await apply(root, base, formatPatch(root, base, '--no-prefix'));
  assert.is(failed, undefined);
  assert.equal(points[0]?.changed, ['mm/memremap.c']);
});

test('a mail without author or date', async () => {
  const root = kernelRepo();
  const base = headOf(root);
  commitLine(root, 'mm/memremap.c', 30, 'new');
  const box = `From x Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x\nDate: some day\n\n---\n${diffOf(root)}`;
  const { points, gitDir } = await apply(root, base, box);
  const who = await ask(['show', '-s', '--format=%an <%ae> %at', points[0]?.commit ?? ''], { gitDir });
  assert.is(who, 'unknown <unknown@localhost> 0');
});

test.run();
