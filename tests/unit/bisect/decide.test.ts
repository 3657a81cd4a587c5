import * as assert from 'uvu/assert';
import { decide } from '../../../orchestrator/bisect/decide.js';
import { line } from '../../../orchestrator/bisect/history.js';
import { posterior } from '../../../orchestrator/bisect/posterior.js';
import { observe, start } from '../../../orchestrator/bisect/state.js';
import type { Answer, Options, Outcome, Place, State } from '../../../orchestrator/bisect/types.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';
import { suite } from '../../harness/suite.js';
import { carryOut, checksOf, type Tester } from './search.js';

const test = suite('bisect/decide');

const eight = line(['base', '1', '2', '3', '4', '5', '6', '7', '8']);
const ALL_PASS = 'culprit:pass parent:pass cure:pass no-op:could not';

/** Whether a place of a line has the change of a commit. */
function hasChange(at: Place, culprit: number): boolean {
  return at.kind === 'commit' ? at.commit >= culprit : !at.commits.includes(culprit);
}

interface Case {
  readonly name: string;
  readonly options?: Partial<Options>;
  readonly test: (at: Place, dice: Dice) => ReturnType<Tester>;
  readonly expected: Partial<Answer>;
  readonly checks?: string;
}

const intermittent =
  (culprit: number, percent: number) =>
  (at: Place, dice: Dice): Outcome =>
    hasChange(at, culprit) && dice.chance(percent) ? 'match' : 'pass';
const isAt = (at: Place, ...commits: number[]): boolean =>
  at.kind === 'commit' && commits.includes(at.commit);

