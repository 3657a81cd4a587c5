import * as assert from 'uvu/assert';
import type { Mapping } from '../../../orchestrator/scenario/mappings.js';
import { actionOf, Step } from '../../../orchestrator/scenario/schema.js';
import { SwapState } from '../../../orchestrator/scenario/swap-state.js';
import { suite } from '../../harness/suite.js';

const test = suite('scenario/swap-state');

const action = (step: unknown) => actionOf(Step.parse(step));
const mapping = (process: string): Mapping => ({
  process,
  name: 'm',
  pages: 4,
  seed: 1,
  gone: new Set(),
  inserted: false,
  prot: new Map(),
});
const reply = (used: number, restored = 0) => ({
  ok: true,
  swap: { pages: 9, used, cached: 0, restored },
});

test('swap is on until it is switched off; that its writes are held changes nothing', () => {
  const state = new SwapState();
  assert.is(state.on, false);
  state.note(action({ swap: {} }), reply(0, 7));
  state.note(action({ swap: { hold: true } }), reply(0, 9));
  state.note(action({ unpin: {} }), reply(0, 9));
  assert.equal([state.on, state.restored], [true, 7]);
  state.note(action({ swap: { on: false } }), { ok: true });
  assert.equal([state.on, state.restored], [false, undefined]);
});

test('slots are those that mappings had when they were last looked at, as long as these are there', () => {
  const state = new SwapState();
  const [one, two] = [mapping(''), mapping('c')];
  const wrong = (used: number, ...mappings: Mapping[]) => state.check(3, reply(used), mappings).length;
  state.look(new Map([[one, [{ page: 0, n: 4, state: 'swapped', slot: 1 }]]]));
  state.look(new Map([[two, [{ page: 0, n: 2, state: 'swapped', slot: 4 }]]]));
  assert.equal([wrong(5, one, two), wrong(4, one, two), wrong(6, one, two)], [0, 1, 1]);
  assert.equal([wrong(4, one), wrong(2, two), wrong(0)], [0, 0, 0]);
  state.look(new Map([[one, [{ page: 0, n: 4, state: 'ram' }]]]));
  assert.is(wrong(2, one, two), 0);
});

test.run();
