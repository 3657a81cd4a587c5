import * as assert from 'uvu/assert';
import { candidates, classesOf } from '../../../orchestrator/bisect/classes.js';
import { line, parseRevList } from '../../../orchestrator/bisect/history.js';
import type { History } from '../../../orchestrator/bisect/types.js';
import { witnesses } from '../../../orchestrator/bisect/witnesses.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/classes');

const six = line(['0', '1', '2', '3', '4', '5', '6']);
/** 0 ─ 1 ─┬─ 2 ─ 3 ─┬─ 6 ─ 7, where 6 merges 3 and 5. */
const merge = parseRevList('1 0\n2 1\n3 2\n4 1\n5 4\n6 3 5\n7 6\n', '0');

const testableBut = ({ commits }: History, ...untestable: number[]): boolean[] =>
  commits.map((_, commit) => !untestable.includes(commit));

for (const [name, history, untestable, expected] of [
  ['all testable', six, [], '0 1 2 3 4 5 6'],
  ['three before a testable one', six, [2, 3, 4], '0 1 2 2 2 2 6'],
  ['two gaps', six, [1, 4], '0 1 1 3 4 4 6'],
  ['a merge: the end of a branch', merge, [3], '0 1 2 3 4 5 3 7'],
  ['a merge: inside of a branch', merge, [2], '0 1 2 2 4 5 6 7'],
  ['a merge: a whole branch', merge, [2, 3], '0 1 2 2 4 5 2 7'],
  ['a merge: both ends and the merge', merge, [3, 5, 6], '0 1 2 3 4 3 3 3'],
  ['a merge: where it forks', merge, [1], '0 1 2 3 4 5 6 7'],
] as const) {
  test(`indistinguishable: ${name}`, () => {
    assert.is(classesOf(history, testableBut(history, ...untestable)).join(' '), expected);
  });
}

test('candidates: by posterior, without what is excluded', () => {
  const classes = classesOf(six, testableBut(six, 2, 3));
  assert.equal(candidates(classes, [0.1, 0.2, 0.2, 0, 0.2, 0.3, 0]), [
    { commits: [2, 4], posterior: 0.4 },
    { commits: [5], posterior: 0.3 },
    { commits: [1], posterior: 0.2 },
  ]);
});

for (const [name, history, untestable, suspects, after, before] of [
  ['the first', six, [], [1], 1, [0]],
  ['one in the middle', six, [], [4], 4, [3]],
  ['after a gap', six, [3], [3, 4], 4, [2]],
  ['before a gap', six, [5], [4], 4, [3]],
  ['a merge', merge, [], [6], 6, [3, 5]],
  ['on a branch', merge, [], [4], 4, [1]],
  ['the first on a branch', merge, [], [2], 2, [1]],
  ['the end of a branch that cannot be tested', merge, [3], [3, 6], 6, [2, 5]],
] as const) {
  test(`witnesses: ${name}`, () => {
    assert.equal(witnesses(history, testableBut(history, ...untestable), suspects), {
      after,
      before: [...before],
    });
  });
}

test('witnesses: none where nothing that has it can be tested', () => {
  assert.is(witnesses(six, testableBut(six, 5, 6), [5, 6]), undefined);
});

test.run();
