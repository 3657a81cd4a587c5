import * as assert from 'uvu/assert';
import { Machine } from '../../../../orchestrator/model/machine.js';
import { VARIANT_B } from '../../../../orchestrator/model/variants.js';
import type { Reply } from '../../../../orchestrator/scenario/protocol.js';
import { counterDifferences, nrAnonOf } from '../../../proof/user/counters.js';
import { suite } from '../../../harness/suite.js';
import { fill, map, play } from '../../model/mapping/user.js';
import { place } from '../../model/support.js';

const test = suite('proof/user/counters');

const reply = (mthp: object, rss = { counted_kb: 8, mapped_kb: 8, swap_kb: 0 }): Reply =>
  ({ ok: true, rss, counters: { mthp } }) as Reply;
const base = nrAnonOf(reply({ 4: { nr_anon: 3 }, 9: { nr_anon: 1, split: 5 } }));

test('a huge page more than before the sequence, where the model has one', () => {
  const { user } = play([map(512, true), fill(0, 512)]);
  assert.is(user.nrAnon(9), 1);
  assert.equal(counterDifferences(user, base, reply({ 4: { nr_anon: 3 }, 9: { nr_anon: 2 } })), []);
  assert.equal(counterDifferences(user, base, reply({ 4: { nr_anon: 4 }, 9: { nr_anon: 1 } })), [
    'nr_anon of order 4 0, guest 1',
    'nr_anon of order 9 1, guest 0',
  ]);
});

test('memory that is counted and not mapped, or in swap', () => {
  const { user } = new Machine(VARIANT_B, place(1024));
  const wrong = (rss: { counted_kb: number; mapped_kb: number; swap_kb: number }): string[] =>
    counterDifferences(user, base, reply({}, rss));
  assert.equal(wrong({ counted_kb: 8, mapped_kb: 4, swap_kb: 0 }), ['rss 8 kB, page tables map 4 kB']);
  assert.equal(wrong({ counted_kb: 8, mapped_kb: 8, swap_kb: 4 }), ['4 kB in swap']);
  assert.equal(counterDifferences(user, base, { ok: true }), [], 'a reply without counters');
});

test.run();
