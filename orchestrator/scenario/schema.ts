import { z } from 'zod';

/**
 * What a scenario file says: steps in words, what they guard, and what the kernel must have for them. One
 * builder gives two schemas: the strict one that expanded cases are checked with, and the one for editors, in
 * which a number may also be a parameter (`$order`).
 */

/** Order of the largest device-private folio that 7.3 maps (a PMD on x86-64); larger ones are never made. */
export const MAX_ORDER = 9;

const ID = /^[A-Za-z][A-Za-z0-9-]*$/;
/** Case ids become part of test ids: no slash, no space, nothing a glob or a shell would take for its own. */
export const CASE_ID = /^[A-Za-z0-9@,.+=_-]+$/;
const HEX = /^0x[0-9a-fA-F]{1,16}$/;
const NAME = /^[a-z][a-z0-9]*$/;

/** Name of a mapping where a step gives none. */
export const DEFAULT_MAPPING = 'm';
/** Seed of the data pattern where a step gives none. */
export const DEFAULT_SEED = 1;

function build<N extends z.ZodType, B extends z.ZodType>(
  integer: (min: number, max: number) => N,
  bool: () => B,
) {
  const pfn = integer(0, 1 << 20).describe('Page offset in the chunk of device memory, 0 is the first page');
  const order = integer(0, MAX_ORDER).describe('The folio has 2^order pages');
  const page = integer(0, 1 << 20).describe('Page of the mapping, 0 is the first');
  const name = z.string().regex(NAME).default(DEFAULT_MAPPING).describe('Name of the mapping');
  const how = z.enum(['page', 'folio']).describe('page: as drivers do; folio: by cast, never page_folio()');

  const op = {
    init: z
      .strictObject({
        pfn,
        order,
        unlock: z
          .enum(['none', 'page', 'folio'])
          .default('page')
          .describe('How the lock that zone_device_page_init() leaves is dropped; none keeps it'),
        rmappable: bool()
          .describe('folio_set_large_rmappable() as zone_device_folio_init() does (default yes)')
          .optional(),
        zdd: z
          .string()
          .regex(HEX)
          .describe('zone_device_data that the driver sets after the init')
          .optional(),
      })
      .describe('zone_device_page_init(): a folio comes to life at a chosen place and order'),
    unlock: z.strictObject({ pfn, how: how.default('page') }).describe('Drop the folio lock kept by an init'),
    free: z
      .strictObject({ pfn, how: how.default('page') })
      .describe('Drop the last reference: put_page() or folio_put()'),
    poke: z
      .strictObject({
        pfn,
        set: z
          .array(z.string().regex(/^PG_\w+$/))
          .min(1)
          .describe('Page flags to set, by name')
          .optional(),
        field: z.string().describe('Field of struct page by name, for example page.memcg_data').optional(),
        byte: integer(0, 63).describe('First byte in the 64-byte struct page').optional(),
        size: z.literal([1, 2, 4, 8]).describe('Bytes to write at `byte`').optional(),
        value: z.string().regex(HEX).describe('What to write, for `field` and `byte`').optional(),
      })
      .describe(
        'Write into a struct page behind the kernel’s back, to stand for what other code could have left',
      ),
    mmap: z
      .strictObject({
        name,
        pages: integer(1, 1 << 16),
        thp: bool().describe('2 MiB aligned and MADV_HUGEPAGE').optional(),
      })
      .describe('Anonymous memory of the test process'),
    fill: z
      .strictObject({ name, seed: integer(0, 0xffffffff).default(DEFAULT_SEED as never) })
      .describe('Write a pattern that differs in every page'),
    migrate: z
      .strictObject({ name, to: z.array(z.strictObject({ page, pfn, order })).min(1) })
      .describe('migrate_vma_setup/pages/finalize to chosen device pages; order 0 or 9'),
    touch: z
      .strictObject({ name, page, pages: integer(1, 1 << 16).default(1 as never), write: bool().optional() })
      .describe('CPU access; pages on the device come back by fault'),
    verify: z
      .strictObject({ name })
      .describe('Read every page that is still mapped and compare with the pattern'),
    munmap: z
      .strictObject({ name, page: page.optional(), pages: integer(1, 1 << 16).optional() })
      .describe('Unmap all, or `pages` pages from `page` on'),
  };

  const expect = z
    .strictObject({
      refused: z
        .string()
        .regex(/^E[A-Z]+$/)
        .describe('The request must be refused with this errno and change nothing')
        .optional(),
      migrated: integer(0, 1 << 16)
        .describe('migrate: pages that must have moved; default all')
        .optional(),
      device: integer(0, 1 << 16)
        .describe('Pages of the mapping that are on the device after the step')
        .optional(),
    })
    .describe('What must come of this step beyond the rules that hold for every step');

  const step = z
    .strictObject({
      init: op.init.optional(),
      unlock: op.unlock.optional(),
      free: op.free.optional(),
      poke: op.poke.optional(),
      mmap: op.mmap.optional(),
      fill: op.fill.optional(),
      migrate: op.migrate.optional(),
      touch: op.touch.optional(),
      verify: op.verify.optional(),
      munmap: op.munmap.optional(),
      expect: expect.optional(),
      note: z.string().describe('For the reader; shown beside the step').optional(),
    })
    .describe('Exactly one operation');

  const steps = z.array(step).min(1);
  const scalar = z.union([z.number(), z.string(), z.boolean()]);
  const scenario = z.strictObject({
    id: z.string().regex(ID).describe('Stable; equals the file name without .yaml'),
    title: z.string().min(1),
    guards: z.string().min(1).describe('What goes wrong in the kernel when this fails'),
    origin: z.string().min(1).describe('Where the scenario comes from: a thread, a commit, a report'),
    requires: z
      .strictObject({
        config: z
          .array(z.string().regex(/^[A-Z0-9_]+$/))
          .describe('Options without CONFIG_, each must be set')
          .default([]),
        features: z.array(z.enum(['poke', 'migrate', 'thp'])).default([]),
      })
      .prefault({})
      .describe('Not met: the case is skipped with the reason'),
    carryOn: z
      .boolean()
      .describe('Go on after a deviation, to reach the crash or hang that it leads to; all of it is reported')
      .default(false),
    deadlineMs: z.number().int().min(100).default(30_000).describe('For one case, all steps together'),
    cases: z
      .array(
        z.strictObject({
          id: z.string().regex(CASE_ID),
          with: z.record(z.string().regex(NAME), scalar).describe('Values for $name in the steps').optional(),
          steps: steps.describe('Instead of the steps of the scenario').optional(),
        }),
      )
      .min(1)
      .optional(),
    product: z
      .strictObject({
        id: z.string().describe('Case id with $name in it, for example $order@0'),
        over: z.record(z.string().regex(NAME), z.array(scalar).min(1)),
      })
      .describe('One case for each combination')
      .optional(),
    generate: z
      .enum(['pairs'])
      .describe('pairs: all ordered pairs of orders 0 to 9 at overlapping offsets, as $k1 $o1 $k2 $o2')
      .optional(),
    steps: steps.optional(),
  });
  return { scenario, step };
}

