import * as assert from 'uvu/assert';
import { ancestryOf, countIn, has, members } from '../../../orchestrator/bisect/ancestry.js';
import { parseRevList } from '../../../orchestrator/bisect/history.js';
import { start } from '../../../orchestrator/bisect/state.js';
import type { History, Place } from '../../../orchestrator/bisect/types.js';
import { Dice } from '../../../orchestrator/scenario/random/dice.js';
import { suite } from '../../harness/suite.js';
import { carryOut } from './search.js';

const test = suite('bisect/ancestry', { timeoutMs: 50_000 });

const merge = parseRevList('1 0\n2 1\n3 2\n4 1\n5 4\n6 3 5\n7 6\n', '0');
const changes = (history: History, at: Place): number[] => members(ancestryOf(history).changes(at));

test('a commit has its own change and those of its ancestors', () => {
  assert.equal(changes(merge, { kind: 'commit', commit: 3 }), [0, 1, 2, 3]);
  assert.equal(changes(merge, { kind: 'commit', commit: 5 }), [0, 1, 4, 5]);
  assert.equal(changes(merge, { kind: 'commit', commit: 6 }), [0, 1, 2, 3, 4, 5, 6]);
});

test('the new end without some commits', () => {
  assert.equal(changes(merge, { kind: 'without', commits: [2, 5] }), [0, 1, 3, 4, 6, 7]);
  assert.equal(changes(merge, { kind: 'commit', commit: 7 }), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('sets beyond one word', () => {
  const history = longHistory(100, 0);
  const all = ancestryOf(history).changes({ kind: 'commit', commit: 100 });
  assert.is(countIn(all, all), 101);
  assert.ok(has(all, 32) && has(all, 63) && has(all, 64) && !has(all, 101));
});

/** A history with a branch and a merge here and there, as `git rev-list` would tell it. */
function longHistory(commits: number, percentOfMerges: number): History {
  const dice = new Dice(7);
  const rows: string[] = [];
  let tip = 0;
  let branch: number | undefined;
  for (let c = 1; c <= commits; c++) {
    const last = c === commits;
    if (branch !== undefined && (last || dice.chance(30))) {
      rows.push(`${c} ${tip} ${branch}`);
      [tip, branch] = [c, undefined];
    } else if (!last && c > 1 && c < commits - 1 && dice.chance(percentOfMerges)) {
      const from: number = branch ?? Math.max(0, tip - 1 - dice.roll(20));
      rows.push(`${c} ${from}`);
      branch = c;
    } else {
      rows.push(`${c} ${tip}`);
      tip = c;
    }
  }
  return parseRevList(rows.join('\n'), '0');
}

test('5,000 commits with merges, an intermittent failure', () => {
  const history = longHistory(5000, 15);
  const ancestry = ancestryOf(history);
  assert.ok(history.commits.filter(({ parents }) => parents.length > 1).length > 200);
  const dice = new Dice(4);
  const culprit = 3210;
  const began = process.cpuUsage();
  const { answer, decisions } = carryOut(start(history), (at) => {
    const broken =
      at.kind === 'commit' ? ancestry.descends(at.commit, culprit) : !at.commits.includes(culprit);
    return broken && dice.chance(50) ? 'match' : 'pass';
  });
  const perDecision = process.cpuUsage(began).user / 1000 / decisions.length;
  assert.is(answer.verdict, 'culprit');
  assert.equal(answer.commits, [culprit]);
  // A run takes seconds; what is decided between two may not.
  assert.ok(perDecision < 500, `${perDecision} ms of a processor for a decision`);
});

test.run();
