import * as assert from 'uvu/assert';
import { placeOf } from '../../../orchestrator/score/place.js';
import { suite } from '../../harness/suite.js';

const test = suite('score/place');

const diff = `diff --git a/mm/x.c b/mm/x.c
index 1..2 100644
--- a/mm/x.c
+++ b/mm/x.c
@@ -10,5 +10,4 @@ int f(void)
 ten
 eleven
--- twelve, which begins with a minus
-thirteen
+ten
 fourteen
`;

test('the first line that is changed, counted before the change', () => {
  assert.equal(placeOf(diff), { file: 'mm/x.c', line: 12, files: 1, hunks: 1 });
});

test('an insertion stands before the line that follows it', () => {
  const insert = '--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n one\n+new\n two\n';
  assert.equal(placeOf(insert), { file: 'f', line: 2, files: 1, hunks: 1 });
});

test('all places are counted', () => {
  const more = `${diff}@@ -50 +49 @@\n-a\n+b\n${diff.replaceAll('x.c', 'y.c')}`;
  assert.equal(placeOf(more), { file: 'mm/x.c', line: 12, files: 2, hunks: 3 });
  assert.is(placeOf('no diff at all'), undefined);
});

test.run();
