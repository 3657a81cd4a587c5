import { CiError } from '../process/errors.js';
import { openClone } from '../series/clone.js';
import { ask, git } from '../series/git.js';
import { resolveCommit } from '../series/tree.js';
import type { Clone } from '../series/types.js';
import { commitSource } from './commit-source.js';
import type { BuildConfig } from './commit-source.js';
import type { CommitName, Ground } from './ground.js';
import { parseRevList } from './history.js';

/** For the list of 20,000 commits. */
const DEADLINE_MS = 120_000;

/**
 * The commits between two of a tree, merges and all. Where the old one is not an ancestor of the new one the search
 * begins where the two part, and says so.
 * @throws CiError('usage') for revisions that are not there, or with nothing between them
 */
export async function rangeGround(
  tree: string,
  [oldName, newName]: readonly [string, string],
  config: BuildConfig,
  signal: AbortSignal,
): Promise<Ground> {
  const clone = await openClone(tree, { signal });
  if (clone.tree.kind === 'plain')
    throw new CiError('usage', `${tree} is plain source and has no revisions`, {
      remedy: 'pass a git checkout as --tree',
    });
  const older = await resolveCommit(clone.tree, oldName, `the old end ${oldName}`);
  const newer = await resolveCommit(clone.tree, newName, `the new end ${newName}`);
  const at = { gitDir: clone.gitDir, signal, deadlineMs: DEADLINE_MS };
  const fork = await ask(['merge-base', older, newer], at);
  if (fork === undefined)
    throw new CiError('usage', `${oldName} and ${newName} have no common ancestor`, {
      remedy: 'name two commits of one history; in a shallow clone fetch more of it',
    });
  if (fork === newer)
    throw new CiError('usage', `${newName} is an ancestor of ${oldName}`, {
      remedy: 'name the older one first; for the commit that ended a failure add --fix',
    });
  const listed = await git(['rev-list', '--parents', '--topo-order', '--reverse', `${fork}..${newer}`], at);
  const history = parseRevList(listed, fork);
  const names = await namesOf(clone, fork, newer);
  return {
    kind: 'range',
    title: `${oldName}..${newName}`,
    history,
    names: history.commits.map(({ id }) => names.get(id) ?? { label: id.slice(0, 12), subject: '' }),
    replayIn: clone.tree.path,
    notes: [
      ...clone.notes,
      ...(fork === older
        ? []
        : [
            `${oldName} is no ancestor of ${newName}: the old end is where the two part, ${fork.slice(0, 12)}`,
          ]),
    ],
    source: (place) => commitSource(place, clone, history, config, signal),
  };
}

async function namesOf(clone: Clone, fork: string, newer: string): Promise<Map<string, CommitName>> {
  const at = { gitDir: clone.gitDir, deadlineMs: DEADLINE_MS };
  const format = '--format=%H%x09%an <%ae>%x09%s';
  const rows = [
    await git(['log', '--encoding=UTF-8', format, `${fork}..${newer}`], at),
    await git(['log', '--encoding=UTF-8', '--no-walk', format, fork], at),
  ].flatMap((text) => text.split('\n').filter(Boolean));
  return new Map(
    rows.map((row) => {
      const [id = '', author = '', ...subject] = row.split('\t');
      return [id, { label: id.slice(0, 12), author, subject: subject.join('\t') }];
    }),
  );
}
