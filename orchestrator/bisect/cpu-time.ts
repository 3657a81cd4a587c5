import { readFileSync } from 'node:fs';

/** Ticks of a second in /proc (sysconf(_SC_CLK_TCK), 100 on every Linux that Node runs on). */
const TICKS = 100;

/**
 * Processor time of a process and of its children that have ended, in milliseconds, out of /proc/PID/stat: utime, stime, cutime
 * and cstime (proc(5)). The command name in it may hold blanks and parentheses.
 */
export function cpuMsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return (ticks.reduce((a, b) => a + b, 0) * 1000) / TICKS;
}

/** Of this process. */
export function cpuMs(): number {
  return cpuMsIn(readFileSync('/proc/self/stat', 'utf8'));
}
