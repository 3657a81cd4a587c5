import { sleep } from './deadline.js';

/** How long a group may take to end after SIGTERM before it gets SIGKILL, in milliseconds. */
export const GRACE_MS = 2000;

/** Process groups (their leaders' pids) that are ours and not known to be gone. */
const live = new Set<number>();
let closed: Error | undefined;

/** Sends a signal to a whole process group; false if no process of it is left. Signal 0 only asks. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** SIGKILL to every group, now and without waiting: for 'exit' handlers. */
export function killAllSync(): void {
  for (const leader of live) signalGroup(leader, 'SIGKILL');
}

let exitHandler = false;

export function registerGroup(leader: number): void {
  if (!exitHandler) {
    exitHandler = true;
    process.once('exit', killAllSync);
  }
  live.add(leader);
}

/** To be called when the leader has been reaped: kills what it left behind in its group and forgets it. */
export function releaseGroup(leader: number): void {
  if (live.delete(leader)) signalGroup(leader, 'SIGKILL');
}

/** Leaders of the groups that are running. */
export function liveGroups(): readonly number[] {
  return [...live];
}

/** From now on nothing can be started: the program is ending. `undefined` takes it back. */
export function refuseStarts(reason: Error | undefined): void {
  closed = reason;
}

/** Why nothing can be started any more, if so. */
export function startsRefused(): Error | undefined {
  return closed;
}

/**
 * SIGTERM to the group, SIGKILL once `graceMs` have passed; resolves when the leader has been reaped or, for a group
 * that the kernel cannot end (state D), a second after SIGKILL.
 */
export async function killGroup(leader: number, graceMs = GRACE_MS): Promise<void> {
  if (!live.has(leader)) return;
  signalGroup(leader, 'SIGTERM');
  await goneWithin(leader, graceMs);
  if (!live.has(leader)) return;
  signalGroup(leader, 'SIGKILL');
  await goneWithin(leader, 1000);
}

async function goneWithin(leader: number, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (live.has(leader) && performance.now() < end) await sleep(10);
}

/** Ends every group that is running, as killGroup does, all at the same time. */
export async function killAll(): Promise<void> {
  await Promise.all([...live].map((leader) => killGroup(leader)));
}