const CASES: readonly Case[] = [
  ...[1, 2, 5, 8].flatMap((culprit): Case[] => [
    {
      name: `always, since ${culprit}`,
      test: intermittent(culprit, 100),
      expected: { verdict: 'culprit', commits: [culprit] },
      checks: ALL_PASS,
    },
    {
      name: `in a third of the runs, since ${culprit}`,
      test: intermittent(culprit, 33),
      expected: { verdict: 'culprit', commits: [culprit] },
      checks: ALL_PASS,
    },
  ]),
  {
    name: 'fixed by 6, always',
    options: { change: 'fixed' },
    test: (at) => (hasChange(at, 6) ? 'pass' : 'match'),
    expected: { verdict: 'culprit', commits: [6] },
    checks: ALL_PASS,
  },
  {
    name: 'fixed by 3, in a third of the runs',
    options: { change: 'fixed' },
    test: (at, dice) => (!hasChange(at, 3) && dice.chance(33) ? 'match' : 'pass'),
    expected: { verdict: 'culprit', commits: [3] },
    checks: ALL_PASS,
  },
  {
    name: 'three that cannot be built before the culprit',
    test: (at) => (isAt(at, 3, 4, 5) ? 'untestable' : hasChange(at, 4) ? 'match' : 'pass'),
    expected: { verdict: 'range', commits: [3, 4, 5, 6] },
    checks: 'culprit:pass parent:pass cure:pass no-op:could not',
  },
  {
    name: 'what cannot be built is elsewhere',
    test: (at) => (isAt(at, 3, 4, 5) ? 'untestable' : hasChange(at, 7) ? 'match' : 'pass'),
    expected: { verdict: 'culprit', commits: [7] },
    checks: ALL_PASS,
  },
  {
    name: 'the base fails, too',
    test: () => 'match',
    expected: { verdict: 'at both ends', commits: [] },
  },
  {
    name: 'the base fails as often',
    test: (_, dice) => (dice.chance(40) ? 'match' : 'pass'),
    expected: { verdict: 'at both ends', commits: [] },
  },
  {
    name: 'it was never fixed',
    options: { change: 'fixed' },
    test: () => 'match',
    expected: { verdict: 'at both ends', commits: [] },
  },
  {
    name: 'nothing fails',
    test: () => 'pass',
    expected: { verdict: 'not reproduced', commits: [], why: '40 runs, no match' },
  },
  {
    name: 'the end cannot be built',
    test: (at) => (isAt(at, 8) ? { outcome: 'untestable', signature: '' } : 'pass'),
    expected: { verdict: 'untestable', why: 'the new end: it cannot be tested' },
  },
  {
    name: 'the base cannot be built',
    test: (at) => (isAt(at, 0) ? 'untestable' : 'match'),
    expected: { verdict: 'untestable', why: 'the old end: it cannot be tested' },
  },
  {
    name: 'another failure hides everything at the end',
    test: (at) => (isAt(at, 8) ? 'other' : 'pass'),
    expected: { verdict: 'untestable', why: 'the new end: other failures hide it in 6 of 6 runs' },
  },
  {
    name: 'another failure hides two commits',
    test: (at) => (isAt(at, 4, 5) ? 'other' : hasChange(at, 4) ? 'match' : 'pass'),
    expected: { verdict: 'range', commits: [4, 5, 6] },
    checks: ALL_PASS,
  },
  {
    name: 'another failure now and then does not steer',
    test: (at, dice) => (dice.chance(30) ? 'other' : hasChange(at, 3) && dice.chance(50) ? 'match' : 'pass'),
    expected: { verdict: 'culprit', commits: [3] },
    checks: ALL_PASS,
  },
  {
    name: 'a broken harness',
    test: () => 'infra',
    expected: { verdict: 'infra', why: '4 runs in a row came to nothing' },
  },
  {
    name: 'a harness that breaks now and then',
    test: (at, dice) => (dice.chance(20) ? 'infra' : hasChange(at, 3) ? 'match' : 'pass'),
    expected: { verdict: 'culprit', commits: [3] },
    checks: ALL_PASS,
  },
  {
    name: 'the culprit cannot be dropped',
    test: (at) => (at.kind === 'without' ? 'untestable' : hasChange(at, 3) ? 'match' : 'pass'),
    expected: { verdict: 'culprit', commits: [3] },
    checks: 'culprit:pass parent:pass cure:could not no-op:could not',
  },
  {
    name: 'dropping the culprit cures nothing',
    test: (at) => (at.kind === 'without' || hasChange(at, 3) ? 'match' : 'pass'),
    expected: { verdict: 'culprit', commits: [3] },
    checks: 'culprit:pass parent:pass cure:fail no-op:could not',
  },
  {
    name: 'kernels differ everywhere',
    test: (at) => ({ outcome: hasChange(at, 3) ? 'match' : 'pass', signature: JSON.stringify(at) }),
    expected: { verdict: 'culprit', commits: [3] },
    checks: 'culprit:pass parent:pass cure:pass no-op:pass',
  },
  {
    name: 'both ends are one kernel',
    test: () => ({ outcome: 'match', signature: 'one' }),
    expected: { verdict: 'no difference', commits: [] },
  },
  {
    name: 'the runs are used up',
    options: { maxRuns: 30 },
    test: intermittent(5, 20),
    expected: { verdict: 'undecided' },
  },
];

for (const [index, { name, options, test: tester, expected, checks }] of CASES.entries()) {
  test(name, () => {
    const dice = new Dice(index + 1);
    const { answer } = carryOut(start(eight, options), (at) => tester(at, dice));
    const found = Object.fromEntries(Object.keys(expected).map((key) => [key, answer[key as keyof Answer]]));
    assert.equal(found, expected, JSON.stringify(answer));
    if (checks !== undefined) assert.is(checksOf(answer), checks, JSON.stringify(answer.checks));
    if (answer.verdict === 'culprit' || answer.verdict === 'range')
      assert.ok(answer.posterior >= 0.95, `${answer.posterior}`);
  });
}

test('a commit whose kernel is that of its parent is never named', () => {
  // 4 is a comment: its kernel is that of 3. By bad luck 3 passes 9 times at a rate of a half.
  let luck = 9;
  const dice = new Dice(5);
  const { answer } = carryOut(start(eight), (at) => {
    const signature = isAt(at, 4) ? JSON.stringify({ kind: 'commit', commit: 3 }) : JSON.stringify(at);
    const unlucky = isAt(at, 3) && luck-- > 0;
    return { outcome: !unlucky && hasChange(at, 3) && dice.chance(50) ? 'match' : 'pass', signature };
  });
  assert.is(answer.verdict, 'culprit');
  assert.equal(answer.commits, [3]);
});

