import { z } from 'zod';
import { NAME, operations } from './operations.js';

export { DEFAULT_MAPPING, DEFAULT_SEED, MAX_ORDER } from './operations.js';

/**
 * What a scenario file says: steps in words, what they guard, and what the kernel must have for them. One
 * builder gives two schemas: the strict one that expanded cases are checked with, and the one for editors, in
 * which a number may also be a parameter (`$order`).
 */

const ID = /^[A-Za-z][A-Za-z0-9-]*$/;
/** Case ids become part of test ids: no slash, no space, nothing a glob or a shell would take for its own. */
export const CASE_ID = /^[A-Za-z0-9@,.+=_-]+$/;

function build<N extends z.ZodType, B extends z.ZodType>(
  integer: (min: number, max: number) => N,
  bool: () => B,
) {
  const op = operations(integer, bool);
  const pfn = integer(0, 1 << 20);

  const expect = z
    .strictObject({
      refused: z
        .string()
        .regex(/^E[A-Z]+$/)
        .describe('The request must be refused with this errno and change nothing')
        .optional(),
      migrated: integer(0, 1 << 16)
        .describe('migrate, back, evict: pages that must have moved; default of migrate: all')
        .optional(),
      collected: z
        .array(pfn)
        .describe('evict: first pages of the folios that the scan must have collected, all of them')
        .optional(),
      signal: z.enum(['SIGSEGV', 'SIGBUS']).describe('The access must end in this signal').optional(),
      charged: integer(0, 1 << 16)
        .describe('cgroup: pages that the groups of the scenario are charged for, those removed included')
        .optional(),
      writable: integer(0, 1 << 16)
        .describe('hmm: pages that the device must be shown as writable, all of them')
        .optional(),
      device: integer(0, 1 << 16)
        .describe('Pages of the mapping that are on the device after the step')
        .optional(),
      swapped: integer(0, 1 << 16)
        .describe('Pages of the mapping that are swapped out after the step')
        .optional(),
      restored: integer(0, 1 << 16)
        .describe('Pages that came back from swap as ones of the working set, since swap is on')
        .optional(),
      cached: integer(0, 1 << 16)
        .describe('Pages in the swap cache after the step, whose they may be')
        .optional(),
    })
    .describe('What must come of this step beyond the rules that hold for every step');

  const step = z
    .strictObject({
      ...z.strictObject(op).partial().shape,
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
        features: z.array(z.enum(['poke', 'migrate', 'thp', 'second', 'coherent', 'swap'])).default([]),
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
    alike: z
      .boolean()
      .describe(
        'Many cases of one kind: once a foretold crash has come twice, cases that would end in it too are skipped',
      )
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
  'reuse',
  'poke',
  'knobs',
  'evict',
  'fork',
  'exit',
  'mmap',
  'fill',
  'migrate',
  'touch',
  'verify',
  'munmap',
  'dontneed',
  'mprotect',
  'populate',
  'race',
  'back',
  'insert',
  'exclusive',
  'hmm',
  'pin',
  'unpin',
  'uffd',
  'cgroup',
  'swap',
  'mremap',
  'madvise',
  'mlock',
  'munlock',
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
  /** One of many of a kind; see CrashLedger. */
  readonly generated: boolean;
  /** Go on after a deviation. */
  readonly carryOn: boolean;
  readonly deadlineMs: number;
  readonly steps: readonly Step[];
}
