import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../store/atomic.js';
import { sha256 } from '../store/hash.js';
import { cacheDir } from '../store/paths.js';
import { Splat, TestRecord } from '../store/records.js';
import { BOOT_TEST } from '../verdict/point-tests.js';

/** What a result depends on; equal keys give equal results (DESIGN: Reuse). */
export interface ReuseKey {
  readonly kernelSignature: string;
  readonly suite: string;
  /** Hash of the suite's files, the module, the agent and the model. */
  readonly suiteDigest: string;
  /** Hash of the machine's description, the QEMU version and the accelerator. */
  readonly machineDigest: string;
}

const Stored = z.strictObject({
  schemaVersion: z.literal(1),
  tests: z.array(TestRecord),
  /** Splats that belong to no test. */
  splats: z.array(Splat).default([]),
});
export type StoredResults = Pick<z.infer<typeof Stored>, 'tests' | 'splats'>;

function file(key: ReuseKey): string {
  const name = sha256(key.kernelSignature, key.suite, key.suiteDigest, key.machineDigest);
  return path.join(cacheDir(), 'results', `${name}.json`);
}

/** The stored results of `key`, marked as reused; undefined where there are none or they cannot be read. */
export async function storedResults(key: ReuseKey): Promise<StoredResults | undefined> {
  try {
    const stored = Stored.parse(JSON.parse(await readFile(file(key), 'utf8')));
    return { tests: stored.tests.map((test) => ({ ...test, reused: true })), splats: stored.splats };
  } catch {
    // A record of an older layout is as good as none: the tests run.
    return undefined;
  }
}

/**
 * Keeps `tests`, unless one of them did not come to a result: that says nothing about the kernel. A boot that took two
 * attempts is not kept either: one hour of a busy machine must not follow the kernel for ever.
 */
export async function storeResults(
  key: ReuseKey,
  tests: readonly TestRecord[],
  splats: readonly Splat[] = [],
): Promise<void> {
  if (tests.length === 0 || tests.some((test) => test.verdict === 'error' || test.reused)) return;
  if (tests.some((test) => test.id === BOOT_TEST && test.verdict !== 'pass')) return;
  await writeFileAtomic(file(key), JSON.stringify({ schemaVersion: 1, tests, splats }));
}

/**
 * Whether results of an earlier run may stand in. The points of the series always run their own suites anew:
 * they are what the user asked about. An upstream suite only shows what it does not see.
 */
export function mayReuse(
  options: {
    readonly fresh: boolean;
    readonly hasSeries: boolean;
    readonly repeat: number;
    readonly test?: string;
  },
  pointIndex: number,
  suiteIsUpstream: boolean,
): boolean {
  if (options.fresh || options.repeat !== 1 || options.test !== undefined || !options.hasSeries) return false;
  return pointIndex === 0 || suiteIsUpstream;
}