test('a failure that always comes is searched by halving, two runs a step', () => {
  const { decisions } = carryOut(start(eight), (at) => (hasChange(at, 3) ? 'match' : 'pass'));
  const steps = decisions.flatMap((one) =>
    one.kind === 'run' && one.purpose === 'search' && one.at.kind === 'commit'
      ? [[one.at.commit, one.runs]]
      : [],
  );
  assert.equal(steps, [
    [4, 2],
    [2, 2],
    [3, 2],
  ]);
});

test('anchors come first, and each search step fills the lanes', () => {
  const options = { costs: { buildSeconds: 0, runSeconds: 5, lanes: 4 } };
  const dice = new Dice(9);
  const { decisions } = carryOut(start(eight, options), (at) => intermittent(5, 40)(at, dice));
  const runs = decisions.flatMap((one) => (one.kind === 'run' ? [one] : []));
  const last = runs.findLastIndex(({ purpose }) => purpose === 'old end' || purpose === 'new end');
  assert.ok(runs.slice(0, last).every(({ purpose }) => purpose === 'old end' || purpose === 'new end'));
  assert.is(runs[0]?.purpose, 'new end');
  assert.ok(runs.filter(({ purpose }) => purpose === 'search').every(({ runs }) => runs % 4 === 0));
});

test('what is built is preferred while building is dear, and a dear kernel gets more runs at once', () => {
  const dear = { costs: { buildSeconds: 300, runSeconds: 1, lanes: 2 } };
  const cheap = { costs: { buildSeconds: 0, runSeconds: 1, lanes: 2 } };
  const count = (options: Partial<Options>): { kernels: number; longest: number } => {
    const dice = new Dice(11);
    const { state, decisions } = carryOut(
      start(line(Array.from({ length: 61 }, (_, i) => `${i}`)), options),
      (at) => intermittent(23, 30)(at, dice),
    );
    const longest = Math.max(
      ...decisions.map((one) => (one.kind === 'run' && one.purpose === 'search' ? one.runs : 0)),
    );
    return { kernels: state.tallies.length, longest };
  };
  const [few, many] = [count(dear), count(cheap)];
  assert.ok(few.kernels < many.kernels, `${few.kernels} and ${many.kernels} kernels`);
  assert.ok(few.longest > many.longest, `${few.longest} and ${many.longest} runs`);
});

test('the new end without a candidate is tested before it is sure where that costs little, and never where it is dear', () => {
  const early = (buildSeconds: number): boolean => {
    const dice = new Dice(4);
    const { journal } = carryOut(start(eight, { costs: { buildSeconds, runSeconds: 1, lanes: 2 } }), (at) =>
      intermittent(4, 20)(at, dice),
    );
    let state = start(eight);
    for (const one of journal) {
      const [best = 0] = posterior(state)
        .of.slice(1)
        .toSorted((a, b) => b - a);
      if (one.at.kind === 'without') return best < 0.95;
      state = observe(state, one);
    }
    return false;
  };
  assert.ok(early(0));
  assert.ok(!early(600));
});

test('no run is repeated after a resume, wherever it was killed', () => {
  const tester = (): Tester => {
    const dice = new Dice(3);
    return (at) => intermittent(6, 50)(at, dice);
  };
  const { journal, answer } = carryOut(start(eight), tester());
  for (let cut = 0; cut <= journal.length; cut += 7) {
    const resumed = journal.slice(0, cut).reduce(observe, start(eight));
    const copy = JSON.parse(JSON.stringify(resumed)) as State;
    assert.equal(decide(copy), decide(resumed));
  }
  const whole = journal.reduce(observe, start(eight));
  const decision = decide(whole);
  assert.equal(decision, { kind: 'answer', answer });
});

test('a commit that is excluded is never named', () => {
  const history = { commits: eight.commits.map((one, c) => (c === 3 ? { ...one, weight: 0 } : one)) };
  const { answer } = carryOut(start(history, { maxRuns: 200 }), (at) =>
    hasChange(at, 3) ? 'match' : 'pass',
  );
  assert.ok(!answer.commits.includes(3), JSON.stringify(answer));
});

test.run();
