import * as assert from 'uvu/assert';
import { line, parseRevList } from '../../../orchestrator/bisect/history.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/history');

const parents = (text: string): string =>
  parseRevList(text, 'A')
    .commits.map(({ id, parents }) => `${id}:${parents.join('+')}`)
    .join(' ');

test('a series is a line with its base in front', () => {
  assert.equal(line(['base', 'p1', 'p2']), {
    commits: [
      { id: 'base', parents: [] },
      { id: 'p1', parents: [0] },
      { id: 'p2', parents: [1] },
    ],
  });
});

for (const [name, text, expected] of [
  ['commits one after the other', 'B A\nC B\n', 'A: B:0 C:1'],
  ['a merge', 'B A\nC A\nD B C\n', 'A: B:0 C:0 D:1+2'],
  ['a branch from before the old end', 'B A\nC older\nD B C\n', 'A: B:0 C:0 D:1+2'],
  ['a merge of what the old end has', 'B A older\nC B\n', 'A: B:0 C:1'],
  ['a merge of one commit twice', 'B A\nC B B\n', 'A: B:0 C:1'],
] as const) {
  test(`rev-list: ${name}`, () => {
    assert.is(parents(text), expected);
  });
}

for (const [name, text, message] of [
  ['nothing', '', /no commit after A/],
  ['a commit that leads nowhere', 'B A\nC A\n', /B is not an ancestor of the new end/],
  ['children before their parents', 'C B\nB A\n', /C is not an ancestor/],
] as const) {
  test(`rev-list: ${name} is refused`, () => {
    assert.throws(() => parseRevList(text, 'A'), message);
  });
}

test('a bisect needs two ends', () => {
  assert.throws(() => line(['base']), /two ends/);
});

test.run();
