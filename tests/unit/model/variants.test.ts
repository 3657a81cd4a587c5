import * as assert from 'uvu/assert';
import { Machine, VARIANTS } from '../../../orchestrator/model/index.js';
import type { Operation, Variant } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { free, init, place, poke } from './support.js';

const test = suite('model/variants');

const P = place(32);
/** A free of w's folios is the page allocator's affair, and d2's of order 0 say that they are large. */
const freeing = Object.values(VARIANTS).filter(({ id }) => id !== 'w' && id !== 'd2');

function freed(variant: Variant, ...pokes: readonly Operation[]): [machine: Machine, crash?: string] {
  const machine = new Machine(variant, P);
  for (const op of [init('0@8'), ...pokes]) machine.apply(op);
  const { crash } = machine.apply(free(8));
  return crash ? [machine, crash.line] : [machine];
}

const word = (machine: Machine, at: number): bigint =>
  new DataView(machine.bytes.buffer).getBigUint64(8 * 64 + at, true);

test('a variant uncharges what it frees, takes PG_anon_exclusive from it and its mapping', () => {
  assert.is(freeing.length, 9);
  for (const variant of freeing) {
    const [, crash] = freed(variant, poke(8, 56, 8, 0xff00000000n));
    assert.is(crash, 'mm/memcontrol.c:uncharge_folio', variant.id);
    const [mapped] = freed(variant, poke(8, 24, 8, 2n), poke(8, 1, 1, 8n));
    assert.equal([word(mapped, 24), word(mapped, 0) & 0x800n], [0n, 0x800n], variant.id);
    const [anonymous] = freed(variant, poke(8, 24, 8, 1n), poke(8, 1, 1, 8n));
    assert.equal([word(anonymous, 24), word(anonymous, 0) & 0x800n], [0n, 0n], variant.id);
  }
});

test.run();
