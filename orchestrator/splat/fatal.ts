import { consoleLine } from './line.js';

const FATAL: readonly RegExp[] = [
  /^Kernel panic - not syncing/,
  /^---\[ end Kernel panic/,
  /^(?:traps: )?PANIC: /,
  /^reboot: (?:System halted|Power down|Restarting system)/,
  /^Rebooting in \d+ seconds/,
  /^Oops: /,
  /^Unable to mount root fs/,
];

/** True for a console line after which the guest does nothing useful any more (`oops=panic`, `panic=-1`). */
export function isFatalLine(line: string): boolean {
  const { text } = consoleLine(line);
  return FATAL.some((pattern) => pattern.test(text));
}
