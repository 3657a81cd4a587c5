import * as assert from 'uvu/assert';
import { LIKELY_VARIANTS } from '../../../orchestrator/model/variants.js';
import { Machine, Oracle, VARIANTS, VARIANT_A, VARIANT_B } from '../../../orchestrator/model/index.js';
import type { Classification, Operation, Variant } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke } from './support.js';

const test = suite('model/classify');

/** Sequences that between them tell most variants apart. */
const TELLING: readonly (readonly Operation[])[] = [
  [init('9@0'), free(0), init('0@1')],
  [init('8@0'), init('8@256'), free(0), free(256), init('9@0'), free(0)],
  [init('0@1', { zdd: 0x1122334455667788n }), init('0@0'), free(0)],
  [poke(1, 56, 8, 0xffff888000000000n), init('0@1')],
  [init('2@16'), free(16), init('0@17'), poke(17, 56, 8, 0n), free(17)],
];

/** Plays `variant` as the guest; `spoil` may change what is shown after a step. */
function classified(
  variant: Variant,
  ops: readonly Operation[],
  spoil: (bytes: DataView, step: number) => void = () => {},
  config?: readonly Variant[],
): Classification {
  const where = place(1024);
  const guest = new Machine(variant, where);
  const oracle = new Oracle(where, guest.bytes, config);
  for (const [i, op] of ops.entries()) {
    const effects = guest.apply(op, i + 1);
    if (effects.crash ?? effects.hang) {
      oracle.lost(op, i + 1);
      break;
    }
    const bytes = guest.bytes.slice();
    spoil(new DataView(bytes.buffer), i + 1);
    oracle.observe(op, i + 1, { bytes, refs: effects.refs, callbacks: effects.callbacks });
    if (guest.stopped) break;
  }
  return oracle.classify();
}

for (const variant of Object.values(VARIANTS)) {
  test(`a kernel of variant ${variant.id} fits it in every sequence, and it alone in all of them together`, () => {
    const counts = new Map<string, number>();
    for (const ops of TELLING) {
      const { fits, unfit } = classified(variant, ops);
      assert.ok(fits.includes(variant.id));
      assert.equal(unfit, []);
      for (const id of fits) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const all = [...counts].filter(([, count]) => count === TELLING.length).map(([id]) => id);
    assert.equal(all, [variant.id]);
  });
}

test('steps are counted, code outside the model is not judged', () => {
  const where = place(64);
  const guest = new Machine(VARIANT_B, where);
  const oracle = new Oracle(where, guest.bytes);
  assert.equal(oracle.classify(), { steps: 0, fits: [], ranked: [], unfit: [] });
  const bytes = guest.bytes.slice();
  new DataView(bytes.buffer).setBigUint64(5 * 64 + 40, 7n, true);
  oracle.resync(1, { bytes, refs: 0, callbacks: [] });
  guest.resync(bytes, 0, 1);
  const { refs, callbacks } = guest.apply(init('0@5'), 2);
  oracle.observe(init('0@5'), 2, { bytes: guest.bytes, refs, callbacks });
  const { steps, fits } = oracle.classify();
  assert.is(steps, 1);
  assert.is(fits[0], 'b');
});

test('a page that fits no variant is named with its fields, and costs only its own step', () => {
  const ops = [init('9@0'), free(0), init('0@1'), free(1), init('2@4')];
  const found = classified(VARIANT_B, ops, (view, step) => {
    if (step >= 3) view.setBigUint64(300 * 64 + 40, 0x77n, true);
  });
  assert.equal(found.fits, []);
  assert.is(found.steps, 5);
  assert.equal(found.ranked[0], { variant: 'b', steps: 4, wrongPages: 1 });
  assert.equal(found.unfit, [{ step: 3, page: 300, fields: ['private'] }]);
  assert.is(found.ranked.length, LIKELY_VARIANTS.length);
});

test('counters and callbacks count as well as bytes', () => {
  const where = place(64);
  const guest = new Machine(VARIANT_B, where);
  const oracle = new Oracle(where, guest.bytes);
  const { callbacks } = guest.apply(init('1@8'), 1);
  oracle.observe(init('1@8'), 1, { bytes: guest.bytes, refs: 1, callbacks });
  const { fits, ranked, unfit } = oracle.classify();
  assert.equal([fits.length, ranked[0]?.steps, unfit.length], [0, 0, 0]);
});

test('a guest that does not come back is explained by the variants that end there too', () => {
  const ops = [init('9@0'), free(0), init('0@0', { unlock: 'none' }), init('0@1')];
  const { fits } = classified(VARIANT_A, ops);
  assert.ok(fits.includes('a') && fits.includes('d2'));
  assert.not.ok(fits.includes('b'));
});

test('who wrote a byte is known too where none of the leading variants is right', () => {
  const where = place(64);
  const d2 = VARIANTS['d2'];
  if (!d2) throw new Error('no variant d2');
  const guest = new Machine(d2, where);
  const oracle = new Oracle(where, guest.bytes);
  // An init at order 0 writes the page after it: neither b nor a does, so a machine with d2 goes the way again.
  const ops = [init('0@1', { zdd: 1n }), init('0@0')];
  const last = ops.map((op, i) => {
    const { refs, callbacks } = guest.apply(op, i + 1);
    return oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks }).deviations;
  });
  const mapping = last[1]?.find(({ page, field }) => page === 1 && field === 'mapping');
  assert.is(mapping?.transition, 'neighbour order0');
  assert.is(mapping?.writtenAs, '_entire_mapcount');
  assert.equal([mapping?.writer?.step, mapping?.writer?.fn], [2, 'prep_compound_head']);
});

test.run();
