import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';
import type { Suite } from '../scenario/suite-file.js';
import { hashFiles, sha256 } from '../store/hash.js';
import { projectRoot } from '../store/paths.js';
import type { KnownIssue } from '../verdict/known-issues.js';

/** Everything that decides what a scenario comes to, beside the kernel and the scenario itself. */
const JUDGES = [
  'orchestrator/model',
  'orchestrator/scenario',
  'orchestrator/splat',
  'orchestrator/ktap',
  'orchestrator/verdict',
  'orchestrator/guest',
  'guests',
];

/** What a suite does. */
const SUITES = ['tests/scenarios', 'tests/suites'];

let judges: Promise<string> | undefined;

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function hashBelow(dirs: readonly string[], ...more: readonly string[]): Promise<string> {
  const root = projectRoot();
  const files = (await Promise.all(dirs.map((dir) => filesBelow(join(root, dir))))).flat();
  return hashFiles([...files, ...more.map((file) => join(root, file))], root);
}

async function hashJudges(): Promise<string> {
  return hashBelow(JUDGES, 'results/known-issues.yaml');
}

/** Changes with all suites of the project and with what judges them: by whom a result was obtained. 16 hex digits. */
export async function suiteVersion(): Promise<string> {
  judges ??= hashJudges();
  return sha256(await judges, await hashBelow(SUITES)).slice(0, 16);
}

/**
 * Changes whenever the results of a suite on an equal kernel could. `undefined` stands for booting.
 * @param today an entry of the known issues that has expired by then excuses nothing in stored results either
 */
export async function suiteDigest(
  suite: Suite | undefined,
  artifact: Pick<KernelArtifact, 'hmmTestsHash'>,
  knownIssues: readonly Pick<KnownIssue, 'id' | 'expires'>[],
  today: string,
): Promise<string> {
  judges ??= hashJudges();
  return sha256(
    suite?.digest ?? '',
    await judges,
    suite?.kind === 'kselftest' ? (artifact.hmmTestsHash ?? '') : '',
    ...knownIssues.filter(({ expires }) => expires >= today).map(({ id }) => id),
  );
}
