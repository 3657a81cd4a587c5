/** A piece of work that takes about as long as it did before. */
export interface Task {
  readonly state: 'ahead' | 'running' | 'over';
  /** Since it began, in milliseconds. */
  readonly elapsedMs: number;
  /** Absent: it was never seen. */
  readonly expectedMs?: number;
}

/** What is to be done for a kernel: it is built, then tested. */
export interface Ahead {
  readonly build: Task;
  readonly test: Task;
}

export interface Remaining {
  readonly ms: number;
  /** Something runs for longer than it did before: then `ms` is the least that it can be. */
  readonly late: boolean;
}

/**
 * How long the kernels of a run will still take, one built while the one before it is tested. Undefined where something is ahead
 * that was never seen: a guess would be no forecast. What turns out to be in the cache, or to be an equal kernel, makes it less.
 */
export function remaining(legs: readonly Ahead[]): Remaining | undefined {
  let [built, tested, late] = [0, 0, false];
  for (const { build, test } of legs) {
    const [building, testing] = [leftOf(build), leftOf(test)];
    if (building === undefined || testing === undefined) return undefined;
    built += building;
    if (test.state !== 'over') tested = Math.max(tested, built) + testing;
    late ||= isLate(build) || isLate(test);
  }
  return { ms: Math.max(built, tested), late };
}

function leftOf({ state, elapsedMs, expectedMs }: Task): number | undefined {
  if (state === 'over') return 0;
  if (expectedMs === undefined) return undefined;
  return state === 'ahead' ? expectedMs : Math.max(0, expectedMs - elapsedMs);
}

function isLate({ state, elapsedMs, expectedMs = Infinity }: Task): boolean {
  return state === 'running' && elapsedMs > expectedMs;
}
