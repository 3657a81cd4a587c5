import * as assert from 'uvu/assert';
import { layout73, Machine, Oracle, VARIANT_A, VARIANT_B } from '../../../orchestrator/model/index.js';
import type { Deviation, Operation, Variant } from '../../../orchestrator/model/index.js';
import { actionOf } from '../../../orchestrator/scenario/schema.js';
import type { Case } from '../../../orchestrator/scenario/schema.js';
import { loadSuite } from '../../../orchestrator/scenario/suite-file.js';
import { loadKnownIssues } from '../../../orchestrator/verdict/known-issues.js';
import { knownMatcher } from '../../../orchestrator/verdict/match.js';
import { suite } from '../../harness/suite.js';

/** The shipped list against what the model foretells for Linux 7.3 and for the code before it. */
const test = suite('verdict/linux73', { timeoutMs: 60_000 });

const place = {
  layout: layout73(),
  pages: 1024,
  memmap: 0xffffea0004000000n,
  pgmap: 0xffff888003456780n,
};

/** The steps of a case as the model has them; undefined for cases with other steps, or that are to be refused. */
function operations(one: Case): Operation[] | undefined {
  const ops: Operation[] = [];
  for (const step of one.steps) {
    const action = actionOf(step);
    if (step.expect !== undefined) return undefined;
    if (action.op === 'init') {
      const { pfn, order, unlock, rmappable } = action.args;
      ops.push({ op: 'init', pfn, order, unlock, rmappable: rmappable ?? true });
    } else if (action.op === 'free' || action.op === 'unlock') {
      ops.push({ op: action.op, pfn: action.args.pfn, how: action.args.how });
    } else return undefined;
  }
  return ops;
}

/** Deviations of a kernel with that variant, as far as it gets; and whether it comes to the end. */
function play(variant: Variant, ops: readonly Operation[]): { found: Deviation[]; stopped: boolean } {
  const guest = new Machine(variant, place);
  const oracle = new Oracle(place, guest.bytes, [variant]);
  const found: Deviation[] = [];
  for (const [i, op] of ops.entries()) {
    const { refs, callbacks } = guest.apply(op);
    if (guest.stopped) return { found, stopped: true };
    found.push(...oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks }).deviations);
  }
  return { found, stopped: false };
}

async function cases(): Promise<{ id: string; ops: Operation[] }[]> {
  const mixed = await loadSuite('.', 'mixed-order');
  assert.is(mixed.kind, 'scenarios');
  const all = mixed.kind === 'scenarios' ? mixed.cases : [];
  return all.flatMap((one) => {
    const ops = operations(one);
    return ops === undefined ? [] : [{ id: one.id, ops }];
  });
}

const issues = await loadKnownIssues('results/known-issues.yaml');
const { match } = knownMatcher(issues, { kernel: '7.3.4', today: '2026-11-23' });
const unknown = (found: readonly Deviation[]): string[] =>
  found
    .filter((one) => match(one) === undefined)
    .map((one) => `${one.kind} ${one.field} ${one.transition} ${one.mask}`);

test('Linux 7.3: every deviation of the sequences of inits and frees is known, and nothing stops', async () => {
  const all = await cases();
  assert.ok(all.length > 100);
  let known = 0;
  for (const { id, ops } of all) {
    const { found, stopped } = play(VARIANT_B, ops);
    assert.equal({ id, unknown: unknown(found), stopped }, { id, unknown: [], stopped: false });
    known += found.length;
  }
  assert.ok(known > 0, 'there is something to be known');
});

test('6.19-rc: what the lost re-initialisation does is not excused', async () => {
  const byId = new Map((await cases()).map(({ id, ops }) => [id, ops]));
  for (const id of ['S1', 'S2', 'S2b', 'S3', 'S5'].map((name) => `mixed-order/${name}`)) {
    const ops = byId.get(id);
    assert.ok(ops, id);
    const { found, stopped } = play(VARIANT_A, ops ?? []);
    assert.ok(stopped || unknown(found).length > 0, id);
  }
});

test.run();
