import { existsSync } from 'node:fs';
import path from 'node:path';
import type { KernelArtifact } from '../../../orchestrator/kernel/artifact.js';
import { ensureKernel } from '../../../orchestrator/kernel/ensure.js';
import { managedSource } from '../../../orchestrator/kernel/managed-source.js';
import { VARIANTS } from '../../../orchestrator/model/variants.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { DEFAULT_SOURCE } from '../../../orchestrator/run/options.js';
import { intake } from '../../../orchestrator/series/intake.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';

/** A kernel that the model is proved against: 7.3, patched to be a variant, in one configuration. */
export interface ProofKernel {
  readonly variant: string;
  readonly profile: string;
  /** Paths of fragments on top of the profile. */
  readonly fragments: readonly string[];
  /** Arguments for the kernel at boot, for example `cgroup_disable=memory`. */
  readonly bootOptions?: readonly string[];
}

/** `a nodebug`, `b default no-memcg`. */
export function kernelName({ variant, profile, fragments, bootOptions = [] }: ProofKernel): string {
  const names = fragments.map((file) => path.basename(file, '.config'));
  return [variant, profile, ...names, ...bootOptions].join(' ');
}

/**
 * Kernels on which larger folios cannot be proved. w clears the zone of a page too, and under DEBUG_VM each such page of a
 * new folio is warned about and printed: a first init of order 9 takes longer than a proof has, and the warning comes
 * in the middle of the next sequence.
 */
const LARGEST_ORDER: Readonly<Record<string, number>> = { 'w default': 2 };

/** The largest order that sequences may use on a kernel. */
export function largestOrder({ variant, profile }: ProofKernel): number {
  return LARGEST_ORDER[`${variant} ${profile}`] ?? 9;
}

/** The variant that 7.3 is. */
export const UNPATCHED = 'b';

/** The patch that makes 7.3 a variant; undefined for 7.3 itself. */
export function variantPatch(variant: string): string | undefined {
  return variant === UNPATCHED
    ? undefined
    : path.join(projectRoot(), 'tests', 'variants', `${variant}.patch`);
}

/** Variants of the model that there is a kernel for, 7.3 itself first. */
export function provableVariants(): string[] {
  const patched = Object.keys(VARIANTS).filter((id) => {
    const patch = variantPatch(id);
    return patch !== undefined && existsSync(patch);
  });
  return [UNPATCHED, ...patched];
}

export interface BuildOptions {
  readonly logFile: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export interface BuiltKernel {
  readonly artifact: KernelArtifact;
  /** Repository and tree that it was built from. */
  readonly gitDir: string;
  readonly tree: string;
  /** The tree without the patch. */
  readonly base: string;
  readonly origin: string;
}

/** The kernel, from the cache or built. Throws as buildSeries() does. */
export function buildKernel(kernel: ProofKernel, options: BuildOptions): Promise<BuiltKernel> {
  return buildSeries(variantPatch(kernel.variant), kernel, options);
}

/**
 * 7.3 with all patches of a series, or as it is, from the cache or built. Throws CiError: `usage` where a patch does not apply,
 * `build` where it does not compile.
 */
export async function buildSeries(
  spec: string | undefined,
  kernel: Pick<ProofKernel, 'profile' | 'fragments'>,
  options: BuildOptions,
): Promise<BuiltKernel> {
  const { signal, say } = options;
  const source = await managedSource({ want: DEFAULT_SOURCE, signal, progress: say });
  const taken = await intake({
    tree: source.gitDir,
    signal,
    ...(spec === undefined ? {} : { spec, base: source.head }),
  });
  if (taken.failed !== undefined)
    throw new CiError('usage', `${spec ?? ''} does not apply to ${source.origin}`, {
      detail: taken.failed.gitSays,
    });
  const point = taken.points.at(-1);
  if (point === undefined || (spec !== undefined && point.index === 0))
    throw new CiError('usage', `no patch in ${spec ?? source.origin}`);
  const artifact = await ensureKernel({
    gitDir: taken.clone.gitDir,
    commit: point.commit,
    tree: point.tree,
    profile: kernel.profile,
    fragments: kernel.fragments,
    makeOptions: [],
    logFile: options.logFile,
    signal,
    progress: say,
  });
  if (artifact.moduleError !== undefined)
    throw new CiError('build', `the guest module does not compile: ${artifact.moduleError}`);
  return { artifact, gitDir: taken.clone.gitDir, tree: point.tree, base: source.head, origin: source.origin };
}
