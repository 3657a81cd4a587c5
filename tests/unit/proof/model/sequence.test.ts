import * as assert from 'uvu/assert';
import { layout73, Machine, VARIANT_B } from '../../../../orchestrator/model/index.js';
import { scenarioSequences } from '../../../proof/model/scenarios.js';
import { MAX_STEPS, pairSequences, randomSequence } from '../../../proof/model/sequence.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/sequence');

const PLACE = {
  layout: layout73(),
  pages: 1024,
  memmap: 0xffff_ea00_0000_0000n,
  pgmap: 0xffff_ffff_a000_0000n,
};

/** The steps as text; bigints are no JSON. */
function written(seed: number): string {
  return JSON.stringify(randomSequence(seed).steps, (_key, value: unknown) =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
  );
}

test('a seed makes the same sequence each time, another seed another', () => {
  assert.is(written(7), written(7));
  assert.is.not(written(7), written(8));
});

test('generated sequences are short, stay in the chunk, and do what a driver may do', () => {
  const orders = new Set<number>();
  let pokes = 0;
  for (let seed = 0; seed < 500; seed += 1) {
    const { steps } = randomSequence(seed);
    assert.ok(steps.length >= 2 && steps.length <= MAX_STEPS);
    const live = new Map<number, number>();
    for (const step of steps) {
      if ('args' in step) {
        pokes += 1;
        continue;
      }
      if (step.op === 'init') {
        orders.add(step.order);
        assert.is(step.pfn % 2 ** step.order, 0);
        assert.ok(step.pfn + 2 ** step.order <= 1024);
        for (const [at, order] of live)
          assert.ok(at + 2 ** order <= step.pfn || step.pfn + 2 ** step.order <= at, `seed ${seed}`);
        live.set(step.pfn, step.order);
      } else assert.ok(live.has(step.pfn), `seed ${seed}: ${step.op} of nothing`);
      if (step.op === 'free') live.delete(step.pfn);
    }
  }
  assert.is(orders.size, 10);
  assert.ok(pokes > 20);
});

test('7.3 comes back from every pair and every generated sequence without a poke', () => {
  const machine = new Machine(VARIANT_B, PLACE);
  const generated = Array.from({ length: 200 }, (_, seed) => randomSequence(seed));
  for (const { id, steps } of [...pairSequences(), ...generated]) {
    machine.apply({ op: 'reset' });
    if (steps.some((step) => 'args' in step)) continue;
    for (const step of steps) {
      const { crash, hang } = 'args' in step ? {} : machine.apply(step);
      assert.not.ok(crash ?? hang, id);
    }
  }
});

test('the sequences that tell variants apart are all there', async () => {
  const ids = (await scenarioSequences()).map(({ id }) => id);
  for (const id of ['S1', 'S2', 'S2b', 'S2f', 'S3', 'S5', 'S6', 'S7', 'S9', 'S10', 'S11'])
    assert.ok(ids.includes(id), `${id} of ${ids.join(' ')}`);
});

test.run();
