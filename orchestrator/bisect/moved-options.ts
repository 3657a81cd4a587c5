import { readFile } from 'node:fs/promises';
import { configDiff } from '../kernel/config-diff.js';
import type { KernelArtifact } from '../kernel/artifact.js';
import { testableCommits } from './evidence.js';
import type { Answer, Place, State } from './types.js';

/**
 * What the finished .config of the first kernel with the named options has otherwise than that of the last without them, as
 * lines of a fragment; undefined where none is named. kconfig moves what depends on an option together with it.
 */
export async function movedOptions(
  { verdict, commits }: Answer,
  state: State,
  artifact: (at: Place) => Promise<Pick<KernelArtifact, 'config'>>,
): Promise<string[] | undefined> {
  const [first] = commits;
  const last = commits.at(-1);
  if ((verdict !== 'culprit' && verdict !== 'range') || first === undefined || last === undefined)
    return undefined;
  const testable = testableCommits(state);
  const before = testable.findLastIndex((can, number) => can && number < first);
  const after = testable.findIndex((can, number) => can && number >= last);
  if (before < 0 || after < 0) return undefined;
  const configAt = async (commit: number): Promise<string> =>
    readFile((await artifact({ kind: 'commit', commit })).config, 'utf8');
  return configDiff(await configAt(before), await configAt(after));
}
