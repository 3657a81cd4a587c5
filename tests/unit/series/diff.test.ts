import * as assert from 'uvu/assert';
import { parseDiff, unquotePath } from '../../../orchestrator/series/diff.js';
import { suite } from '../../harness/suite.js';

const test = suite('series/diff');

const HUNK = '@@ -1,2 +1,2 @@\n a\n-b\n+c\n';

test('a plain change: path, blob, changes', () => {
  const facts = parseDiff(
    `diff --git a/mm/x.c b/mm/x.c\nindex accba23..89c4c95 100644\n--- a/mm/x.c\n+++ b/mm/x.c\n${HUNK}`,
  );
  assert.equal(facts, {
    files: ['mm/x.c'],
    preimages: [{ path: 'mm/x.c', blob: 'accba23' }],
    strip: 1,
    hasChanges: true,
  });
});

test('a new file has no preimage, a deleted one has', () => {
  const facts = parseDiff(
    `diff --git a/n b/n\nnew file mode 100644\nindex 0000000..89c4c95\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n` +
      `diff --git a/d b/d\ndeleted file mode 100644\nindex 1234567..0000000\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n`,
  );
  assert.equal(facts.files, ['d', 'n']);
  assert.equal(facts.preimages, [{ path: 'd', blob: '1234567' }]);
});

test('a rename names both paths and the old one holds the blob', () => {
  const facts = parseDiff(
    `diff --git a/mm/old.c b/mm/new.c\nsimilarity index 90%\nrename from mm/old.c\nrename to mm/new.c\nindex 1111111..2222222 100644\n--- a/mm/old.c\n+++ b/mm/new.c\n${HUNK}`,
  );
  assert.equal(facts.files, ['mm/new.c', 'mm/old.c']);
  assert.equal(facts.preimages, [{ path: 'mm/old.c', blob: '1111111' }]);
});

test('a diff inside a hunk is text', () => {
  const facts = parseDiff(
    `diff --git a/x b/x\nindex 1111111..2222222\n--- a/x\n+++ b/x\n@@ -1,2 +1,4 @@\n a\n+diff --git a/y b/y\n+--- a/y\n b\n`,
  );
  assert.equal(facts.files, ['x']);
});

test('a removed line "-- a" is no header', () => {
  assert.equal(parseDiff('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n--- old/way\n b\n').files, [
    'x',
  ]);
});

test('mode changes and binary patches are changes', () => {
  assert.ok(parseDiff('diff --git a/x b/x\nold mode 100644\nnew mode 100755\n').hasChanges);
  assert.ok(parseDiff('diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 3\n').hasChanges);
});

test('a diff without git lines', () => {
  const facts = parseDiff(
    `--- a/mm/x.c\t2026-01-01\n+++ b/mm/x.c\t2026-01-02\n${HUNK}--- a/mm/y.c\n+++ b/mm/y.c\n${HUNK}`,
  );
  assert.equal(facts.files, ['mm/x.c', 'mm/y.c']);
  assert.is(facts.strip, 1);
});

test('--no-prefix is seen', () => {
  const facts = parseDiff(
    `diff --git mm/x.c mm/x.c\nindex 1111111..2222222 100644\n--- mm/x.c\n+++ mm/x.c\n${HUNK}`,
  );
  assert.is(facts.strip, 0);
  assert.equal(facts.files, ['mm/x.c']);
});

test('quoted diffs, prose and separators are nothing', () => {
  assert.equal(parseDiff('> diff --git a/x b/x\n> --- a/x\n---\n 1 file changed\n-- \n2.43.0\n'), {
    files: [],
    preimages: [],
    strip: 1,
    hasChanges: false,
  });
});

test("git's quoted names", () => {
  assert.is(unquotePath(String.raw`"a/\303\244 \"b\".c"`), 'a/ä "b".c');
});

test.run();
