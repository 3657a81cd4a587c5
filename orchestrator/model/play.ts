import type { Deviation } from './deviation.js';
import { changesOf } from './describe.js';
import type { PageChange } from './describe.js';
import type { Place } from './kernel.js';
import { Machine } from './machine.js';
import type { Effects, Operation } from './operation.js';
import { Oracle } from './oracle.js';
import type { Variant } from './variant.js';

/** What one operation did to the model's pages, and what the contract says of it. */
export interface PlayedOperation extends Effects {
  readonly changes: readonly PageChange[];
  /** pgmap references that the operation took (more than 0) or gave back. */
  readonly refsMoved: number;
  /** Breaches of the contract, as a guest with this variant would show them; none of a step that does not come back. */
  readonly deviations: readonly Deviation[];
}

/** A kernel with one variant, alone: the model stands for the guest, and the oracle judges it as it judges guests. */
export class Player {
  readonly #place: Place;
  readonly #guest: Machine;
  readonly #oracle: Oracle;

  constructor(variant: Variant, place: Place) {
    this.#place = place;
    this.#guest = new Machine(variant, place);
    this.#oracle = new Oracle(place, this.#guest.bytes, [variant]);
  }

  /** The struct pages as they are; a view, not a copy. */
  get bytes(): Uint8Array {
    return this.#guest.bytes;
  }

  /** Crashed or hung: nothing can follow. */
  get stopped(): boolean {
    return this.#guest.stopped;
  }

  /**
   * Applies one operation.
   * @param step its number, counted from 1
   * @throws RangeError for pages outside the chunk; Error after a crash or hang
   */
  apply(op: Operation, step: number): PlayedOperation {
    const before = this.#guest.bytes.slice();
    const refs = this.#guest.refs;
    const effects = this.#guest.apply(op, step);
    const seen = { bytes: this.#guest.bytes, refs: effects.refs, callbacks: effects.callbacks };
    const deviations = this.#guest.stopped ? [] : this.#oracle.observe(op, step, seen).deviations;
    return {
      ...effects,
      refsMoved: effects.refs - refs,
      changes: changesOf(this.#place, before, this.#guest.bytes, this.#guest.roles),
      deviations,
    };
  }
}
