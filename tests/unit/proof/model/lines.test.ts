import * as assert from 'uvu/assert';
import { functionAt, oldLine, parseHunks } from '../../../proof/model/lines.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/lines');

const BEFORE = ['one', 'two', 'three', 'four', 'five', 'six'].join('\n');
const AFTER = ['one', 'new', 'two', '  four', 'fives', 'six'].join('\n');
/** As git prints them with -U0: a line added after 1, line 3 removed, 4 and 5 replaced. */
const DIFF = `diff --git a/mm/x.c b/mm/x.c
--- a/mm/x.c
+++ b/mm/x.c
@@ -1,0 +2 @@
+new
@@ -3 +3,0 @@
-three
@@ -4,2 +4,2 @@
-four
-five
+  four
+fives
`;

test('hunks are read with their default counts', () => {
  assert.equal(parseHunks(DIFF).get('mm/x.c'), [
    { oldStart: 1, oldCount: 0, newStart: 2, newCount: 1 },
    { oldStart: 3, oldCount: 1, newStart: 3, newCount: 0 },
    { oldStart: 4, oldCount: 2, newStart: 4, newCount: 2 },
  ]);
});

test('lines outside hunks shift, moved ones are found by their text, new ones have none', () => {
  const hunks = parseHunks(DIFF).get('mm/x.c') ?? [];
  const old = [1, 2, 3, 4, 5, 6].map((line) => oldLine(line, hunks, BEFORE, AFTER));
  assert.equal(old, [1, undefined, 2, 4, undefined, 6]);
});

test('a line is in the function that begins before it', () => {
  const source = [
    'struct a {',
    '\tint b;',
    '};',
    'static void first(int a)',
    '{',
    '\tcall(a);',
    '}',
    'int second(int a,',
    '\t   int b)',
    '{',
    '\treturn third(a);',
    '}',
  ].join('\n');
  assert.is(functionAt(6, source), 'first');
  assert.is(functionAt(11, source), 'second');
  assert.is(functionAt(2, source), undefined);
});

test.run();
