import { applyAll } from './classify.js';
import { checkContract } from './contract.js';
import type { Deviation } from './deviation.js';
import { changesOf } from './describe.js';
import type { PageChange } from './describe.js';
import type { Place } from './kernel.js';
import { Machine } from './machine.js';
import type { UserEffects, UserOperation } from './mapping/operation.js';
import type { Operation } from './operation.js';
import { Pristine } from './pristine.js';
import type { Variant } from './variant.js';

/** What one operation did to the model's pages, and what the contract says of it. */
export interface PlayedOperation extends UserEffects {
  readonly changes: readonly PageChange[];
  /** pgmap references that the operation took (more than 0) or gave back. */
  readonly refsMoved: number;
  /**
   * Breaches of the contract, as a guest with this variant would show them; none of a step that does not come back, and
   * none of a step on user memory, which the contract of the model says nothing about.
   */
  readonly deviations: readonly Deviation[];
}

/** A kernel with one variant, alone: the model stands for the guest, and is judged as guests are. */
export class Player {
  readonly #place: Place;
  readonly #machine: Machine;
  readonly #pristine: Pristine;

  constructor(variant: Variant, place: Place) {
    this.#place = place;
    this.#machine = new Machine(variant, place, { provenance: true });
    this.#pristine = new Pristine(place);
  }

  /** The struct pages as they are; a view, not a copy. */
  get bytes(): Uint8Array {
    return this.#machine.bytes;
  }

  /**
   * Applies one operation on page metadata, or those on user memory that one step asks for.
   * @param step its number, counted from 1
   * @throws RangeError for pages outside the chunk or a mapping that is not there; Error after a crash or hang
   */
  apply(op: Operation | readonly UserOperation[], step: number): PlayedOperation {
    const machine = this.#machine;
    const before = machine.bytes.slice();
    const refsBefore = machine.refs;
    const roles = machine.roles.copy();
    const effects = 'op' in op ? machine.apply(op, step) : applyAll(machine, op, step);
    const ended = effects.crash ?? effects.hang ?? effects.foreign;
    const deviations =
      ended === undefined && 'op' in op
        ? checkContract(op, before, machine.bytes, {
            place: this.#place,
            step,
            roles,
            pristine: this.#pristine,
            originOf: (page, _diff, byte, bit) => machine.origin(page, byte, bit),
            refsBefore,
            refsAfter: effects.refs,
            callbacks: effects.callbacks,
          })
        : [];
    return {
      ...effects,
      refsMoved: effects.refs - refsBefore,
      changes: changesOf(this.#place, before, machine.bytes, machine.roles),
      deviations,
    };
  }
}
