import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { Machine, RoleMap, VARIANT_B } from '../../../../orchestrator/model/index.js';
import type { CoverStep } from '../../../../orchestrator/model/explore/cover-search.js';
import { transitionText } from '../../../../orchestrator/model/explore/page-role.js';
import { reachableTransitions } from '../../../../orchestrator/model/explore/reachable.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { suite } from '../../../harness/suite.js';
import { place } from '../support.js';

/** The covering set as the suite plays it, without making it: that takes seconds (cover.test.ts). */
const test = suite('model/explore/cover-scenario');

/** `0@1,-1,3@0`: the names of the cases say their steps. */
const text = readFileSync(path.join(projectRoot(), 'tests', 'scenarios', 'cover.yaml'), 'utf8');
const cases = [...text.matchAll(/^ {2}- id: (.*)$/gm)].map(([, id = '']): CoverStep[] =>
  id.split(',').map((step) => {
    const [, order, pfn] = /^(?:(\d+)@|-)(\d+)$/.exec(step) ?? [];
    return { pfn: Number(pfn), ...(order !== undefined && { order: Number(order) }) };
  }),
);

const classOf = (order: number): string => (order <= 2 || order === 9 ? String(order) : '3..8');
const roleText = (role: string, order: number): string =>
  role === 'fresh' || role === 'order0' ? role : `${role}/${classOf(order)}`;

test('the model makes every transition that there is by the sequences of tests/scenarios/cover.yaml, and no other', () => {
  const made = new Set<string>();
  for (const steps of cases) {
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
    for (const one of here) made.add(one);
  }
  const wanted = [...reachableTransitions()].map(transitionText).filter((one) => !one.includes('piece'));
  assert.equal([...made].sort(), wanted.sort());
});

test('there are as many sequences as the file says', () => {
  assert.is(cases.length, Number(/ (\d+) sequences make/.exec(text)?.[1]));
  assert.ok(cases.every((steps) => steps.every(({ pfn }) => Number.isInteger(pfn))));
});

test.run();
