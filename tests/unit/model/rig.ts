import * as assert from 'uvu/assert';
import { Machine, Oracle, failureKey } from '../../../orchestrator/model/index.js';
import type { Effects, Operation, Place, Role, Variant } from '../../../orchestrator/model/index.js';
import type { Book, Due } from './book.js';
import { unwrittenBits } from './leaks.js';
import type { Unwritten } from './leaks.js';

type Init = Operation & { op: 'init' };

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The system under test: a machine with provenance, judged after every operation by what a book says is due. */
export class Rig {
  readonly machine: Machine;
  readonly #place: Place;
  readonly #unwritten: Unwritten;
  readonly #pristine: Machine;
  readonly #oracle: Oracle;
  /** Failure keys that init may give; undefined: not asked, since pokes make values that no life leaves. */
  readonly #leaks: ReadonlySet<string> | undefined;
  #step = 0;

  constructor(variant: Variant, place: Place, unwritten: Unwritten, leaks: ReadonlySet<string> | undefined) {
    this.machine = new Machine(variant, place, { provenance: true });
    this.#pristine = new Machine(variant, place);
    this.#oracle = new Oracle(place, this.machine.bytes, [variant]);
    this.#place = place;
    this.#unwritten = unwritten;
    this.#leaks = leaks;
  }

  /** Applies an operation that the book finds legal, enters it there, and asserts everything that must hold. */
  perform(op: Operation, book: Book): void {
    this.#step += 1;
    const before = this.machine.bytes.slice();
    const due = book.enter(op);
    const effects = this.machine.apply(op);
    const after = this.machine.bytes;
    this.#checkEffects(op, due, effects, before);
    assert.ok(same(before.subarray(0, due.from * 64), after.subarray(0, due.from * 64)), 'pages before it');
    assert.ok(same(before.subarray(due.to * 64), after.subarray(due.to * 64)), 'pages behind it');
    if (op.op === 'init') this.#checkInit(op, before, after);
    for (const entry of book.live) this.#checkFolio(entry.pfn, entry.order, entry.locked);

    const { refs, callbacks } = effects;
    const { deviations } = this.#oracle.observe(op, this.#step, { bytes: after, refs, callbacks });
    if (this.#leaks === undefined) return;
    for (const one of deviations) {
      const key = failureKey([one]) ?? '';
      assert.ok(this.#leaks.has(key), `not a stated leak: ${key}\n${one.story}`);
    }
  }

  #checkEffects(op: Operation, due: Due, effects: Effects, before: Uint8Array): void {
    assert.is(effects.crash?.why ?? effects.hang?.why, undefined, 'comes back');
    assert.is(effects.refs, due.refs, 'pgmap references are those of the living pages');
    assert.is(this.machine.refs, due.refs);
    assert.equal(effects.callbacks, due.callbacks, 'callbacks');
    const lines = effects.warnings.map(({ line }) => line);
    assert.equal(lines, op.op === 'init' ? this.#warningsDue(op, before) : [], 'warnings');
  }

  /** prep_compound_tail() warns of a tail whose `private` is not 0, if the option is on and nothing has cleared it. */
  #warningsDue({ pfn, order }: Init, before: Uint8Array): string[] {
    const { at, config } = this.#place.layout;
    if (!this.#unwritten.warns || config['DEBUG_VM'] !== true) return [];
    for (let page = pfn + 1; page < pfn + 2 ** order; page += 1) {
      const start = page * 64 + at.private;
      if (before.subarray(start, start + 8).some((byte) => byte !== 0)) return ['mm/internal.h:799'];
    }
    return [];
  }

  /**
   * History shows in the bits that init does not write and in no other: every page is the one that the same init makes of
   * fresh pages, with what was there before in those bits.
   */
  #checkInit(op: Init, before: Uint8Array, after: Uint8Array): void {
    const { layout } = this.#place;
    const { at } = layout;
    this.#pristine.apply({ op: 'reset' });
    this.#pristine.apply(op);
    const want = this.#pristine.bytes.slice();
    for (let i = 0; i < 2 ** op.order; i += 1) {
      const keep = unwrittenBits(layout, roleOf(op.order, i), this.#unwritten);
      const start = (op.pfn + i) * 64;
      for (let byte = 0; byte < 64; byte += 1) {
        const mask = keep[byte] as number;
        const fresh = want[start + byte] as number;
        want[start + byte] = (fresh & ~mask) | ((before[start + byte] as number) & mask);
      }
    }
    const view = new DataView(want.buffer);
    if (op.zdd !== undefined) view.setBigUint64(op.pfn * 64 + at.zoneDeviceData, op.zdd, true);
    if (op.rmappable && op.order > 0) {
      const byte = (op.pfn + 1) * 64 + at.flags + 1;
      const rmappable = (layout.flags['PG_workingset'] as number) - 8;
      view.setUint8(byte, view.getUint8(byte) | (1 << rmappable));
    }
    const [from, to] = [op.pfn * 64, (op.pfn + 2 ** op.order) * 64];
    for (let i = from; i < to; i += 1)
      assert.is(after[i], want[i], `page ${i >> 6} byte ${i & 63} after init of page ${op.pfn}`);
  }

  /** Reads a living folio as core-mm would: who is the head of each page, how large is it, who holds it. */
  #checkFolio(pfn: number, order: number, locked: boolean): void {
    const { layout, memmap, pgmap } = this.#place;
    const { at, flags } = layout;
    const view = new DataView(this.machine.bytes.buffer);
    const bit = (page: number, name: string): boolean =>
      ((view.getBigUint64(page * 64 + at.flags, true) >> BigInt(flags[name] as number)) & 1n) === 1n;
    const info = (page: number): bigint => view.getBigUint64(page * 64 + at.info, true);
    assert.is(info(pfn), pgmap, `pgmap of page ${pfn}`);
    assert.is(bit(pfn, 'PG_head'), order > 0, `PG_head of page ${pfn}`);
    assert.is(bit(pfn, 'PG_locked'), locked, `PG_locked of page ${pfn}`);
    assert.is(view.getUint32(pfn * 64 + at.refcount, true), 1, `_refcount of page ${pfn}`);
    if (order === 0) return;
    assert.is(view.getUint8((pfn + 1) * 64 + at.flags), order, `order of folio ${pfn}`);
    if (at.nrPages !== undefined)
      assert.is(view.getUint32((pfn + 1) * 64 + at.nrPages, true), 2 ** order, `_nr_pages of folio ${pfn}`);
    for (let page = pfn + 1; page < pfn + 2 ** order; page += 1) {
      assert.is(view.getUint32(page * 64 + at.refcount, true), 0, `_refcount of tail ${page}`);
      assert.is(info(page) & 1n, 1n, `page ${page} is a tail`);
      const own = memmap + BigInt(page * 64);
      const head = layout.tailEncoding === 'mask' ? own & info(page) : info(page) - 1n;
      assert.is(head, memmap + BigInt(pfn * 64), `head of page ${page}`);
    }
  }
}

function roleOf(order: number, index: number): Exclude<Role, 'fresh'> {
  if (order === 0) return 'order0';
  return (['head', 'tail1', 'tail2'] as const)[index] ?? 'tail';
}
