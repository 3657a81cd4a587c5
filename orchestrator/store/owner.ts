import { readFileSync, readlinkSync } from 'node:fs';
import { z } from 'zod';

/**
 * Who owns a lock or a temporary folder. A pid alone is used again sooner or later; with the start time (clock ticks
 * since boot, kernel: fs/proc/array.c do_task_stat) and the boot it names one process for ever. Pids of another PID
 * namespace (a container that shares the cache) say nothing here.
 */
export const Owner = z.strictObject({
  pid: z.number().int().positive(),
  startTime: z.string(),
  bootId: z.string(),
  pidNamespace: z.string(),
});
export type Owner = z.infer<typeof Owner>;

/** State letter and start time out of /proc/PID/stat; the command name in it may hold blanks and parentheses. */
export function parseStat(stat: string): { state: string; startTime: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTime = fields[19];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}

function statOf(pid: number): { state: string; startTime: string } | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

function orUnknown(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return 'unknown';
  }
}

let self: Owner | undefined;

/** This process. */
export function thisProcess(): Owner {
  self ??= {
    pid: process.pid,
    startTime: statOf(process.pid)?.startTime ?? 'unknown',
    bootId: orUnknown(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: orUnknown(() => readlinkSync('/proc/self/ns/pid')),
  };
  return self;
}

/** Whether the owner can still be at work. In doubt (another PID namespace of this boot) it is alive. */
export function isAlive(owner: Owner): boolean {
  const me = thisProcess();
  if (owner.bootId !== me.bootId) return false;
  if (owner.pidNamespace !== me.pidNamespace) return true;
  const stat = statOf(owner.pid);
  if (stat === undefined) return false;
  // Z and X: it has ended, only its parent has not asked yet.
  return stat.startTime === owner.startTime && stat.state !== 'Z' && stat.state !== 'X';
}
