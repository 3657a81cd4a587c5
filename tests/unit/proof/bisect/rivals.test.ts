import * as assert from 'uvu/assert';
import { gitBisect } from '../../../proof/bisect/git-bisect.js';
import { oneRunAStep, syzkaller } from '../../../proof/bisect/rivals.js';
import { World, type Cell } from '../../../proof/bisect/world.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/bisect/rivals');

test('git bisect on a line: every culprit, and no more steps than the logarithm', () => {
  for (let commits = 1; commits <= 33; commits++) {
    for (let culprit = 1; culprit <= commits; culprit++) {
      let steps = 0;
      const found = gitBisect(commits, (commit) => {
        steps += 1;
        return commit >= culprit ? 'bad' : 'good';
      });
      assert.equal(found, [culprit]);
      assert.ok(steps <= Math.ceil(Math.log2(commits)), `${steps} steps for ${commits} commits`);
    }
  }
});

test('git bisect on a line: what is skipped before the culprit makes it a range', () => {
  const skipping =
    (...skipped: number[]) =>
    (commit: number) =>
      skipped.includes(commit) ? 'skip' : commit >= 6 ? 'bad' : 'good';
  assert.equal(gitBisect(12, skipping(3, 9)), [6]);
  assert.equal(gitBisect(12, skipping(4, 5)), [4, 5, 6]);
  assert.equal(gitBisect(12, skipping(5, 6, 7)), [5, 6, 7, 8]);
});

const certain: Cell = { commits: 8, rate: 100, noise: 0, told: true, skips: 0 };

for (const [name, cell, runs] of [
  ['a failure that always comes: 20 runs at the end, 10 a step', certain, 20 + 3 * 10],
  ['a failure that never comes: no answer after 20 runs', { ...certain, rate: 0 }, 20],
] as const) {
  test(`syzkaller's rules: ${name}`, () => {
    const trial = syzkaller(new World(cell, 1), { testsGoodEnd: false });
    assert.is(trial.runs, runs);
    assert.is(trial.right, cell.rate === 100);
    assert.is(trial.answered, cell.rate === 100);
  });
}

test("syzkaller's rules: the good end is one more step", () => {
  assert.is(syzkaller(new World(certain, 1), { testsGoodEnd: true }).runs, 60);
});

test("syzkaller's rules: a failure of every fifth run takes 20 runs a step, and may be no answer", () => {
  const trials = Array.from({ length: 300 }, (_, seed) =>
    syzkaller(new World({ ...certain, rate: 20 }, seed * 77), { testsGoodEnd: false }),
  );
  const answers = trials.filter(({ answered }) => answered);
  // By chance an end fails in half of its 20 runs, and is then taken for one that is not flaky.
  const long = answers.filter(({ runs }) => runs >= 60 && runs % 20 === 0);
  assert.ok(long.length > 0.97 * answers.length, `${long.length} of ${answers.length}`);
  assert.ok(answers.length > 150 && answers.length < 250, `${answers.length}`);
});

test('git bisect with one run a step takes an unlucky pass for an answer', () => {
  const trials = Array.from({ length: 400 }, (_, seed) =>
    oneRunAStep(new World({ ...certain, rate: 50 }, seed * 77)),
  );
  const right = trials.filter((trial) => trial.right).length / trials.length;
  assert.ok(trials.every(({ answered, runs }) => answered && runs === 3));
  // ((1 + 0.5) / 2)³
  assert.ok(Math.abs(right - 0.42) < 0.08, `${right}`);
});

test.run();
