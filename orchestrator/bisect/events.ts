import { z } from 'zod';
import { TestRecord } from '../store/records.js';
import { BisectOptions } from './options.js';

/** The journal of a bisect, one line an event; `--resume` goes on from what it says. `t` is milliseconds since the epoch. */

const Place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('commit'), commit: z.number().int() }),
  z.strictObject({ kind: z.literal('without'), commits: z.array(z.number().int()).readonly() }),
]);

/** One failing test of a run, by every name that its failure has. */
export const Failed = z.strictObject({ test: z.string(), keys: z.array(z.string()) });
export type Failed = z.infer<typeof Failed>;

/** The failure that is looked for: a test, and keys that say it is the same failure; `*` stands for anything. */
export const Target = z.strictObject({
  test: z.string(),
  keys: z.array(z.string()).min(1),
  /** Where the end that fails shows more of them in turn: those of the first failure. */
  first: z.array(z.string()).optional(),
});
export type Target = z.infer<typeof Target>;

export const BisectEvent = z.discriminatedUnion('type', [
  z.strictObject({
    t: z.number(),
    type: z.literal('start'),
    toolVersion: z.string(),
    options: BisectOptions,
    /** Ids in the order of their numbers: a resumed bisect must find the same. */
    commits: z.array(z.string()),
    costs: z.strictObject({ buildSeconds: z.number(), runSeconds: z.number(), lanes: z.number().int() }),
  }),
  z.strictObject({ t: z.number(), type: z.literal('resume') }),
  z.strictObject({
    t: z.number(),
    type: z.literal('target'),
    target: Target,
    /** How the target was found, one phrase. */
    foundBy: z.string(),
    /** The failure as it was first seen. */
    record: TestRecord.optional(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('built'),
    at: Place,
    status: z.enum(['built', 'cached']),
    signature: z.string(),
    ms: z.number(),
    /** For a test run, or because it was likely to be needed next. */
    ahead: z.boolean(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('untestable'),
    at: Place,
    why: z.string(),
    ms: z.number(),
  }),
  z.strictObject({
    t: z.number(),
    type: z.literal('run'),
    at: Place,
    purpose: z.string(),
    failed: z.array(Failed),
    /** Tests that came to a result. */
    ran: z.number().int(),
    /** Why the test does not apply to this kernel. */
    skipped: z.string().optional(),
    /** What went wrong on our side. */
    trouble: z.string().optional(),
    ms: z.number(),
  }),
  /** A failure whose key nobody had seen before, in full. */
  z.strictObject({ t: z.number(), type: z.literal('seen'), at: Place, record: TestRecord }),
  /** A batch of runs with all that it waited for. */
  z.strictObject({ t: z.number(), type: z.literal('batch'), waitedMs: z.number(), testMs: z.number() }),
  z.strictObject({ t: z.number(), type: z.literal('end'), cpuMs: z.number(), answered: z.boolean() }),
]);
export type BisectEvent = z.infer<typeof BisectEvent>;
