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

/** As patchIdOf() of each diff, by one git. */
export async function patchIdsOf(diffs: readonly Uint8Array[], signal?: AbortSignal): Promise<string[]> {
  // As if each were the mail of a commit, whose id git writes beside that of the patch.
  const names = diffs.map((_, i) => (i + 1).toString(16).padStart(40, '0'));
  const mails = diffs.flatMap((diff, i) => [Buffer.from(`\nFrom ${names[i]}\n`), diff]);
  const said = await git(['patch-id', '--stable'], { input: Buffer.concat(mails), signal });
  const ids = new Map(said.split('\n').map((row) => row.split(' ').toReversed() as [string, string]));
  return Promise.all(
    // One that names a commit itself has its id beside that.
    diffs.map(async (diff, i) => ids.get(names[i] ?? '') ?? (await patchIdOf(diff, signal))),
  );
}
