import { z } from 'zod';

/**
 * The shapes other programs read: `run.json` and the lines of `events.jsonl`. Everything a report shows comes
 * from these. Fields named in DESIGN (Contracts) are stable; others may grow.
 */

export const FailureKind = z.enum([
  'stale-field',
  'wrong-head',
  'refcount',
  'leak',
  'counter',
  'data',
  'permission',
  'splat',
  'hang',
  'boot',
]);
export type FailureKind = z.infer<typeof FailureKind>;

export const TestVerdict = z.enum(['pass', 'fail', 'flaky', 'known', 'skip', 'error']);
export type TestVerdict = z.infer<typeof TestVerdict>;

export const PointVerdict = z.enum(['good', 'bad', 'skip', 'infra']);
export type PointVerdict = z.infer<typeof PointVerdict>;

/** Who wrote the bytes of a deviation last, as far as the model knows. */
export const Writer = z.strictObject({
  /** 0: before the first step. */
  step: z.number().int(),
  /** Kernel function. */
  fn: z.string(),
  /** The folio that the step was about, and the page's role in it then. */
  pfn: z.number().int().optional(),
  order: z.number().int().optional(),
  role: z.string(),
});
export type Writer = z.infer<typeof Writer>;

/** One difference between what the contract demands and what the guest holds. */
export const Deviation = z.strictObject({
  kind: FailureKind,
  /** Step of the scenario, counted from 1. */
  step: z.number().int(),
  /** Page offset in the chunk; absent where the deviation is not about a page (a counter). */
  page: z.number().int().optional(),
  /** Pages in a row from `page` on that deviate alike; absent for one. */
  pages: z.number().int().optional(),
  /** First byte in the 64-byte struct page. */
  byte: z.number().int().optional(),
  /** Field under the reading of the page's present role, and as its last writer meant it. */
  field: z.string(),
  writtenAs: z.string().optional(),
  writer: Writer.optional(),
  /** Role the page had before and has now, for example `tail1` to `order0`. */
  transition: z.string().optional(),
  expected: z.string(),
  found: z.string(),
  /** Bits that differ, as a hex number, where both are numbers of the field's width. */
  mask: z.string().optional(),
  /** One sentence for a reader: who wrote it, what reads it. */
  story: z.string().optional(),
  /** Id of the known issue that covers it. */
  known: z.string().optional(),
});
export type Deviation = z.infer<typeof Deviation>;

export const Splat = z.strictObject({
  title: z.string(),
  altTitles: z.array(z.string()).default([]),
  frames: z.array(z.string()),
  corrupted: z.boolean(),
  text: z.string(),
  fields: z.record(z.string(), z.string()).default({}),
});
export type Splat = z.infer<typeof Splat>;

/** How the variants of the reference model explain what the guest showed in a test. */
export const ModelFit = z.strictObject({
  /** Steps that the model could judge. */
  steps: z.number().int(),
  /** Variants that foretold every one of them, likeliest first. */
  fits: z.array(z.string()),
  /** Where none did: the one that foretold most steps, each from what the guest held before it. */
  best: z.strictObject({ variant: z.string(), steps: z.number().int() }).optional(),
  /** Pages that no variant foretells, the first ones. */
  unfit: z
    .array(z.strictObject({ step: z.number().int(), page: z.number().int(), fields: z.array(z.string()) }))
    .default([]),
});
export type ModelFit = z.infer<typeof ModelFit>;

