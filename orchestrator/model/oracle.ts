import { PAGE_BYTES } from './layout.js';
import { compareMemory } from './compare.js';
import type { PageDiff } from './compare.js';
import { adopt, applyAll, classifyByStep } from './classify.js';
import type { Classification, ObservedStep } from './classify.js';
import { checkContract } from './contract.js';
import type { OriginOf } from './contract.js';
import type { Deviation } from './deviation.js';
import type { Place } from './kernel.js';
import { Machine } from './machine.js';
import type { UserEffects, UserOperation } from './mapping/operation.js';
import type { UserState } from './mapping/state.js';
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

/** A folio that came to life or was freed. */
export type FolioEvent = Folio & { readonly live: boolean };

function follow(roles: RoleMap, folios: readonly FolioEvent[]): void {
  for (const { pfn, order, live } of folios)
    if (live) roles.init(pfn, order);
    else roles.free(pfn);
}

function sameCallbacks(one: readonly Callback[], other: readonly Callback[]): boolean {
  const plain = (all: readonly Callback[]): string =>
    JSON.stringify(all.map(({ fn, pfn, order, tail }) => [fn, pfn, order, tail ?? -1]));
  return plain(one) === plain(other);
}

/** What one variant says about a step, and how well it foretold it. */
export interface Fit {
  readonly variant: string;
  /** Counters, warnings, crash or hang that this variant has at this step. */
  readonly effects: UserEffects;
  /** Pages that this variant holds otherwise than the guest, at most 8; empty where every compared bit agrees. */
  readonly differing: readonly PageDiff[];
  /** Counters and callbacks agree too, and the variant does come back from the step. */
  readonly agrees: boolean;
  /** Agrees at this step and at every one before. */
  readonly fits: boolean;
}

export interface Verdict {
  readonly deviations: readonly Deviation[];
  /** One entry for each variant that is still followed. */
  readonly fits: readonly Fit[];
}

/**
 * The first variants are followed to the end and know who wrote what, whether they are right or not. The others cost
 * a machine without provenance each, as long as they are right.
 */
const LEADING = 2;

interface Follower {
  readonly variant: Variant;
  machine: Machine;
  /** Followed after it was wrong; its machine keeps provenance. */
  readonly leading: boolean;
}

/**
 * Follows one guest step by step: judges each step by the contract, compares it with what each variant
 * foretells, and knows who wrote what.
 */
