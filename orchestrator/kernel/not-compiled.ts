import type { KernelArtifact } from './artifact.js';

/** Those of the changed files that the build of this kernel never read: nothing of them was tested. */
export function notCompiled(changed: readonly string[], artifact: Pick<KernelArtifact, 'sources'>): string[] {
  return changed.filter((path) => !artifact.sources.has(path));
}
