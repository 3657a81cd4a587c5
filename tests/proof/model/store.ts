import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../../orchestrator/store/atomic.js';
import { hashFiles } from '../../../orchestrator/store/hash.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import type { LayoutCheck } from './layout-check.js';
import type { ProofResult } from './result.js';
import { GROUPS } from './sequence.js';

/** A result with what it holds for. */
export interface StoredResult extends ProofResult {
  readonly kernel: string;
  readonly variant: string;
  readonly origin: string;
  readonly signature: string;
  /** Of the model, this proof, and what runs in the guest. */
  readonly digest: string;
  readonly seed: number;
  /** Struct pages of the chunk. */
  readonly chunk: number;
  readonly date: string;
  /** Where it was asked for. */
  readonly layout?: LayoutCheck;
}

/** A crash or hang that the model had not foretold, or one that was foretold and did not come, is a difference too. */
export function agrees({ differences, missed, layout }: StoredResult): boolean {
  return differences.length === 0 && missed.length === 0 && (layout?.wrong.length ?? 0) === 0;
}

/** What a result depends on, beside the kernel. */
const JUDGES = ['orchestrator/model', 'orchestrator/scenario', 'tests/proof/model', 'guests'];

/** Hash over all that decides what a proof comes to on an equal kernel. */
export async function proofDigest(): Promise<string> {
  const root = projectRoot();
  const files: string[] = [];
  for (const folder of JUDGES) {
    const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) files.push(path.join(entry.parentPath, entry.name));
  }
  return (await hashFiles(files, root)).slice(0, 16);
}

/** The results of a file; none where it is missing or not ours. */
export async function readResults(file: string): Promise<StoredResult[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  try {
    // Written by this program; whatever else is there is put aside by the next write.
    const parsed = JSON.parse(text) as { readonly kernels?: StoredResult[] };
    return parsed.kernels ?? [];
  } catch {
    return [];
  }
}

/** What a proof is asked for: sequences of each group, pages of the chunk, pokes. */
export type Extent = Pick<StoredResult, 'sequences' | 'chunk' | 'pokes'>;

/** Whether a result holds for this kernel and model, and is of at least that extent. */
export function covers(
  stored: StoredResult,
  wanted: Pick<StoredResult, 'kernel' | 'signature' | 'digest'> & Extent,
): boolean {
  return (
    stored.kernel === wanted.kernel &&
    stored.signature === wanted.signature &&
    stored.digest === wanted.digest &&
    stored.chunk === wanted.chunk &&
    stored.pokes >= wanted.pokes &&
    GROUPS.every((group) => stored.sequences[group] >= wanted.sequences[group])
  );
}

/** Puts a result in the place of an older one of the same kernel, unless that one says more. */
export async function writeResult(file: string, result: StoredResult): Promise<void> {
  const stored = await readResults(file);
  const larger = stored.some((one) => covers(one, result) && !covers(result, one));
  if (larger && agrees(result)) return;
  const others = stored.filter(({ kernel }) => kernel !== result.kernel);
  const kernels = [...others, result].sort((a, b) => a.kernel.localeCompare(b.kernel));
  await writeFileAtomic(file, `${JSON.stringify({ kernels }, null, 2)}\n`);
}