export const TestRecord = z.strictObject({
  /** Stable: `<suite>/<scenario>[/<case>]`, for example `mixed-order/A2/9@0,4@16`. */
  id: z.string(),
  suite: z.string(),
  verdict: TestVerdict,
  kind: FailureKind.optional(),
  /** Equal for the same failure at other points and in other runs. */
  failureKey: z.string().optional(),
  /** Times run at this point and how many of them failed with `failureKey`. */
  runs: z.number().int(),
  matches: z.number().int(),
  /** One line: why it failed, was skipped, or is known. */
  reason: z.string().optional(),
  deviations: z.array(Deviation).default([]),
  splats: z.array(Splat).default([]),
  /** What somebody said of this failure who looked at it: it is listed, and held against nobody. */
  triaged: z
    .strictObject({
      as: z.enum(['unrelated', 'invalid']),
      reason: z.string(),
      link: z.string(),
      expires: z.string(),
    })
    .optional(),
  /** Absent where the model could judge no step. */
  model: ModelFit.optional(),
  /** Paths below the run directory, or lines of text: what a reader can look at. */
  evidence: z.array(z.string()).default([]),
  durationMs: z.number(),
  /** Taken over from an earlier run of the same kernel, suite and machine. */
  reused: z.boolean().default(false),
});
export type TestRecord = z.infer<typeof TestRecord>;

export const BuildRecord = z.strictObject({
  status: z.enum(['built', 'cached', 'failed', 'not-applied', 'not-run']),
  durationMs: z.number(),
  /** First error line of the compiler, or git's words. */
  error: z.string().optional(),
  log: z.string().optional(),
  compiler: z.string().optional(),
  configHash: z.string().optional(),
  /** Lines of the kernel's configuration that differ from the base's, where its code is what asks for it. */
  configDiffers: z.array(z.string()).optional(),
});
export type BuildRecord = z.infer<typeof BuildRecord>;

export const PointRecord = z.strictObject({
  /** 0 is the base, n the tree after patch n. */
  index: z.number().int(),
  commit: z.string(),
  subject: z.string(),
  patchId: z.string().optional(),
  /** Of the mail that has the patch. */
  messageId: z.string().optional(),
  /** SHA256 of the mail that has the patch, in hex; absent for a commit, and in older runs. */
  patchSha256: z.string().optional(),
  verdict: PointVerdict,
  /** One line: why. */
  reason: z.string(),
  kernelSignature: z.string().optional(),
  /** Index of the earlier point with the same signature, whose verdict this point inherits. */
  inheritedFrom: z.number().int().optional(),
  build: BuildRecord,
  /** Wall time of booting and testing, in milliseconds; tests overlap, so that theirs add up to more. Absent where none ran. */
  testMs: z.number().optional(),
  tests: z.array(TestRecord),
  splats: z.array(Splat),
  notCompiled: z.array(z.string()),
});
export type PointRecord = z.infer<typeof PointRecord>;

export const SummaryEntry = z.strictObject({
  test: z.string(),
  point: z.number().int(),
  failureKey: z.string(),
});
export type SummaryEntry = z.infer<typeof SummaryEntry>;

export const Summary = z.strictObject({
  introduced: z.array(SummaryEntry),
  fixed: z.array(SummaryEntry),
  stillFailing: z.array(SummaryEntry),
  flaky: z.array(SummaryEntry),
  known: z.array(SummaryEntry),
  /** Failures that somebody said are not the doing of the series; absent where there are none. */
  triaged: z.array(SummaryEntry).optional(),
});
export type Summary = z.infer<typeof Summary>;

/** What the user asked for, as far as results depend on it. Names of files are without their folders. */
export const AskedFor = z.strictObject({
  suites: z.array(z.string()),
  /** Glob over test ids; absent: every test. */
  test: z.string().optional(),
  points: z.enum(['all', 'ends']),
  repeat: z.number().int(),
  /** Version of the managed source; absent where the user named a tree. */
  source: z.string().optional(),
  fragments: z.array(z.string()),
  makeOptions: z.array(z.string()),
  /** Options by which the configuration that was asked for differs from profile default, for each profile. */
  config: z.array(z.strictObject({ profile: z.string(), differs: z.array(z.string()) })),
});
export type AskedFor = z.infer<typeof AskedFor>;

