import type { Deviation as ModelDeviation } from '../model/deviation.js';
import type { PageDiff } from '../model/compare.js';
import type { Place } from '../model/kernel.js';
import { Machine } from '../model/machine.js';
import { parseLayout } from '../model/layout.js';
import { MAIN_PROCESS } from '../model/mapping/operation.js';
import type { UserOperation } from '../model/mapping/operation.js';
import { Oracle as ModelOracle } from '../model/oracle.js';
import type { Fit } from '../model/oracle.js';
import type { Effects } from '../model/operation.js';
import { LIKELY_VARIANTS } from '../model/variants.js';
import type { Variant } from '../model/variant.js';
import type { Deviation, ModelFit } from '../store/records.js';
import { readField } from './chunk.js';
import type { ModelOp, Oracle, OracleRun } from './oracle.js';
import type { ReadyHello } from './protocol.js';
import { addressesOf } from './page-maps.js';
import { userOpsOf } from './user-op.js';
import { answerDifferences, placeDifferences } from './user-prediction.js';

/** Variants whose first difference is told field by field; of the others, that they differ. */
const VARIANTS_TOLD = 2;

/** Fields of a misprediction that a report names; the first ones say it. */
const FIELDS_SHOWN = 4;

/**
 * The reference model as oracle: its contract gives the verdict, what its variants foretell is evidence.
 * @param variants variants of zone_device_page_init() to compare with, likeliest first; default those of the model
 * @throws LayoutError from start() where the model does not know the kernel's layout
 */
export function modelOracle(variants: readonly Variant[] = LIKELY_VARIANTS): Oracle {
  const candidates = new Candidates(variants);
  const places = new Places();
  return {
    start: (hello, pristine) => new Run(hello, places.of(hello, pristine), pristine, candidates),
    foretell: (hello, pristine, ops, bytes) => {
      const place = places.of(hello, pristine);
      const ruledOut = candidates.ruledOut();
      const left = variants.filter(({ id }) => !ruledOut.has(id));
      return left.flatMap((variant) => {
        const machine = new Machine(variant, place);
        if (bytes) machine.resync(bytes, 0);
        for (const op of ops) {
          const effects = machine.apply(op);
          const end = endOf(effects);
          // A free that crashes comes after an init that left deviations, at which the case stops.
          if (end !== undefined) return op.op === 'init' ? [{ variant: variant.id, end }] : [];
          if (effects.foreign !== undefined) return [];
        }
        return [];
      });
    },
  };
}

/**
 * Where the chunk of a guest lies.
 * @param pristine its struct pages as `reset` leaves them; without them the flags of a fresh page are the layout's
 * @throws LayoutError where the model does not know the kernel's layout
 */
export function placeOf(hello: ReadyHello, pristine?: Uint8Array): Place {
  const freshFlags = pristine && readField(pristine, hello, 0, 'page.flags');
  return {
    layout: parseLayout(hello.layout),
    ...addressesOf(hello.chunk),
    ...(freshFlags === undefined ? {} : { freshFlags }),
  };
}

/** The place of each guest: read once, since every case in it begins there. */
class Places {
  readonly #known = new WeakMap<ReadyHello, { readonly pristine: Uint8Array; readonly place: Place }>();

  of(hello: ReadyHello, pristine: Uint8Array): Place {
    const known = this.#known.get(hello);
    if (known?.pristine === pristine) return known.place;
    const place = placeOf(hello, pristine);
    this.#known.set(hello, { pristine, place });
    return place;
  }
}

/** What the cases of one kernel have shown of the variants so far. */
class Candidates {
  readonly variants: readonly Variant[];
  readonly #wrong = new Set<string>();

  constructor(variants: readonly Variant[]) {
    this.variants = variants;
  }

  /**
   * While some variant is right in every case, one that was wrong in any is not this kernel's: nobody need follow it.
   * Where none is, all are followed everywhere.
   */
  ruledOut(): ReadonlySet<string> {
    return this.variants.every(({ id }) => this.#wrong.has(id)) ? new Set() : new Set(this.#wrong);
  }

  note(misfits: readonly string[]): void {
    for (const id of misfits) this.#wrong.add(id);
  }
}

class Run implements OracleRun {
  readonly #oracle: ModelOracle;
  readonly #candidates: Candidates;
  readonly #variants: readonly string[];
  readonly #told: readonly string[];
  readonly #mispredicted = new Set<string>();
  readonly #hello: ReadyHello;
  /** Pages of each mapping, by process and name. */
  readonly #sizes = new Map<string, Map<string, number>>([[MAIN_PROCESS, new Map()]]);
  #begun = false;

  constructor(hello: ReadyHello, place: Place, pristine: Uint8Array, candidates: Candidates) {
    const { variants } = candidates;
    this.#hello = hello;
    this.#candidates = candidates;
    this.#oracle = new ModelOracle(place, pristine, variants, candidates.ruledOut());
    this.#variants = variants.map((variant) => variant.id);
    this.#told = this.#variants.slice(0, VARIANTS_TOLD);
  }

  get misfits(): readonly string[] {
    return this.#variants.filter((id) => !this.#oracle.fitting.includes(id));
  }

  classify(): ModelFit | undefined {
    const { steps, fits, ranked, unfit } = this.#oracle.classify();
    if (steps === 0) return undefined;
    this.#candidates.note(this.misfits);
    const [best] = ranked;
    return {
      steps,
      fits: [...fits],
      ...(best === undefined ? {} : { best: { variant: best.variant, steps: best.steps } }),
      unfit: unfit.map(({ step, page, fields }) => ({ step, page, fields: [...fields] })),
    };
  }