const concrete = build(
  (min, max) => z.number().int().min(min).max(max),
  () => z.boolean(),
);
const PARAMETER = z.string().regex(/^\$[a-z][a-z0-9]*$/);
const editor = build(
  (min, max) => z.union([z.number().int().min(min).max(max), PARAMETER]),
  () => z.union([z.boolean(), PARAMETER]),
);

/** A scenario file whose parameters have been put in. */
export const ScenarioFile = concrete.scenario;
export type ScenarioFile = z.infer<typeof ScenarioFile>;
/** A scenario file as written, for editors. */
export const EditorScenario = editor.scenario;

export const Step = concrete.step;
export type Step = z.infer<typeof Step>;
export type Requirements = ScenarioFile['requires'];
export type StepExpectation = NonNullable<Step['expect']>;

const OPERATIONS = [
  'init',
  'unlock',
  'free',
  'poke',
  'mmap',
  'fill',
  'migrate',
  'touch',
  'verify',
  'munmap',
] as const;
export type OperationName = (typeof OPERATIONS)[number];
/** The one operation of a step with its arguments. */
export type Action = {
  [K in OperationName]: { readonly op: K; readonly args: NonNullable<Step[K]> };
}[OperationName];

/** Operations named by a step; a right step has exactly one. */
export function operationsOf(step: Step): OperationName[] {
  return OPERATIONS.filter((name) => step[name] !== undefined);
}

/** The operation of a step that has been checked to have exactly one. */
export function actionOf(step: Step): Action {
  for (const op of OPERATIONS) {
    const args = step[op];
    if (args !== undefined) return { op, args } as Action;
  }
  throw new RangeError('a step without an operation came past the check of the file');
}

/** One case, ready to run. */
export interface Case {
  readonly suite: string;
  /** `<suite>/<scenario>[/<case>]`. */
  readonly id: string;
  readonly scenario: string;
  readonly title: string;
  readonly guards: string;
  readonly requires: Requirements;
  /** One of many that were generated; see CrashLedger. */
  readonly generated: boolean;
  /** Go on after a deviation. */
  readonly carryOn: boolean;
  readonly deadlineMs: number;
  readonly steps: readonly Step[];
}
