import * as assert from 'uvu/assert';
import { seriesGround } from '../../../orchestrator/bisect/series-ground.js';
import type { Ground } from '../../../orchestrator/bisect/ground.js';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('bisect/series-ground');

type Taken = Parameters<typeof seriesGround>[0];

/** Its base and so many patches. */
function taken(patches: number, more: Partial<Taken> = {}): Taken {
  return {
    clone: { gitDir: '/clone', tree: { kind: 'git', path: '/tree' } } as Taken['clone'],
    base: {} as Taken['base'],
    notes: ['a note'],
    points: Array.from({ length: patches + 1 }, (_, index) => ({
      index,
      commit: `c${index}`,
      tree: `t${index}`,
      subject: `subject ${index}`,
      files: [],
    })),
    ...more,
  } as Taken;
}

function ground(of: Taken, last?: number): Ground {
  return seriesGround(of, { profile: 'default', fragments: [] }, new AbortController().signal, last);
}

test('the base is the old end, the last patch the new one', () => {
  const { history, names, notes } = ground(taken(3));
  assert.equal(
    history.commits.map(({ id }) => id),
    ['c0', 'c1', 'c2', 'c3'],
  );
  assert.equal(
    names.map(({ label }) => label),
    ['base', '1/3', '2/3', '3/3'],
  );
  assert.equal(notes, ['a note']);
});

test('it may end before a patch, and says so', () => {
  const { history, names, notes } = ground(taken(3), 2);
  assert.equal(
    history.commits.map(({ id }) => id),
    ['c0', 'c1', 'c2'],
  );
  assert.is(names[2]?.label, '2/3');
  assert.match(notes[1] ?? '', /ends at patch 2/);
  assert.equal(ground(taken(3), 3).notes, ['a note']);
});

test('a patch that does not apply ends it, too; without any there is nothing to search', () => {
  const failed = { index: 3, gitSays: 'no' } as Taken['failed'] & object;
  assert.match(ground(taken(2, { failed })).notes[1] ?? '', /patch 3 does not apply/);
  try {
    ground(taken(0, { failed }));
    assert.unreachable();
  } catch (error) {
    assert.is((error as CiError).fault, 'usage');
  }
});

test.run();
