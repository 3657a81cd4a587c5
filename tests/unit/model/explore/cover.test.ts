import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Machine, RoleMap, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { cover } from '../../../../orchestrator/model/explore/cover.js';
import type { Cover } from '../../../../orchestrator/model/explore/cover.js';
import { SetCover, bitsOf } from '../../../../orchestrator/model/explore/set-cover.js';
import { coverFiles } from '../../../../orchestrator/scenario/cover-file.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { suite } from '../../../harness/suite.js';
import { place } from '../support.js';

const test = suite('model/explore/cover', { timeoutMs: 30_000 });

let all: Cover;
test.before(() => {
  all = cover();
});

const classOf = (order: number): string => (order <= 2 || order === 9 ? String(order) : '3..8');
const roleText = (role: string, order: number): string =>
  role === 'fresh' || role === 'order0' ? role : `${role}/${classOf(order)}`;

test('the model makes the transitions that each sequence is said to make, and nothing else', () => {
  const made = new Set<string>();
  for (const { steps, covers } of all.sets[0]?.cases ?? []) {
    const machine = new Machine(VARIANT_B, place(512));
    const roles = new RoleMap(512);
    const here = new Set<string>();
    for (const { pfn, order } of steps) {
      if (order === undefined) {
        roles.free(pfn);
        assert.not.ok(machine.apply({ op: 'free', pfn }).crash);
        continue;
      }
      const before = Array.from({ length: 2 ** order }, (_, i) => {
        const page = pfn + i;
        const role = roleText(roles.role(page), roles.order(page));
        if (!role.startsWith('tail') || !roles.dead(page)) return role;
        return `${role} (${roles.live(roles.folio(page).pfn) ? 'head alive' : 'head re-made'})`;
      });
      roles.init(pfn, order);
      machine.apply({ op: 'init', pfn, order, unlock: 'page', rmappable: true });
      for (const [i, from] of before.entries()) here.add(`${from}→${roleText(roles.role(pfn + i), order)}`);
    }
    for (const one of covers) assert.ok(here.has(one), one);
    for (const one of here) assert.ok(all.reachable.includes(one), one);
    for (const one of here) made.add(one);
  }
  const wanted = all.reachable.filter((one) => !one.includes('piece'));
  assert.equal([...made].sort(), wanted.toSorted());
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
  const pieces = new Set(all.sets[1]?.cases.flatMap(({ covers }) => covers));
  assert.equal([...pieces].sort(), all.reachable.filter((one) => one.startsWith('piece')).sort());
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
