import { compareMemory } from './compare.js';
import type { PageDiff } from './compare.js';
import type { Place } from './kernel.js';
import { Machine } from './machine.js';
import type { MachineOperation } from './machine.js';
import type { UserEffects, UserOperation } from './mapping/operation.js';
import type { Callback, Effects, Operation } from './operation.js';
import type { FolioEvent, Role } from './roles.js';
import type { Variant } from './variant.js';

/** What a guest showed at one step. */
export interface ObservedStep {
  readonly step: number;
  /** What was done to a folio, or to user memory; neither where code outside the model acted: what it left is taken as it is. */
  readonly op?: Operation;
  readonly user?: readonly UserOperation[];
  /** All struct pages after the step; absent where the guest did not come back from it, or complained. */
  readonly bytes?: Uint8Array;
  /** pgmap references after the step, relative to no live folio. */
  readonly refs: number;
  readonly callbacks: readonly Callback[];
  /** Folios that code outside the model brought to life or freed, in order. */
  readonly folios?: readonly FolioEvent[];
}

export interface VariantFit {
  readonly variant: string;
  /** Steps whose bytes, references, callbacks and end it foretold, each from what the guest held before the step. */
  readonly steps: number;
  /** Pages that it foretold wrongly, over all steps. */
  readonly wrongPages: number;
}

/** A page that no variant foretells from what the guest held before the step. */
export interface UnfitPage {
  readonly step: number;
  readonly page: number;
  /** Under the reading of the page's role after the step; as the best-fitting variant has them. */
  readonly fields: readonly string[];
}

export interface Classification {
  /** Steps that the model could judge. */
  readonly steps: number;
  /** Variants that foretold every one of them, in the order they were given; the oracle names those that it followed. */
  readonly fits: readonly string[];
  /** All variants, best first; the oracle leaves it empty where some variant foretold everything. */
  readonly ranked: readonly VariantFit[];
  /** At most UNFIT_KEPT; empty where some variant fits. */
  readonly unfit: readonly UnfitPage[];
}

/** Pages that fit no variant and are named; the first ones say it. */
const UNFIT_KEPT = 16;

/** Whether a step went as a machine has it; a warning it foretells may be one that the kernel prints once. */
function agreesBeside(machine: Machine, effects: Effects, seen: ObservedStep): boolean {
  if (seen.bytes === undefined) return machine.stopped || effects.warnings.length > 0;
  return (
    effects.crash === undefined &&
    effects.hang === undefined &&
    effects.refs === seen.refs &&
    sameCallbacks(effects.callbacks, seen.callbacks)
  );
}

/** Whether the driver was told the same in the same order. */
export function sameCallbacks(one: readonly Callback[], other: readonly Callback[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ fn, pfn, order, tail }, i) => {
      const two = other[i];
      return fn === two?.fn && pfn === two.pfn && order === two.order && (tail ?? -1) === (two.tail ?? -1);
    })
  );
}

/** The operations of one step; effects of all of them together, as far as the machine came. */
export function applyAll(machine: Machine, ops: readonly MachineOperation[], step: number): UserEffects {
  const callbacks: Callback[] = [];
  let effects: UserEffects = { callbacks, refs: machine.refs, warnings: [] };
  for (const op of ops) {
    if (machine.stopped) break;
    const one = machine.apply(op, step);
    callbacks.push(...one.callbacks);
    effects = { ...effects, ...one, callbacks, warnings: [...effects.warnings, ...one.warnings] };
  }
  return effects;
}

/**
 * Does what a step did.
 * @returns undefined where the machine cannot say what comes of the step: it was done by code outside the model, or on user
 * memory whose page tables are not known any more
 */
export function foretell(machine: Machine, { op, user, bytes, step }: ObservedStep): UserEffects | undefined {
  if (op) return machine.apply(op, step);
  if (!user || !bytes || !machine.followsUser) return undefined;
  const effects = applyAll(machine, user, step);
  machine.bind(bytes);
  return effects;
}

/** What code outside the model has left is taken as it is. */
export function adopt(machine: Machine, { bytes, refs, folios = [], step }: ObservedStep): void {
  machine.roles.follow(folios);
  if (bytes) machine.resync(bytes, refs, step);
}

function differing(place: Place, machine: Machine, bytes: Uint8Array): PageDiff[] {
  const roleOf = (page: number): Role => machine.roles.role(page);
  return compareMemory(place.layout, machine.bytes, bytes, roleOf);
}

interface Candidate {
  readonly variant: string;
  readonly machine: Machine;
  steps: number;
  wrongPages: number;
}

/**
 * Where no variant explains a whole case: every step by every variant, each from what the guest held before it, so that
 * one step that fits none does not count against what comes after it.
 * @param variants candidates, likeliest first
 */
export function classifyByStep(
  place: Place,
  trace: readonly ObservedStep[],
  variants: readonly Variant[],
): Classification {
  const steps = trace.filter(({ op, user }) => op ?? user).length;
  const candidates: Candidate[] = variants.map((variant) => ({
    variant: variant.id,
    machine: new Machine(variant, place),
    steps: 0,
    wrongPages: 0,
  }));
  /** Per step with wrong pages in every variant: the pages, and each variant's reading of them. */
  const wrong: { step: number; byVariant: Map<string, PageDiff[]> }[] = [];
  for (const seen of trace) {
    const byVariant = new Map<string, PageDiff[]>();
    for (const candidate of candidates) {
      const { machine } = candidate;
      const effects = foretell(machine, seen);
      if (effects) {
        // Past what the model has, a variant says nothing of the bytes.
        const pages = seen.bytes && !effects.foreign ? differing(place, machine, seen.bytes) : [];
        if (agreesBeside(machine, effects, seen) && pages.length === 0) candidate.steps += 1;
        candidate.wrongPages += pages.length;
        byVariant.set(candidate.variant, pages);
      }
      // Page tables that a variant is wrong about, or that code outside the model changed, are not the guest's any more.
      const right = byVariant.get(candidate.variant)?.length === 0 && !machine.stopped;
      if (!seen.op && !right) machine.forgetUser();
      adopt(machine, seen.user && right ? { ...seen, folios: [] } : seen);
    }
    wrong.push({ step: seen.step, byVariant });
  }
  const order = candidates.toSorted((a, b) => b.steps - a.steps || a.wrongPages - b.wrongPages);
  const best = order[0]?.variant ?? '';
  const unfit = wrong.flatMap(({ step, byVariant }) => {
    const all = [...byVariant.values()].map((pages) => new Set(pages.map(({ page }) => page)));
    return (byVariant.get(best) ?? [])
      .filter(({ page }) => all.every((pages) => pages.has(page)))
      .map(({ page, fields }) => ({ step, page, fields: fields.map(({ field }) => field) }));
  });
  return {
    steps,
    fits: candidates
      .filter((one) => steps > 0 && one.steps === steps && one.wrongPages === 0)
      .map(({ variant }) => variant),
    ranked: order.map(({ variant, steps: right, wrongPages }) => ({ variant, steps: right, wrongPages })),
    unfit: unfit.slice(0, UNFIT_KEPT),
  };
}
