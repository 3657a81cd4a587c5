import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from './atomic.js';
import { projectRoot } from './paths.js';

/** Who was measured, on what, and how. */
export const CoverageSide = z.strictObject({
  /** For a reader: `our suite`, `hmm-tests`. */
  name: z.string(),
  suites: z.array(z.string()),
  /** What showed the transitions, in a sentence. */
  by: z.string(),
  /** The kernel, as its source describes it. */
  base: z.string(),
  profile: z.string(),
  kernelSignature: z.string(),
  /** Tests that ran. */
  tests: z.number().int(),
  /** Of these, those that neither passed nor failed only as known: what they did not come to is not covered. */
  failed: z.array(z.string()),
  at: z.string(),
  /** Wall time of the tests, in milliseconds. */
  ms: z.number(),
  /** Transitions of pages that were shown but not counted, since it could not be told which they were. */
  uncertain: z.number().int(),
  /** Things seen of folios that do not fit what was seen before them; nothing is counted for these either. */
  contradictions: z.number().int(),
  /** Transitions that the model says cannot be made; the model is wrong where there is one. */
  unforeseen: z.array(z.string()),
});
export type CoverageSide = z.infer<typeof CoverageSide>;

/** How often pages were seen to make a transition. */
export const Seen = z.strictObject({
  pages: z.number().int(),
  /** The test that showed it first, where the instrument can tell tests apart. */
  test: z.string().optional(),
});
export type Seen = z.infer<typeof Seen>;

export const CoverageTransition = z.strictObject({
  /** Role before and after: `tail1/9 (head alive)`, `order0`; the part after the slash is the order class. */
  from: z.string(),
  to: z.string(),
  /** Absent where nobody saw it. */
  ours: Seen.optional(),
  upstream: Seen.optional(),
});
export type CoverageTransition = z.infer<typeof CoverageTransition>;

/**
 * results/score/coverage.json: which transitions of a page between roles were seen in guests, of those that can be made. Absent
 * sides were never measured.
 */
export const CoverageRecord = z.strictObject({
  schemaVersion: z.literal(1),
  /** All roles, in the order that a table has them: before an init, and after an init or a split. */
  from: z.array(z.string()),
  to: z.array(z.string()),
  ours: CoverageSide.optional(),
  upstream: CoverageSide.optional(),
  /** Those that can be made at all. */
  transitions: z.array(CoverageTransition),
  /** All others, by the reason. */
  unreachable: z.array(
    z.strictObject({
      why: z.string(),
      transitions: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    }),
  ),
});
export type CoverageRecord = z.infer<typeof CoverageRecord>;

/** Where the last measurement is kept. */
export function coverageFile(given?: string): string {
  return path.resolve(given ?? path.join(projectRoot(), 'results', 'score', 'coverage.json'));
}

/** The record that is kept; undefined where there is none or it has an older layout. */
export async function readCoverage(file = coverageFile()): Promise<CoverageRecord | undefined> {
  try {
    return CoverageRecord.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeCoverage(file: string, record: CoverageRecord): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`);
}
