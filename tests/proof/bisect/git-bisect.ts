/** What a tester tells git about a commit. */
export type Told = 'good' | 'bad' | 'skip';

/**
 * `git bisect` on a line: number 0 is good, the last one bad. Halves what is left; where the middle was skipped, goes away from
 * it by git's own pseudo-random rule (bisect.c: skip_away()).
 * @returns the commits that may be the first bad one; more than one where those between were skipped
 */
export function gitBisect(commits: number, tell: (commit: number) => Told): number[] {
  const skipped = new Set<number>();
  let good = 0;
  let bad = commits;
  for (;;) {
    const next = nextCommit(good, bad, skipped);
    if (next === bad) return Array.from({ length: bad - good }, (_, index) => good + 1 + index);
    const told = tell(next);
    if (told === 'good') good = next;
    else if (told === 'bad') bad = next;
    else skipped.add(next);
  }
}

/** The commit that git checks out next; `bad` itself when only skipped ones are left. */
function nextCommit(good: number, bad: number, skipped: ReadonlySet<number>): number {
  const all = bad - good;
  const distance = (commit: number): number => Math.min(commit - good, bad - commit);
  const byDistance = Array.from({ length: all }, (_, index) => good + 1 + index).toSorted(
    (a, b) => distance(b) - distance(a) || a - b,
  );
  const left = byDistance.filter((commit) => !skipped.has(commit));
  const [first = bad] = left;
  return first === byDistance[0] ? first : (skipAway(left, bad) ?? bad);
}

const PRN_MODULO = 32768;

function skipAway(left: readonly number[], bad: number): number | undefined {
  const prn = (((Math.imul(left.length, 1103515245) + 12345) >>> 0) >>> 16) % PRN_MODULO;
  const part = Math.floor((left.length * prn) / PRN_MODULO);
  const index = Math.floor((part * Math.floor(Math.sqrt(prn))) / Math.floor(Math.sqrt(PRN_MODULO)));
  if (left[index] !== bad) return left[index];
  return index > 0 ? left[index - 1] : left[0];
}
