import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CiError } from '../../../orchestrator/process/errors.js';
import { keyOf, squeeze } from './mutant.js';

/** Mutants that no test can tell from the model, each with the reason. */
const Entry = z.strictObject({
  /** As compiled, below orchestrator/: `model/steps.js`. */
  file: z.string(),
  /** The line of code, and the change as a report prints it. */
  code: z.string(),
  mutation: z.string(),
  /** Which of several equal changes on that line, from 1. */
  nth: z.int().min(1).default(1),
  reason: z.string().min(20),
});
export type Entry = z.infer<typeof Entry>;

export const LIST = path.join('tests/proof/mutants/equivalent.yaml');

export function entryKey(entry: Entry): string {
  const { file, code, mutation, nth } = entry;
  return keyOf({ file, code: squeeze(code), what: squeeze(mutation), nth });
}

/** @throws CiError('usage') where the list is malformed or names one mutant twice */
export async function readEquivalents(root: string): Promise<ReadonlyMap<string, Entry>> {
  const file = path.join(root, LIST);
  const parsed = z.array(Entry).safeParse(parse(await readFile(file, 'utf8')) ?? []);
  if (!parsed.success) throw new CiError('usage', `${LIST}: ${z.prettifyError(parsed.error)}`);
  const entries = new Map<string, Entry>();
  for (const entry of parsed.data) {
    const key = entryKey(entry);
    if (entries.has(key)) throw new CiError('usage', `${LIST}: twice: ${entry.code} (${entry.mutation})`);
    entries.set(key, entry);
  }
  return entries;
}
