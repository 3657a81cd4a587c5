import * as assert from 'uvu/assert';
import { Oracle, VARIANT_A, VARIANT_B, Machine } from '../../../../orchestrator/model/index.js';
import type { FolioEvent, UserOperation } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { free, init, place } from '../support.js';
import { fill, map, migrate, munmap, read } from './user.js';

const test = suite('model/mapping/oracle');

/** A kernel's values in the place of the model's own, as a guest would have them. */
function asGuest(bytes: Uint8Array, anonVma = 0xffff888012345678n): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (let at = 0; at < out.length; at += 64) {
    const mapping = view.getBigUint64(at + 24, true);
    if (mapping >> 40n === 0xffffeen) view.setBigUint64(at + 24, anonVma | (mapping & 3n), true);
    const memcg = view.getBigUint64(at + 56, true);
    if (memcg >> 40n === 0xffffeen) view.setBigUint64(at + 56, 0xffff888000777000n, true);
    const id = view.getUint32(at + 40, true);
    if (id >= 0x7f000000 && id < 0x80000000) view.setUint32(at + 40, 3, true);
  }
  return out;
}

function follow(
  ops: readonly UserOperation[],
  change: (bytes: Uint8Array, step: number) => Uint8Array = (bytes) => asGuest(bytes),
) {
  const where = place(1024);
  const guest = new Machine(VARIANT_B, where);
  const oracle = new Oracle(where, guest.bytes, [VARIANT_B, VARIANT_A]);
  const fits = ops.map((op, i) => {
    const { refs, callbacks } = guest.apply(op);
    const folios: FolioEvent[] = [];
    return oracle.observeUser([op], i + 1, { bytes: change(guest.bytes, i + 1), refs, callbacks }, folios);
  });
  return { guest, oracle, fits };
}

test('addresses and ids are learnt from the guest and then compared as they are', () => {
  const ops = [map(512, true), fill(0, 512), migrate([0, 0, 9]), munmap(0, 4), read(9), munmap()];
  const { oracle, fits } = follow(ops);
  assert.equal(
    fits.map(([b]) => b?.agrees),
    [true, true, true, true, true, true],
  );
  assert.equal(oracle.fitting, ['b', 'a']);
  assert.equal(oracle.classify(), { steps: 6, fits: ['b', 'a'], ranked: [], unfit: [] });
});

test('a page with another anon_vma than its neighbour is found', () => {
  const { fits } = follow([map(4), fill(0, 4), migrate([0, 1]), migrate([1, 2])], (bytes, step) => {
    const out = asGuest(bytes);
    if (step === 4) new DataView(out.buffer).setBigUint64(2 * 64 + 24, 0xffff888099999999n, true);
    return out;
  });
  assert.is(fits[2]?.[0]?.agrees, true);
  assert.equal(fits[3]?.[0]?.differing[0]?.fields[0]?.field, 'mapping');
});

test('a value that can be no address is not learnt', () => {
  const { fits } = follow([map(4), fill(0, 4), migrate([0, 1])], (bytes) => asGuest(bytes, 0x1230n));
  assert.is(fits[2]?.[0]?.agrees, false);
});

test('a variant that was wrong about user memory follows bytes alone, and is asked no more', () => {
  const { oracle, fits } = follow([map(4), fill(0, 4), migrate([0, 1]), migrate([1, 2])], (bytes, step) => {
    const out = asGuest(bytes);
    if (step >= 3) out[5 * 64 + 16] = 7;
    return out;
  });
  assert.is(fits[2]?.[0]?.agrees, false);
  assert.equal(fits[3], []);
  assert.is(oracle.userOf('b'), undefined);
  const { unfit, ranked } = oracle.classify();
  assert.equal(unfit, [{ step: 3, page: 5, fields: ['zone_device_data'] }]);
  assert.is(ranked[0]?.steps, 2);
});

test('variant a locks the head of a dead tail: a step on user memory tells it from b', () => {
  const where = place(1024);
  const guest = new Machine(VARIANT_B, where);
  const oracle = new Oracle(where, guest.bytes, [VARIANT_B, VARIANT_A]);
  for (const [i, op] of [init('1@0'), free(0)].entries()) {
    const { refs, callbacks } = guest.apply(op);
    oracle.observe(op, i + 1, { bytes: guest.bytes, refs, callbacks });
  }
  for (const [i, op] of [map(4), fill(0, 4), migrate([0, 1])].entries()) {
    const { refs, callbacks } = guest.apply(op);
    const folios = op.op === 'migrate' ? [{ pfn: 1, order: 0, live: true }] : [];
    oracle.observeUser([op], i + 3, { bytes: asGuest(guest.bytes), refs, callbacks }, folios);
  }
  assert.equal(oracle.fitting, ['b']);
});

test.run();
