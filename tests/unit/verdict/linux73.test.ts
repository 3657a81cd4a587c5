import * as assert from 'uvu/assert';
import {
  layout73,
  layout73Json,
  Machine,
  Oracle,
  VARIANT_A,
  VARIANT_B,
  VARIANT_E2,
} from '../../../orchestrator/model/index.js';
import type { Deviation, Variant } from '../../../orchestrator/model/index.js';
import type { ReadyHello } from '../../../orchestrator/scenario/protocol.js';
import { modelOpOf } from '../../../orchestrator/scenario/request.js';
import { actionOf } from '../../../orchestrator/scenario/schema.js';
import type { Action, Case } from '../../../orchestrator/scenario/schema.js';
import { loadSuite } from '../../../orchestrator/scenario/suite-file.js';
import { loadKnownIssues } from '../../../orchestrator/verdict/known-issues.js';
import { covers, knownMatcher } from '../../../orchestrator/verdict/match.js';
import { suite } from '../../harness/suite.js';

/** The shipped list against what the model foretells for Linux 7.3, for the code before it and for code without its leaks. */
const test = suite('verdict/linux73', { timeoutMs: 60_000 });

const place = {
  layout: layout73(),
  pages: 2048,
  memmap: 0xffffea0004000000n,
  pgmap: 0xffff888003456780n,
  second: { first: 1536, pgmap: 0xffff888003456900n },
};
/** As much of the agent's hello as a step on page metadata asks for. */
const hello = { layout: layout73Json() } as unknown as ReadyHello;
const METADATA: ReadonlySet<Action['op']> = new Set(['init', 'free', 'unlock', 'poke']);

/** The actions of a case that the model of page metadata follows; undefined for others, or that are to be refused. */
function actions(one: Case): Action[] | undefined {
  if (one.steps.some(({ expect }) => expect !== undefined)) return undefined;
  const all = one.steps.map(actionOf);
  return all.every(({ op }) => METADATA.has(op)) ? all : undefined;
}

interface Played {
  readonly found: readonly Deviation[];
  /** Crashed or hung before the end. */
  readonly stopped: boolean;
}

/** Deviations of a kernel with that variant, as far as it gets. */
function play(variant: Variant, all: readonly Action[]): Played {
  const guest = new Machine(variant, place);
  const oracle = new Oracle(place, guest.bytes, [variant]);
  const found: Deviation[] = [];
  for (const [i, action] of all.entries()) {
    const op = modelOpOf(action, hello, guest.bytes);
    if (op === undefined || 'error' in op) throw new Error(op?.error ?? `${action.op} is not for the model`);
    const { refs, callbacks } = guest.apply(op);
    if (guest.stopped) return { found, stopped: true };
    found.push(...oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks }).deviations);
  }
  return { found, stopped: false };
}

/** All cases of a suite, by their ids without the suite. */
async function cases(name: string): Promise<Map<string, Case>> {
  const loaded = await loadSuite('.', name);
  assert.is(loaded.kind, 'scenarios');
  const all = loaded.kind === 'scenarios' ? loaded.cases : [];
  return new Map(all.map((one) => [one.id.slice(name.length + 1), one]));
}

const issues = await loadKnownIssues('results/known-issues.yaml');
const mixed = await cases('mixed-order');
const { match } = knownMatcher(issues, { kernel: '7.3.4', today: '2026-11-23' });
/** What Linux 7.3 does in each case that the model can play. */
const on73 = new Map<string, Played>();
for (const [id, one] of mixed) {
  const all = actions(one);
  if (all !== undefined) on73.set(id, play(VARIANT_B, all));
}
const unknown = (found: readonly Deviation[]): string[] =>
  found
    .filter((one) => match(one) === undefined)
    .map((one) => `${one.kind} ${one.field} ${one.transition} ${one.mask}`);

test('Linux 7.3: every deviation of the steps on page metadata is known, and nothing stops', () => {
  for (const [id, { found, stopped }] of on73)
    assert.equal({ id, unknown: unknown(found), stopped }, { id, unknown: [], stopped: false });
  assert.ok(on73.size > 400, `${on73.size} cases`);
});

test('6.19-rc: what the lost re-initialisation does is not excused', () => {
  for (const id of ['S1', 'S2', 'S2b', 'S3', 'S5']) {
    const all = actions(mixed.get(id) as Case);
    assert.ok(all, id);
    const { found, stopped } = play(VARIANT_A, all ?? []);
    assert.ok(stopped || unknown(found).length > 0, id);
  }
});

for (const issue of issues) {
  test(`${issue.id}: its reproducers show it on 7.3, and nothing of it on a kernel without the leaks`, () => {
    let played = 0;
    for (const id of issue.reproducer) {
      const one = mixed.get(id);
      assert.ok(one, `there is no case ${id} in mixed-order`);
      const all = one && actions(one);
      if (!all) continue;
      const covered = (seen: Played | undefined): Deviation[] =>
        (seen?.found ?? []).filter((found) => covers(issue, found));
      assert.ok(covered(on73.get(id)).length > 0, `${id} shows nothing that ${issue.id} covers`);
      assert.equal(covered(play(VARIANT_E2, all)), [], id);
      played += 1;
    }
    const inGuest = issue.reproducer.length - played;
    // Those on user memory are shown by a guest; each entry says so by having no other.
    assert.ok(played === 0 || inGuest === 0, 'all of its reproducers are played, or none can be');
  });
}

test('every entry is needed: without it something of the suite is no longer known', () => {
  const guestOnly = issues.filter(({ reproducer }) => reproducer.every((id) => !on73.has(id)));
  const found = [...on73.values()].flatMap((one) => one.found);
  for (const issue of issues) {
    if (guestOnly.includes(issue)) continue;
    const rest = knownMatcher(
      issues.filter((other) => other !== issue),
      { kernel: '7.3.4', today: '2026-11-23' },
    );
    assert.ok(
      found.some((one) => covers(issue, one) && rest.match(one) === undefined),
      issue.id,
    );
  }
});

test.run();
