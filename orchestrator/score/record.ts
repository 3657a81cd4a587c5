import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../store/atomic.js';
import { projectRoot } from '../store/paths.js';
import { FailureKind } from '../store/records.js';
import { EXPECTATIONS } from './mutant.js';

/** What one suite, or several, made of a mutant. `not-run`: none of them was asked. */
export const Sight = z.strictObject({
  verdict: z.enum(['killed', 'survived', 'error', 'not-run']),
  /** The failure that killed it. */
  test: z.string().optional(),
  kind: FailureKind.optional(),
  failureKey: z.string().optional(),
  /** The failure with its step and page, or what kept the suite from a result, in a line. */
  text: z.string().optional(),
  /** From the boot to the failure, else to the end, in milliseconds. Absent where it was not measured. */
  ms: z.number().optional(),
});
export type Sight = z.infer<typeof Sight>;

export const MutantResult = z.strictObject({
  name: z.string(),
  profile: z.string(),
  subject: z.string(),
  /** Path in the kernel and line of the change. */
  file: z.string(),
  line: z.number().int(),
  expect: z.enum(EXPECTATIONS),
  seenBy: z.string(),
  why: z.string().optional(),
  base: z.string(),
  kernelSignature: z.string().optional(),
  /** The version of the suites and of what judges them (`suiteVersion()`); older results do not have it. */
  suites: z.string().optional(),
  /** Its kernel is the one without the mutant, or that of the mutant with this name. */
  sameAs: z.string().optional(),
  ours: Sight,
  upstream: Sight,
  /** `as-expected`; `unexpected`: a mutant survived or one that changes nothing was killed; the others say nothing. */
  standing: z.enum(['as-expected', 'unexpected', 'cannot-tell', 'infra']),
  /** Why it stands so, where that is not plain from the rest. */
  reason: z.string().optional(),
  buildMs: z.number(),
  testMs: z.number().optional(),
  at: z.string(),
});
export type MutantResult = z.infer<typeof MutantResult>;

export const ScoreRecord = z.strictObject({
  schemaVersion: z.literal(1),
  results: z.array(MutantResult),
});
export type ScoreRecord = z.infer<typeof ScoreRecord>;

/** Where the last result of every mutant is kept, one for each profile it ran in. */
export function scoreFile(given: string | undefined): string {
  return path.resolve(given ?? path.join(projectRoot(), 'results', 'score', 'mutants.json'));
}

/** The results that are kept; none where there is no such file or it has an older layout. */
export async function readScore(file: string): Promise<MutantResult[]> {
  try {
    return ScoreRecord.parse(JSON.parse(await readFile(file, 'utf8'))).results;
  } catch {
    return [];
  }
}

/**
 * `before` with new results in place of those of the same mutant and profile, by name. One that did not come to an end
 * does not take the place of one that did, of the same kernel or where it was stopped before there was a kernel.
 */
export function mergeResults(before: readonly MutantResult[], now: readonly MutantResult[]): MutantResult[] {
  const key = ({ name, profile }: MutantResult): string => `${name} ${profile}`;
  const merged = new Map(before.map((one) => [key(one), one]));
  for (const one of now) {
    const old = merged.get(key(one));
    const saysNothing =
      one.kernelSignature === undefined
        ? one.standing === 'infra'
        : old?.kernelSignature === one.kernelSignature && !isDefinite(one);
    const kept = isDefinite(old) && saysNothing;
    if (!kept) merged.set(key(one), one);
  }
  return [...merged.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function isDefinite(one: MutantResult | undefined): boolean {
  return one?.standing === 'as-expected' || one?.standing === 'unexpected';
}

export async function writeScore(file: string, results: readonly MutantResult[]): Promise<void> {
  const record: ScoreRecord = { schemaVersion: 1, results: [...results] };
  await writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`);
}
