import { git } from './git.js';
import type { Patch } from './types.js';

/** One patch: its subject. More without a cover letter: the first one's, and how many more. */
export function titleOf(patches: readonly Pick<Patch, 'subject'>[]): string {
  const first = patches[0]?.subject ?? '';
  return patches.length < 2 ? first : `${first} (and ${patches.length - 1} more)`;
}

/** `git patch-id --stable` of a diff; empty for one without changes. */
export async function patchIdOf(diff: Uint8Array, signal?: AbortSignal): Promise<string> {
  return (await git(['patch-id', '--stable'], { input: diff, signal })).split(/\s/)[0] ?? '';
}
