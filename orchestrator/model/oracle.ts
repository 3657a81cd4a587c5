import { classifyByStep } from './classify.js';
import type { Classification, ObservedStep } from './classify.js';
import { checkContract } from './contract.js';
import type { OriginOf } from './contract.js';
import type { Deviation } from './deviation.js';
import { Follower } from './follower.js';
import type { Fit } from './follower.js';
import type { Place } from './kernel.js';
import type { UserOperation } from './mapping/operation.js';
import type { UserState } from './mapping/state.js';
import type { Callback, Operation } from './operation.js';
import { Pristine } from './pristine.js';
import { RoleMap } from './roles.js';
import type { FolioEvent } from './roles.js';
import { LIKELY_VARIANTS } from './variants.js';
import type { Variant } from './variant.js';

export type { Fit } from './follower.js';

/** What the guest shows after a step. */
export interface Observation {
  /** All struct pages of the chunk; copied. */
  readonly bytes: Uint8Array;
  /** pgmap references held, relative to no live folio. */
  readonly refs: number;
  /** Callbacks during the step. */
  readonly callbacks: readonly Callback[];
}

export interface Verdict {
  readonly deviations: readonly Deviation[];
  /** One entry for each variant that is still followed. */
  readonly fits: readonly Fit[];
}

/** The likeliest, which are asked where none that is right has an answer: who wrote a byte, whether a step comes back. */
const WITNESSES = 2;

/**
 * Follows one guest step by step: judges each step by the contract, compares it with what each variant
 * foretells, and knows who wrote what.
 */
export class Oracle {
  readonly #place: Place;
  readonly #pristine: Pristine;
  readonly #roles: RoleMap;
  readonly #variants: readonly Variant[];
  /** Not followed, but who wrote a byte must not depend on what other cases have shown. */
  readonly #unfollowed: readonly Variant[];
  /** The first is followed to the end, whether it is right or not, the others as long as they are right. */
  readonly #followers: readonly Follower[];
  /** What the guest showed; the struct pages of the last are those of `#before`. */
  readonly #trace: ObservedStep[] = [];
  /** Asked at the step under way. */
  #witnesses: readonly Follower[] | undefined;
  #rightOthers: readonly Follower[] | undefined;
  #before: Uint8Array;
  #refs = 0;

  /**
   * @param bytes the guest's struct pages at the start, fresh
   * @param variants candidates, likeliest first
   * @param ruledOut ids of variants that another case has ruled out: asked only where none of the others is right
   */
  constructor(
    place: Place,
    bytes: Uint8Array,
    variants: readonly Variant[] = LIKELY_VARIANTS,
    ruledOut: ReadonlySet<string> = new Set(),
  ) {
    this.#place = place;
    this.#pristine = new Pristine(place);
    this.#roles = new RoleMap(place.pages);
    const followed = (variant: Variant): boolean => variant === variants[0] || !ruledOut.has(variant.id);
    this.#variants = variants;
    this.#unfollowed = variants.filter((variant) => !followed(variant));
    this.#followers = variants.filter(followed).map((variant) => new Follower(variant, place));
    this.#before = bytes.slice();
  }

  /** Roles of the pages after the last step. */
  get roles(): RoleMap {
    return this.#roles;
  }

  /** Ids of the followed variants that agreed with the guest at every step so far, likeliest first. */
  get fitting(): readonly string[] {
    return this.#followers.filter(({ wrong }) => !wrong).map(({ variant }) => variant.id);
  }