  judge: OracleRun['judge'] = (step, op, { after, refs, callbacks }) => {
    const before = this.#rolesOf(op);
    const { deviations, fits } = this.#oracle.observe(op, step, {
      bytes: after,
      refs,
      callbacks: callbacks as readonly ModelCallback[],
    });
    const evidence = this.#tell(step, fits);
    return { deviations: deviations.map((one) => withRole(toRecord(one), before)), evidence };
  };

  /** Lines about the variants that are wrong for the first time. */
  #tell(step: number, fits: readonly Fit[]): string[] {
    const evidence: string[] = [];
    const others: string[] = [];
    for (const { variant, differing, agrees, effects } of fits) {
      if (agrees || this.#mispredicted.has(variant)) continue;
      this.#mispredicted.add(variant);
      const end = endOf(effects);
      const what = differing.length > 0 ? differences(differing) : (end ?? 'other references or callbacks');
      if (!this.#told.includes(variant)) others.push(variant);
      else evidence.push(`the model's variant ${variant} differs from step ${step} on: ${what}`);
    }
    if (others.length > 0)
      evidence.push(`the model's variants ${others.join(', ')} differ from step ${step} on`);
    return evidence;
  }

  /** Roles of the pages that an init takes, as they are before it. */
  #rolesOf(op: ModelOp): ReadonlyMap<number, string> {
    const roles = new Map<number, string>();
    if (op.op !== 'init') return roles;
    for (let page = op.pfn; page < op.pfn + 2 ** op.order; page += 1)
      roles.set(page, this.#oracle.roles.role(page));
    return roles;
  }

  lost: OracleRun['lost'] = (step, op) => {
    const all = this.#oracle.lost(op, step);
    const told = all.filter(
      ({ variant }) => this.#told.includes(variant) || this.#oracle.fitting.includes(variant),
    );
    return {
      foretold: all.flatMap(({ variant, effects }) => {
        const end = endOf(effects);
        return end === undefined ? [] : [{ variant, end }];
      }),
      evidence: told.map(
        ({ variant, effects }) => `the model's variant ${variant} foretells: ${describe(effects)}`,
      ),
    };
  };

  follow: OracleRun['follow'] = (step, { request, reply, after, refs, callbacks, folios, maps }) => {
    const seen = { bytes: after, refs, callbacks: callbacks as readonly ModelCallback[] };
    const sizes = (process = MAIN_PROCESS): Map<string, number> | undefined => this.#sizes.get(process);
    const ops = userOpsOf(request, reply, this.#hello, (mapping, process) => sizes(process)?.get(mapping));
    for (const op of ops ?? []) {
      if (op.op === 'mmap') sizes()?.set(op.name, op.pages);
      if (op.op === 'fork') this.#sizes.set(op.child, new Map(sizes(op.parent)));
    }
    if (!ops) {
      this.#oracle.resync(step, seen, folios);
      return [
        `the model has no words for ${request.op} (step ${step}): user memory is not foretold from here on`,
      ];
    }
    const driver: readonly UserOperation[] =
      this.#begun || this.#hello.folio_split !== false ? [] : [{ op: 'knobs', split: 'absent' }];
    this.#begun = true;
    const fits = this.#oracle.observeUser([...driver, ...ops], step, seen, folios);
    const evidence = this.#tell(step, fits);
    const right = fits.find(({ fits: all }) => all);
    const user = right && this.#oracle.userOf(right.variant);
    if (!right || !user) return evidence;
    const wrong = [
      ...answerDifferences(right.effects, reply),
      ...maps.flatMap(({ name: of, process, runs }) => placeDifferences(user, of, process, runs)),
    ];
    return wrong.length === 0
      ? evidence
      : [...evidence, `the model's variant ${right.variant} differs in step ${step}: ${wrong.join('; ')}`];
  };
}

/**
 * Bytes that came from outside the model have no writer with a role, so their transition starts at `fresh`; what
 * the page was before the step is known all the same, and known issues are matched by it.
 */
function withRole(deviation: Deviation, before: ReadonlyMap<number, string>): Deviation {
  const { page, transition } = deviation;
  const role = page === undefined ? undefined : before.get(page);
  if (role === undefined || transition === undefined || !transition.startsWith('fresh→')) return deviation;
  return { ...deviation, transition: `${role}→${transition.slice('fresh→'.length)}` };
}

/** The model knows one callback; others that a guest may report are for it to find wrong. */
type ModelCallback = Effects['callbacks'][number];

function toRecord({ pages, width: _width, ...deviation }: ModelDeviation): Deviation {
  if (pages === undefined || pages <= 1) return deviation;
  return { ...deviation, pages, story: `${deviation.story} (${pages} pages in a row alike)` };
}

/** The crash or hang that an operation ends in. */
function endOf({ crash, hang }: Effects): string | undefined {
  // The pages in the words on a hang are those of the case; the line is what repeats.
  if (crash) return `a crash, ${crash.why} (${crash.line})`;
  return hang ? `a hang (${hang.line})` : undefined;
}

function describe(effects: Effects): string {
  const { hang, foreign, warnings } = effects;
  const end = endOf(effects);
  if (hang) return `a hang, ${hang.why} (${hang.line})`;
  if (end !== undefined) return end;
  if (foreign) return `anything, ${foreign.why} (${foreign.line})`;
  const [warning] = warnings;
  return warning ? `a warning, ${warning.why} (${warning.line})` : 'no crash, no hang';
}

function differences(pages: readonly PageDiff[]): string {
  const fields = pages.flatMap(({ page, fields: diffs }) =>
    diffs.map(
      ({ byte, field, want, have }) =>
        `page ${page} byte ${byte} ${field} 0x${want.toString(16)}, guest 0x${have.toString(16)}`,
    ),
  );
  return fields.slice(0, FIELDS_SHOWN).join('; ') + (fields.length > FIELDS_SHOWN ? '; …' : '');
}
