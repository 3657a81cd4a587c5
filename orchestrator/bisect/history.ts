import { CiError } from '../process/errors.js';
import type { Commit, History } from './types.js';

/**
 * The history of a series: its base is number 0, its patches are 1 to n.
 * @param ids of the base and of the points, at least two
 */
export function line(ids: readonly string[]): History {
  return checked({ commits: ids.map((id, index) => ({ id, parents: index === 0 ? [] : [index - 1] })) });
}

/**
 * The history between two commits, merges and all, out of `git rev-list --parents --topo-order --reverse OLD..NEW`.
 * OLD must be an ancestor of NEW: where it is not, the caller takes their merge base (and says so).
 * @param old full id of OLD; every parent that the list does not have is an ancestor of it and counts as it
 * Throws CiError('usage') for an empty list, CiError('infra') for one that is no such list.
 */
export function parseRevList(text: string, old: string): History {
  const rows = text
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.split(' '));
  if (rows.length === 0) throw new CiError('usage', `there is no commit after ${old}`);
  const numbers = new Map<string, number>([[old, 0]]);
  const commits: Commit[] = [{ id: old, parents: [] }];
  for (const [id = '', ...parents] of rows) {
    const known = new Set(parents.map((parent) => numbers.get(parent) ?? 0));
    // What is merged in from before OLD changes nothing that was not there at OLD.
    if (known.size > 1) known.delete(0);
    commits.push({ id, parents: known.size === 0 ? [0] : [...known].toSorted((a, b) => a - b) });
    numbers.set(id, commits.length - 1);
  }
  return checked({ commits });
}

function checked(history: History): History {
  const { commits } = history;
  if (commits.length < 2) throw new CiError('usage', 'a bisect needs two ends');
  const isParent = new Set(commits.flatMap(({ parents }) => parents));
  for (const [index, { id, parents }] of commits.entries()) {
    const inOrder = index === 0 ? parents.length === 0 : parents.length > 0;
    if (!inOrder || parents.some((parent) => parent < 0 || parent >= index))
      throw new CiError('infra', `the history is not in order at ${id}`);
    if (index < commits.length - 1 && !isParent.has(index))
      throw new CiError('infra', `${id} is not an ancestor of the new end`);
  }
  return history;
}
