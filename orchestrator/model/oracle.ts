import { PAGE_BYTES } from './layout.js';
import { compareMemory } from './compare.js';
import type { PageDiff } from './compare.js';
import { checkContract } from './contract.js';
import type { OriginOf } from './contract.js';
import type { Deviation } from './deviation.js';
import type { Place } from './kernel.js';
import { Machine } from './machine.js';
import type { Callback, Effects, Operation } from './operation.js';
import { Pristine } from './pristine.js';
import { RoleMap } from './roles.js';
import type { Folio, Role } from './roles.js';
import { LIKELY_VARIANTS } from './variants.js';
import type { Variant } from './variant.js';

/** What the guest shows after a step. */
export interface Observation {
  /** All struct pages of the chunk; copied. */
  readonly bytes: Uint8Array;
  /** pgmap references held, relative to no live folio. */
  readonly refs: number;
  /** Callbacks during the step. */
  readonly callbacks: readonly Callback[];
}

/** What one variant says about a step, and how well it foretold it. */
export interface Fit {
  readonly variant: string;
  /** Counters, warnings, crash or hang that this variant has at this step. */
  readonly effects: Effects;
  /** Pages that this variant holds otherwise than the guest, at most 8; empty where every compared bit agrees. */
  readonly differing: readonly PageDiff[];
  /** Counters and callbacks agree too, and the variant does come back from the step. */
  readonly agrees: boolean;
  /** Agrees at this step and at every one before. */
  readonly fits: boolean;
}

export interface Verdict {
  readonly deviations: readonly Deviation[];
  /** One entry for each variant that has not crashed or hung before. */
  readonly fits: readonly Fit[];
}

/**
 * Follows one guest step by step: judges each step by the contract, compares it with what each variant
 * foretells, and knows who wrote what.
 */
export class Oracle {
  readonly #place: Place;
  readonly #pristine: Pristine;
  readonly #roles: RoleMap;
  readonly #machines: readonly Machine[];
  /** Variants that disagreed with the guest at some step. */
  readonly #misfits = new Set<string>();
  #before: Uint8Array;
  #refs = 0;

  /**
   * @param bytes the guest's struct pages at the start, fresh
   * @param variants candidates, likeliest first
   */
  constructor(place: Place, bytes: Uint8Array, variants: readonly Variant[] = LIKELY_VARIANTS) {
    this.#place = place;
    this.#pristine = new Pristine(place);
    this.#roles = new RoleMap(place.pages);
    this.#machines = variants.map((variant) => new Machine(variant, place, { provenance: true }));
    this.#before = bytes.slice();
  }

  /** Roles of the pages after the last step. */
  get roles(): RoleMap {
    return this.#roles;
  }

  /** Ids of the variants that agreed with the guest at every step so far, likeliest first. */
  get fitting(): readonly string[] {
    return this.#machines.map((machine) => machine.variant.id).filter((id) => !this.#misfits.has(id));
  }

  /** Takes in a step that came back and judges it. */
  observe(op: Operation, step: number, seen: Observation): Verdict {
    const running = this.#machines.filter((machine) => !machine.stopped);
    const effects = running.map((machine) => machine.apply(op, step));
    const deviations = checkContract(op, this.#before, seen.bytes, {
      place: this.#place,
      step,
      roles: this.#roles,
      pristine: this.#pristine,
      originOf: this.#originOf,
      refsBefore: this.#refs,
      refsAfter: seen.refs,
      callbacks: seen.callbacks,
    });
    if (op.op === 'init') this.#roles.init(op.pfn, op.order);
    else if (op.op === 'free') this.#roles.free(op.pfn);
    else if (op.op === 'reset') this.#roles.reset();
    const fits = running.map((machine, i) => this.#fit(machine, effects[i] as Effects, seen));
    this.#before = seen.bytes.slice();
    this.#refs = seen.refs;
    return { deviations, fits };
  }

  /** Takes in a step that the guest did not come back from; nothing can follow it. What each variant says of it. */
  lost(op: Operation, step: number): readonly Pick<Fit, 'variant' | 'effects'>[] {
    return this.#machines
      .filter((machine) => !machine.stopped)
      .map((machine) => ({ variant: machine.variant.id, effects: machine.apply(op, step) }));
  }

  #fit(machine: Machine, effects: Effects, seen: Observation): Fit {
    const variant = machine.variant.id;
    const roleOf = (page: number): Role => this.#roles.role(page);
    // Past what the model has, a variant says nothing of the bytes: only that the pgmap does not get the pages back.
    const differing =
      effects.foreign === undefined
        ? compareMemory(this.#place.layout, machine.bytes, seen.bytes, roleOf, 8)
        : [];
    const agrees =
      differing.length === 0 &&
      effects.crash === undefined &&
      effects.hang === undefined &&
      effects.refs === seen.refs &&
      JSON.stringify(effects.callbacks) ===
        JSON.stringify(seen.callbacks.map(({ fn, pfn, order }) => ({ fn, pfn, order })));
    if (!agrees) this.#misfits.add(variant);
    return { variant, effects, differing, agrees, fits: !this.#misfits.has(variant) };
  }

  /**
   * Takes over what operations outside the model (migration, faults) have left.
   * @param folios folios that such an operation brought to life or freed, in order
   */
  resync(
    step: number,
    seen: Observation,
    folios: readonly (Folio & { readonly live: boolean })[] = [],
  ): void {
    for (const { pfn, order, live } of folios) {
      const maps = [this.#roles, ...this.#machines.map((machine) => machine.roles)];
      for (const map of maps)
        if (live) map.init(pfn, order);
        else map.free(pfn);
    }
    for (const machine of this.#machines) if (!machine.stopped) machine.resync(seen.bytes, seen.refs, step);
    this.#before = seen.bytes.slice();
    this.#refs = seen.refs;
  }

  /** The writer according to the first variant that holds exactly what was found, stopped or not. */
  readonly #originOf: OriginOf = (page, diff, byte, bit) => {
    const holds = (machine: Machine): boolean => {
      const view = new DataView(machine.bytes.buffer, page * PAGE_BYTES + diff.byte);
      const have = diff.width === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
      return diff.bit === undefined
        ? have === diff.have
        : (((have ^ diff.have) >> BigInt(diff.bit)) & 1n) === 0n;
    };
    return this.#machines.find(holds)?.origin(page, byte, bit);
  };
}
