import { z } from 'zod';

/** What the user asked of one `ci bisect`, checked and with the defaults filled in; it is kept in the journal, for `--resume`. */
export const BisectOptions = z.strictObject({
  /** mbox, directory, `-`, `A..B` or message-id: the search goes through its patches, and the base is the old end. */
  series: z.string().optional(),
  /** Number of the patch that the search ends at, since a later one ends the failure; absent: the last. */
  last: z.number().int().positive().optional(),
  /** Instead of a series: revisions of the tree, the old end first. */
  between: z.tuple([z.string(), z.string()]).optional(),
  /** Instead of commits: two configurations, the old end first; names of profiles, or absolute paths. */
  configs: z.tuple([z.string(), z.string()]).optional(),
  tree: z.string().optional(),
  /** Version of the managed source. */
  source: z.string(),
  base: z.string().optional(),
  /** Glob over test ids; absent: whatever fails at the one end and not at the other. */
  test: z.string().optional(),
  /** Failure keys that count as the one looked for, `*` for anything; none: that of the first failure. */
  failure: z.string().optional(),
  suites: z.array(z.string()),
  profile: z.string(),
  fragments: z.array(z.string()),
  makeOptions: z.array(z.string()),
  accel: z.enum(['auto', 'kvm', 'tcg']),
  machine: z.string(),
  jobs: z.number().int(),
  /** Look for the commit that ended the failure. */
  fix: z.boolean(),
  confidence: z.number(),
  maxRuns: z.number().int(),
});
export type BisectOptions = z.infer<typeof BisectOptions>;