export const RunRecord = z.strictObject({
  schemaVersion: z.literal(1),
  toolVersion: z.string(),
  id: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  series: z
    .strictObject({
      source: z.string(),
      title: z.string(),
      version: z.number().int(),
      patches: z.number().int(),
      /** Of the mail that introduces it, the cover letter or the first patch: its subject with all marks, its sender. */
      messageId: z.string().optional(),
      subject: z.string().optional(),
      author: z.string().optional(),
    })
    .optional(),
  base: z.strictObject({ commit: z.string(), describe: z.string(), foundBy: z.string(), tree: z.string() }),
  profiles: z.array(z.string()),
  /** Absent in runs of older versions of the program. */
  askedFor: AskedFor.optional(),
  machine: z.strictObject({ name: z.string(), qemuVersion: z.string(), argv: z.array(z.string()) }),
  accelerator: z.strictObject({ name: z.enum(['kvm', 'tcg']), why: z.string() }),
  seed: z.string(),
  /** Said to the user beside the verdicts: patches left out, a stand-in for the source, expired known issues. */
  notes: z.array(z.string()).default([]),
  points: z.array(PointRecord),
  summary: Summary,
  /** Milliseconds per station, for example `build`, `guest`, `source`. */
  timings: z.record(z.string(), z.number()),
  verdict: PointVerdict,
  exitCode: z.number().int(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/**
 * Pages in a row whose struct pages a step changed alike. Words of 32 bits, by their first byte in the struct page: the value
 * in the first page, and what each page after it has more than the one before, where that is not 0.
 */
export const PageRow = z.strictObject({
  page: z.number().int(),
  /** Pages in the row; absent for one. */
  pages: z.number().int().optional(),
  words: z.record(z.string(), z.union([z.tuple([z.number()]), z.tuple([z.number(), z.number()])])),
});
export type PageRow = z.infer<typeof PageRow>;

/** What the agent of a guest says of the kernel under it: where the chunk lies, and where each field of a struct page. */
export const GuestFacts = z.strictObject({
  kernel: z.string(),
  chunk: z.strictObject({
    pages: z.number().int(),
    pfn: z.string(),
    vmemmap: z.string(),
    pgmap: z.string(),
    /** First page of the second device, and its page map; absent where there is none. */
    second: z.number().int().optional(),
    second_pgmap: z.string().optional(),
  }),
  /** As the agent's hello message has it. */
  layout: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Flags word of a fresh page, hex. */
  freshFlags: z.string(),
});
export type GuestFacts = z.infer<typeof GuestFacts>;

/** A line of events.jsonl. `t` is milliseconds since the epoch. */
export const Event = z.discriminatedUnion('type', [
  z.strictObject({ t: z.number(), type: z.literal('run-start'), run: RunRecord }),
  z.strictObject({
    t: z.number(),
    type: z.literal('station'),
    name: z.string(),
    phase: z.enum(['start', 'end']),
    point: z.number().int().optional(),
    detail: z.string().optional(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('point-built'),
    index: z.number().int(),
    build: BuildRecord,
    kernelSignature: z.string().optional(),
    notCompiled: z.array(z.string()),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('test-start'),
    point: z.number().int(),
    id: z.string(),
    suite: z.string(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('step'),
    point: z.number().int(),
    id: z.string(),
    step: z.number().int(),
    op: z.record(z.string(), z.unknown()),
    reply: z.record(z.string(), z.unknown()),
    /** Struct pages that the step changed, as they are after it; absent where the guest did not answer. */
    pages: z.array(PageRow).optional(),
    /** Changed pages that are not in `pages`: there were too many rows. */
    pagesLeftOut: z.number().int().optional(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('guest'),
    point: z.number().int(),
    /** In a run with several profiles: the one of this guest. */
    profile: z.string().optional(),
    guest: GuestFacts,
  }),
  /** Processors of the machine, and how many of them were busy since the sample before, whoever kept them so. */
  z.strictObject({ t: z.number(), type: z.literal('load'), cores: z.number().int(), busy: z.number() }),
  z.strictObject({ t: z.number(), type: z.literal('test-end'), point: z.number().int(), test: TestRecord }),
  z.strictObject({ t: z.number(), type: z.literal('point-end'), point: PointRecord }),
  z.strictObject({
    t: z.number(),
    type: z.literal('run-end'),
    verdict: PointVerdict,
    exitCode: z.number().int(),
    summary: Summary,
    timings: z.record(z.string(), z.number()),
  }),
]);
export type Event = z.infer<typeof Event>;
