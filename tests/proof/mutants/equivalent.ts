import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CiError } from '../../../orchestrator/process/errors.js';
import { keyOf, keysOf, squeeze } from './mutant.js';
import type { Mutant } from './mutant.js';

/** Mutants that no test can tell from the model, each with the reason. */
const Entry = z.strictObject({
  /** As compiled, below orchestrator/: `model/steps.js`. */
  file: z.string(),
  /** The line of code, and the change as a report prints it; several changes of one line may have one reason. */
  code: z.string(),
  mutation: z.union([z.string(), z.array(z.string()).min(2)]),
  /** Which of several equal changes on that line, from 1. */
  nth: z.int().min(1).default(1),
  /** The function that the line stands in, for a line like `continue;` that others have too. */
  in: z.string().optional(),
  reason: z.string().min(20),
});
export type Entry = z.infer<typeof Entry>;

export const LIST = path.join('tests/proof/mutants/equivalent.yaml');

/** Names of the mutants that an entry is about. */
export function entryKeys({ file, code, mutation, nth, in: around }: Entry): string[] {
  return [mutation]
    .flat()
    .map((what) => keyOf({ file, code: squeeze(code), what: squeeze(what), nth, in: around }));
}

/** Whether the list has a mutant, by its function or by its line alone. */
export function isListed(mutant: Mutant, entries: ReadonlyMap<string, Entry>): boolean {
  return keysOf(mutant).some((key) => entries.has(key));
}

/** @throws CiError('usage') where the list is malformed or names one mutant twice */
export async function readEquivalents(root: string): Promise<ReadonlyMap<string, Entry>> {
  const file = path.join(root, LIST);
  const parsed = z.array(Entry).safeParse(parse(await readFile(file, 'utf8')) ?? []);
  if (!parsed.success) throw new CiError('usage', `${LIST}: ${z.prettifyError(parsed.error)}`);
  const entries = new Map<string, Entry>();
  for (const entry of parsed.data)
    for (const key of entryKeys(entry)) {
      if (entries.has(key)) throw new CiError('usage', `${LIST}: twice: ${key.replaceAll('\n', ', ')}`);
      entries.set(key, entry);
    }
  return entries;
}
