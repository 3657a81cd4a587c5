import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cover, shallowest } from '../../../../orchestrator/model/explore/cover.js';
import type { Cover } from '../../../../orchestrator/model/explore/cover.js';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { reachableTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { SetCover, bitsOf } from '../../../../orchestrator/model/explore/set-cover.js';
import { coverFiles } from '../../../../orchestrator/scenario/cover-file.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/cover', { timeoutMs: 30_000 });

let all: Cover;
test.before(() => {
  all = cover();
});

test('every pair of roles is either made or has its reason', () => {
  const pairs = [...all.reachable, ...all.unreachable.map(({ transition }) => transition)];
  assert.is(new Set(pairs).size, pairs.length);
  assert.not.ok(all.unreachable.some(({ why }) => why.startsWith('no sequence')));
  const why = (pair: string): string => all.unreachable.find((one) => one.transition === pair)?.why ?? '';
  assert.match(why('tail1/9→head/1'), /natural alignment/);
  assert.match(why('tail1/9 (head alive)→tail1/1'), /covers? the old head/);
});

test('the sets are smallest ones, and those after a split make every transition of a piece', () => {
  for (const { cases, atLeast } of all.sets) assert.is(cases.length, atLeast);
  const plain = new Set(all.sets[0]?.cases.flatMap(({ covers }) => covers));
  assert.equal([...plain].sort(), all.reachable.filter((one) => !one.includes('piece')).sort());
  const pieces = new Set(all.sets[1]?.cases.flatMap(({ covers }) => covers));
  assert.equal([...pieces].sort(), all.reachable.filter((one) => one.startsWith('piece')).sort());
});

test('sequences no longer than they must be; an error where longer ones than allowed would be needed', () => {
  const numbered = (text: string): number =>
    [...reachableTransitions()].find((number) => transitionText(number) === text) as number;
  const once = [numbered('fresh→order0')];
  const again = [...once, numbered('order0→order0')];
  assert.is(shallowest('fresh', once).depth, 1);
  // Init, free and init.
  assert.is(shallowest('fresh', again, 3).depth, 3);
  assert.throws(() => shallowest('fresh', again, 2), /no sequences of up to 2 steps/);
});

test('a set cover is the smallest, by trying all', () => {
  let seed = 1;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let round = 0; round < 30; round++) {
    const sets = Array.from({ length: 10 }, () =>
      bitsOf(
        Array.from({ length: 4 }, () => random(12)),
        1,
      ),
    );
    const goal = sets.reduce((sum, set) => sum | (set[0] as number), 0);
    let least = 10;
    for (let pick = 0; pick < 1024; pick++) {
      const chosen = sets.filter((_, i) => (pick >> i) & 1);
      if (chosen.reduce((sum, set) => sum | (set[0] as number), 0) === goal)
        least = Math.min(least, chosen.length);
    }
    const { chosen, atLeast } = new SetCover(sets, 12).solve();
    assert.is(chosen.length, least);
    assert.is(atLeast, least);
    assert.is(
      chosen.reduce((sum, i) => sum | (sets[i]?.[0] as number), 0),
      goal,
    );
  }
});

test('the scenario files are what `ci model cover --write` makes', () => {
  for (const { name, text } of coverFiles(all))
    assert.is(readFileSync(join(projectRoot(), 'tests', 'scenarios', name), 'utf8'), text);
});

test.run();
