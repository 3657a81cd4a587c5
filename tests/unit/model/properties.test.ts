import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { Machine, VARIANT_A, VARIANT_B, layout73 } from '../../../orchestrator/model/index.js';
import type { Operation, Place } from '../../../orchestrator/model/index.js';
import { suite } from '../../harness/suite.js';
import { place } from './support.js';

const test = suite('model/properties');

const PAGES = 16;

interface Wish {
  readonly at: number;
  readonly order: number;
  readonly rmappable: boolean;
  readonly zdd: boolean;
  readonly unlock: 'page' | 'folio';
}

const wishes = fc.array(
  fc.record({
    at: fc.nat(PAGES - 1),
    order: fc.nat(4),
    rmappable: fc.boolean(),
    zdd: fc.boolean(),
    unlock: fc.constantFrom('page' as const, 'folio' as const),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Makes any list of wishes a legal sequence: a wish on a live folio frees it, otherwise the live folios in the way go first. */
function sequence(list: readonly Wish[]): Operation[] {
  const live = new Map<number, number>();
  const ops: Operation[] = [];
  for (const { at, order, rmappable, zdd, unlock } of list) {
    const pfn = at & ~((1 << order) - 1);
    const hit = [...live].filter(([p, o]) => p < pfn + (1 << order) && pfn < p + (1 << o));
    for (const [p] of hit) {
      ops.push({ op: 'free', pfn: p });
      live.delete(p);
    }
    if (hit.some(([p, o]) => p === pfn && o === order)) continue;
    ops.push({ op: 'init', pfn, order, unlock, rmappable, ...(zdd && { zdd: 0x1000n + BigInt(pfn) }) });
    live.set(pfn, order);
  }
  return ops;
}

const places: readonly Place[] = [place(PAGES), place(PAGES, layout73('pointer'))];

test('any variant: provenance changes no byte and reset leaves no history', () => {
  fc.assert(
    fc.property(
      wishes,
      fc.constantFrom(VARIANT_A, VARIANT_B),
      fc.constantFrom(...places),
      (list, variant, where) => {
        const plain = new Machine(variant, where);
        const traced = new Machine(variant, where, { provenance: true });
        for (const op of sequence(list)) {
          if (plain.stopped) break;
          assert.equal(plain.apply(op), traced.apply(op));
          assert.ok(Buffer.compare(plain.bytes, traced.bytes) === 0);
        }
        plain.apply({ op: 'reset' });
        assert.ok(Buffer.compare(plain.bytes, new Machine(variant, where).bytes) === 0);
        assert.is(plain.refs, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test('a crash or hang of variant a comes after a step that broke the contract or at a stale head', () => {
  fc.assert(
    fc.property(wishes, (list) => {
      const machine = new Machine(VARIANT_A, place(PAGES));
      let compound = false;
      for (const op of sequence(list)) {
        const { crash, hang } = machine.apply(op);
        if (crash ?? hang) assert.ok(compound, 'order-0 lives alone never crash');
        if (machine.stopped) break;
        if (op.op === 'init' && op.order > 0) compound = true;
      }
    }),
    { numRuns: 200 },
  );
});

test.run();
