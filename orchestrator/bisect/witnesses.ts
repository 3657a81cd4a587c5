import { ancestryOf, countIn, type Bits } from './ancestry.js';
import type { History } from './types.js';

/** The commits whose tests say that the change came with one class of commits. */
export interface Witnesses {
  /** A testable commit that has the change, and as little beside it as there is. */
  readonly after: number;
  /** Testable commits without it that have everything else which `after` has: the parents. */
  readonly before: readonly number[];
}

/**
 * @param suspects one class (`classesOf`)
 * @returns undefined where no testable commit has the change, which the new end would be
 */
export function witnesses(
  history: History,
  testable: readonly boolean[],
  suspects: readonly number[],
): Witnesses | undefined {
  const ancestry = ancestryOf(history);
  const changes = (commit: number): Bits => ancestry.changes({ kind: 'commit', commit });
  const everything = new Uint32Array((ancestry.size + 31) >>> 5).fill(0xffffffff);
  let after: number | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (let commit = 0; commit < ancestry.size; commit++) {
    if (!testable[commit] || !suspects.every((suspect) => ancestry.descends(commit, suspect))) continue;
    const count = countIn(changes(commit), everything);
    if (count < fewest) [after, fewest] = [commit, count];
  }
  if (after === undefined) return undefined;

  const open = changes(after).slice();
  const without = (commit: number): boolean =>
    testable[commit] === true && suspects.every((suspect) => !ancestry.descends(commit, suspect));
  const before: number[] = [];
  for (;;) {
    let best: number | undefined;
    let most = 0;
    for (let commit = 0; commit < ancestry.size; commit++) {
      const count = without(commit) ? countIn(changes(commit), open) : 0;
      if (count > most) [best, most] = [commit, count];
    }
    if (best === undefined) break;
    before.push(best);
    remove(open, changes(best));
  }
  return { after, before: before.toSorted((a, b) => a - b) };
}

function remove(from: Bits, what: Bits): void {
  for (let word = 0; word < from.length; word++) from[word] = (from[word] ?? 0) & ~(what[word] ?? 0);
}