  get #running(): Follower[] {
    return this.#followers.filter(({ machine, wrong }, i) => !machine.stopped && (i === 0 || !wrong));
  }

  /** Takes in a step that came back and judges it. */
  observe(op: Operation, step: number, seen: Observation): Verdict {
    const running = this.#running;
    const shown = this.#shown({ step, op, refs: seen.refs, callbacks: seen.callbacks }, seen.bytes);
    const effects = running.map((one) => one.apply(shown));
    this.#witnesses = undefined;
    this.#rightOthers = undefined;
    const roles = this.#roles.copy();
    if (op.op === 'init') this.#roles.init(op.pfn, op.order);
    else if (op.op === 'free') this.#roles.free(op.pfn);
    else if (op.op === 'reset') this.#roles.reset();
    // First, so that a variant which this step refutes is not believed about who wrote what.
    const fits = this.#fits(running, effects, shown);
    const deviations = checkContract(op, this.#before, shown.bytes, {
      place: this.#place,
      step,
      roles,
      pristine: this.#pristine,
      originOf: (page, diff, byte, bit) => this.#originOf(running, shown, page, diff, byte, bit),
      refsBefore: this.#refs,
      refsAfter: seen.refs,
      callbacks: seen.callbacks,
    });
    this.#keep(shown);
    return { deviations, fits };
  }

  /** Takes in a step that the guest did not come back from; nothing can follow it. What each variant says of it. */
  lost(op: Operation, step: number): readonly Pick<Fit, 'variant' | 'effects'>[] {
    const running = this.#running;
    const others = this.#recall(this.#likeliest, this.#trace).filter(
      ({ machine, variant }) => !machine.stopped && running.every((one) => one.variant !== variant),
    );
    this.#trace.push({ step, op, refs: this.#refs, callbacks: [] });
    return [...running, ...others].map((one) => {
      const effects = one.machine.apply(op, step);
      if (!one.machine.stopped && effects.warnings.length === 0) one.refute();
      return { variant: one.variant.id, effects };
    });
  }

  /**
   * Takes in a step on user memory.
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
    this.#roles.follow(folios);
    const { refs, callbacks } = seen;
    const shown = this.#shown({ step, refs, callbacks, folios, user: ops }, seen.bytes);
    const running = this.#running;
    const effects = running.map((one) => one.apply(shown));
    this.#keep(shown);
    return this.#fits(running, effects, shown);
  }

  #fits(
    running: readonly Follower[],
    effects: readonly ReturnType<Follower['apply']>[],
    shown: Shown,
  ): readonly Fit[] {
    return running.flatMap((one, i) => {
      const foretold = effects[i];
      return foretold ? [one.judge(foretold, shown, this.#roles)] : [];
    });
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
    this.#roles.follow(folios);
    const shown = this.#shown({ step, refs: seen.refs, callbacks: [], folios }, seen.bytes);
    for (const one of this.#running) one.apply(shown);
    this.#keep(shown);
  }

  #shown(seen: Omit<ObservedStep, 'bytes'>, bytes: Uint8Array): Shown {
    return { ...seen, bytes: bytes.slice() };
  }

  #keep(shown: Shown): void {
    this.#before = shown.bytes;
    this.#refs = shown.refs;
    this.#trace.push(shown);
  }

  /** Which variants explain what the guest showed so far, and what none explains. */
  classify(): Classification {
    const steps = this.#trace.filter(({ op, user }) => op ?? user).length;
    if (steps === 0 || this.fitting.length > 0)
      return { steps, fits: steps === 0 ? [] : this.fitting, ranked: [], unfit: [] };
    const found = classifyByStep(this.#place, this.#trace, this.#variants);
    return found.fits.length > 0 ? { ...found, ranked: [], unfit: [] } : found;
  }

  /**
   * The writer according to the first variant that holds exactly what was found: of those that are right, this step
   * included, whether they are followed or not, then of those followed, then of the likeliest.
   */
  #originOf(
    running: readonly Follower[],
    shown: Shown,
    ...[page, diff, byte, bit]: Parameters<OriginOf>
  ): ReturnType<OriginOf> {
    const holds = (one: Follower): boolean => one.holds(page, diff);
    const trace = [...this.#trace, shown];
    const holders = running.filter(holds);
    const known = holders.find(({ wrong }) => !wrong) ?? this.#others(trace).find(holds) ?? holders[0];
    if (known?.machine.provenance === false) known.retrace(trace);
    if (known) return known.machine.origin(page, byte, bit);
    this.#witnesses ??= this.#recall(this.#likeliest, trace);
    return this.#witnesses.find(holds)?.machine.origin(page, byte, bit);
  }

  /** Variants that are not followed and yet right at every step. */
  #others(trace: readonly ObservedStep[]): readonly Follower[] {
    this.#rightOthers ??= this.#recall(this.#unfollowed, trace).filter(
      ({ machine, wrong }) => !wrong && !machine.stopped,
    );
    return this.#rightOthers;
  }

  get #likeliest(): readonly Variant[] {
    return this.#variants.slice(0, WITNESSES);
  }

  /** Variants, followed or not, after the steps of a trace. */
  #recall(variants: readonly Variant[], trace: readonly ObservedStep[]): readonly Follower[] {
    return variants.map((variant) => {
      const witness = new Follower(variant, this.#place);
      witness.retrace(trace);
      return witness;
    });
  }
}

/** A step that came back. */
type Shown = ObservedStep & { readonly bytes: Uint8Array };
