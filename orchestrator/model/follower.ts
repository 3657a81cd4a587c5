import { adopt, foretell, sameCallbacks } from './classify.js';
import type { ObservedStep } from './classify.js';
import { compareMemory } from './compare.js';
import type { FieldDiff, PageDiff } from './compare.js';
import type { Place } from './kernel.js';
import { PAGE_BYTES } from './layout.js';
import { Machine } from './machine.js';
import type { UserEffects } from './mapping/operation.js';
import type { RoleMap } from './roles.js';
import type { Variant } from './variant.js';

/** What one variant says about a step, and how well it foretold it. */
export interface Fit {
  readonly variant: string;
  /** Counters, warnings, crash or hang that this variant has at this step. */
  readonly effects: UserEffects;
  /** Pages that this variant holds otherwise than the guest, at most PAGES_TOLD; empty where every compared bit agrees. */
  readonly differing: readonly PageDiff[];
  /** Counters and callbacks agree too, and the variant does come back from the step. */
  readonly agrees: boolean;
  /** Agrees at this step and at every one before. */
  readonly fits: boolean;
}

const PAGES_TOLD = 8;

/** One variant that goes the guest's way step by step. */
export class Follower {
  readonly variant: Variant;
  readonly #place: Place;
  #machine: Machine;
  #wrong = false;

  constructor(variant: Variant, place: Place) {
    this.variant = variant;
    this.#place = place;
    this.#machine = new Machine(variant, place);
  }

  /** As of the last step it took part in. */
  get machine(): Machine {
    return this.#machine;
  }

  /** It disagreed with the guest at some step. */
  get wrong(): boolean {
    return this.#wrong;
  }

  /** It said a step comes back that did not. */
  refute(): void {
    this.#wrong = true;
  }

  /**
   * Does what a step did.
   * @returns undefined where it cannot say what comes of the step, and takes what the guest shows as it is
   */
  apply(seen: ObservedStep): UserEffects | undefined {
    const machine = this.#machine;
    const effects = foretell(machine, seen);
    if (effects) return effects;
    machine.forgetUser();
    adopt(machine, seen);
    return undefined;
  }

  /**
   * Compares what apply() foretold with what the guest shows. A variant that is wrong about a step on user memory knows
   * the page tables no more: from there on it takes what such steps leave as it is.
   * @param roles after the step
   */
  judge(effects: UserEffects, seen: ObservedStep & { readonly bytes: Uint8Array }, roles: RoleMap): Fit {
    const machine = this.#machine;
    // Past what the model has, a variant says nothing of the bytes: only that the pgmap does not get the pages back.
    const differing =
      effects.foreign === undefined
        ? compareMemory(this.#place.layout, machine.bytes, seen.bytes, (page) => roles.role(page), PAGES_TOLD)
        : [];
    const agrees =
      differing.length === 0 &&
      effects.crash === undefined &&
      effects.hang === undefined &&
      effects.refs === seen.refs &&
      sameCallbacks(effects.callbacks, seen.callbacks);
    if (!agrees) this.#wrong = true;
    if (!agrees && seen.user) {
      machine.forgetUser();
      adopt(machine, seen);
    }
    return { variant: this.variant.id, effects, differing, agrees, fits: !this.#wrong };
  }

  /** Goes the same way again with a machine that remembers who wrote what. */
  retrace(trace: readonly ObservedStep[]): void {
    this.#machine = new Machine(this.variant, this.#place, { provenance: true });
    for (const seen of trace) {
      if (this.#machine.stopped) return;
      const effects = this.apply(seen);
      if (effects && hasBytes(seen)) this.judge(effects, seen, this.#machine.roles);
    }
  }

  /** Whether it holds what was found in a field, or in one bit of it. */
  holds(page: number, { byte, width, bit, have }: FieldDiff): boolean {
    const view = new DataView(this.#machine.bytes.buffer, page * PAGE_BYTES + byte);
    const held = width === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
    return bit === undefined ? held === have : (((held ^ have) >> BigInt(bit)) & 1n) === 0n;
  }
}

function hasBytes(seen: ObservedStep): seen is ObservedStep & { readonly bytes: Uint8Array } {
  return seen.bytes !== undefined;
}
