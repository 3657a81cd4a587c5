import { z } from 'zod';
import { TestRecord } from '../store/records.js';
import { Target } from './events.js';

/** What `ci bisect --json` prints and `bisect.json` holds. Fields may be added; those that are there keep their meaning. */

const Rate = z.strictObject({
  matches: z.number().int(),
  runs: z.number().int(),
  estimate: z.number(),
  low: z.number(),
  high: z.number(),
});

const Counts = {
  match: z.number().int(),
  pass: z.number().int(),
  other: z.number().int(),
  infra: z.number().int(),
  untestable: z.string().optional(),
  kernelSignature: z.string().optional(),
};

export const BisectPoint = z.strictObject({
  /** Place in the history; 0 is the old end. */
  number: z.number().int(),
  commit: z.string(),
  label: z.string(),
  subject: z.string(),
  author: z.string().optional(),
  messageId: z.string().optional(),
  parents: z.array(z.number().int()),
  /** Of being the culprit; of number 0: that the failure comes everywhere alike. */
  posterior: z.number(),
  ...Counts,
});
export type BisectPoint = z.infer<typeof BisectPoint>;

export const BisectRecord = z.strictObject({
  schemaVersion: z.literal(1),
  toolVersion: z.string(),
  id: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  change: z.enum(['introduced', 'fixed']),
  kind: z.enum(['series', 'range', 'config']),
  title: z.string(),
  profile: z.string(),
  machine: z.strictObject({ name: z.string(), qemuVersion: z.string(), accelerator: z.string() }),
  target: Target.optional(),
  foundBy: z.string().optional(),
  /** The failure as it was first seen. */
  failure: TestRecord.optional(),
  verdict: z.enum([
    'culprit',
    'range',
    'undecided',
    'at both ends',
    'not reproduced',
    'no difference',
    'untestable',
    'infra',
  ]),
  why: z.string().optional(),
  exitCode: z.number().int(),
  /** Numbers of the points that the verdict names. */
  culprits: z.array(z.number().int()),
  /**
   * Of a search between configurations: what the finished .config with the culprits has otherwise than the one before them, as
   * lines of a fragment. An option can bring others along.
   */
  moved: z.array(z.string()).optional(),
  /** Of the culprits together. */
  posterior: z.number(),
  endRate: Rate,
  rate: Rate,
  checks: z.array(
    z.strictObject({
      name: z.enum(['culprit', 'parent', 'cure', 'no-op']),
      result: z.enum(['pass', 'fail', 'could not']),
      /** In words. */
      at: z.array(z.string()),
      wanted: z.number().int(),
      why: z.string(),
    }),
  ),
  points: z.array(BisectPoint),
  /** The new end without a commit, where that was tested. */
  without: z.array(z.strictObject({ commits: z.array(z.number().int()), label: z.string(), ...Counts })),
  /** Failures that came on the way and are not the one looked for. */
  others: z.array(TestRecord),
  cost: z.strictObject({
    runs: z.number().int(),
    kernelsBuilt: z.number().int(),
    /** Time that somebody sat before it, sessions that were broken off included. */
    wallMs: z.number(),
    buildMs: z.number(),
    testMs: z.number(),
    /** Of this program and its children, as far as sessions came to their end. */
    cpuMs: z.number(),
    /** Everything that had to wait for what went before it: the first kernel, and all batches of runs. */
    criticalMs: z.number(),
    /** wall / max(critical path, CPU time / processors) */
    ratio: z.number(),
    processors: z.number().int(),
  }),
  /** As `git bisect log` prints it; `git bisect replay` takes it. Empty where the points are no commits, as `replayIn` is. */
  gitBisectLog: z.string(),
  replayIn: z.string(),
  notes: z.array(z.string()),
});
export type BisectRecord = z.infer<typeof BisectRecord>;