export class Oracle {
  readonly #place: Place;
  readonly #pristine: Pristine;
  readonly #roles: RoleMap;
  readonly #followers: readonly Follower[];
  /** Variants that disagreed with the guest at some step. */
  readonly #misfits = new Set<string>();
  /** What the guest showed, for the classification; the struct pages are those of `#before`, not copied again. */
  readonly #trace: ObservedStep[] = [];
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
    this.#followers = variants.map((variant, i) => {
      const leading = i < LEADING;
      return { variant, machine: new Machine(variant, place, { provenance: leading }), leading };
    });
    this.#before = bytes.slice();
  }

  /** Roles of the pages after the last step. */
  get roles(): RoleMap {
    return this.#roles;
  }

  /** Ids of the variants that agreed with the guest at every step so far, likeliest first. */
  get fitting(): readonly string[] {
    return this.#followers.map(({ variant }) => variant.id).filter((id) => !this.#misfits.has(id));
  }

  get #running(): Follower[] {
    return this.#followers.filter(
      ({ variant, machine, leading }) => !machine.stopped && (leading || !this.#misfits.has(variant.id)),
    );
  }

  /** Takes in a step that came back and judges it. */
  observe(op: Operation, step: number, seen: Observation): Verdict {
    const running = this.#running;
    const effects = running.map(({ machine }) => machine.apply(op, step));
    const deviations = checkContract(op, this.#before, seen.bytes, {
      place: this.#place,
      step,
      roles: this.#roles,
      pristine: this.#pristine,
      originOf: (page, diff, byte, bit) => this.#originOf(op, step, page, diff, byte, bit),
      refsBefore: this.#refs,
      refsAfter: seen.refs,
      callbacks: seen.callbacks,
    });
    if (op.op === 'init') this.#roles.init(op.pfn, op.order);
    else if (op.op === 'free') this.#roles.free(op.pfn);
    else if (op.op === 'reset') this.#roles.reset();
    const fits = running.map(({ machine }, i) => this.#fit(machine, effects[i] as Effects, seen));
    this.#keep({ step, op, refs: seen.refs, callbacks: seen.callbacks }, seen.bytes);
    return { deviations, fits };
  }

  /** Takes in a step that the guest did not come back from; nothing can follow it. What each variant says of it. */
  lost(op: Operation, step: number): readonly Pick<Fit, 'variant' | 'effects'>[] {
    this.#trace.push({ step, op, refs: this.#refs, callbacks: [] });
    return this.#running.map(({ variant: { id: variant }, machine }) => {
      const effects = machine.apply(op, step);
      if (!machine.stopped && effects.warnings.length === 0) this.#misfits.add(variant);
      return { variant, effects };
    });
  }

  #fit(machine: Machine, effects: UserEffects, seen: Observation): Fit {
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
      sameCallbacks(effects.callbacks, seen.callbacks);
    if (!agrees) this.#misfits.add(variant);
    return { variant, effects, differing, agrees, fits: !this.#misfits.has(variant) };
  }

  /**
   * Takes in a step on user memory. A variant that is wrong about one knows the page tables no more: from there on it takes
   * what such steps leave as it is.
   * @param ops what the step did, in order
   * @param folios folios that it brought to life or freed, in order
   * @returns one entry for each variant that still knew the page tables
   */
  observeUser(
    ops: readonly UserOperation[],
    step: number,
    seen: Observation,
    folios: readonly FolioEvent[],
  ): readonly Fit[] {
    follow(this.#roles, folios);
    const fits: Fit[] = [];
    for (const { machine } of this.#running) {
      const fit = machine.followsUser ? this.#fitUser(machine, ops, step, seen) : undefined;
      if (fit) fits.push(fit);
      if (fit?.agrees === true) continue;
      machine.forgetUser();
      follow(machine.roles, folios);
      machine.resync(seen.bytes, seen.refs, step);
    }
    this.#keep({ step, refs: seen.refs, callbacks: seen.callbacks, folios, user: ops }, seen.bytes);
    return fits;
  }

  #fitUser(machine: Machine, ops: readonly UserOperation[], step: number, seen: Observation): Fit {
    const effects = applyAll(machine, ops, step);
    machine.bind(seen.bytes);
    return this.#fit(machine, effects, seen);
  }

  /** User memory as a variant that foretold every step so far has it. */
  userOf(variant: string): UserState | undefined {
    const found = this.#followers.find((one) => one.variant.id === variant);
    return found?.machine.followsUser === true ? found.machine.user : undefined;
  }

  /**
   * Takes over what operations outside the model have left; page tables are not known from there on.
   * @param folios folios that such an operation brought to life or freed, in order
   */
  resync(step: number, seen: Observation, folios: readonly FolioEvent[] = []): void {
    follow(this.#roles, folios);
    for (const { machine } of this.#followers) follow(machine.roles, folios);
    for (const { machine } of this.#running) {
      machine.forgetUser();
      machine.resync(seen.bytes, seen.refs, step);
    }
    this.#keep({ step, refs: seen.refs, callbacks: [], folios }, seen.bytes);
  }

  #keep(seen: Omit<ObservedStep, 'bytes'>, bytes: Uint8Array): void {
    this.#before = bytes.slice();
    this.#refs = seen.refs;
    this.#trace.push({ ...seen, bytes: this.#before });
  }

  /** Which variants explain what the guest showed so far, and what none explains. */
  classify(): Classification {
    const steps = this.#trace.filter(({ op, user }) => op ?? user).length;
    if (steps === 0 || this.fitting.length > 0)
      return { steps, fits: steps === 0 ? [] : this.fitting, ranked: [], unfit: [] };
    const variants = this.#followers.map(({ variant }) => variant);
    return classifyByStep(this.#place, this.#trace, variants);
  }

  /** The writer according to the first variant that holds exactly what was found, stopped or not. */
  #originOf(
    op: Operation,
    step: number,
    ...[page, diff, byte, bit]: Parameters<OriginOf>
  ): ReturnType<OriginOf> {
    const holds = ({ machine }: Follower): boolean => {
      const view = new DataView(machine.bytes.buffer, page * PAGE_BYTES + diff.byte);
      const have = diff.width === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
      return diff.bit === undefined
        ? have === diff.have
        : (((have ^ diff.have) >> BigInt(diff.bit)) & 1n) === 0n;
    };
    const known = this.#followers.find((one) => one.machine.provenance && holds(one));
    if (known) return known.machine.origin(page, byte, bit);
    const right = this.#running.find(holds);
    if (!right) return undefined;
    right.machine = this.#withProvenance(right.variant, op, step);
    return right.machine.origin(page, byte, bit);
  }

  /** A machine that goes the same way again and remembers who wrote what. */
  #withProvenance(variant: Variant, op: Operation, step: number): Machine {
    const machine = new Machine(variant, this.#place, { provenance: true });
    for (const seen of this.#trace) {
      if (seen.op) machine.apply(seen.op, seen.step);
      else if (seen.user && machine.followsUser) {
        applyAll(machine, seen.user, seen.step);
        if (seen.bytes) machine.bind(seen.bytes);
      } else {
        machine.forgetUser();
        adopt(machine, seen);
      }
    }
    machine.apply(op, step);
    return machine;
  }
}
