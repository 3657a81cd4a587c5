import { readFileSync } from 'node:fs';

/** Whether a process runs; one that has ended and waits to be reaped does not. */
export function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
