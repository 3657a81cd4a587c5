/** A console line without what printk puts before it. */
export interface ConsoleLine {
  /** Who printed it: `T70` a task, `C0` a CPU outside task context; empty without CONFIG_PRINTK_CALLER. */
  readonly context: string;
  readonly text: string;
  readonly raw: string;
}

const PREFIX = /^(?:<\d+>)?(?:\[ *\d+\.\d+\] ?)?(?:\[ *([TC]\d+)\] ?)?/;
// eslint-disable-next-line no-control-regex -- firmware and agetty colour the console
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** Splits the prefix off one line (kernel/printk/printk.c: info_print_prefix, print_caller). */
export function consoleLine(raw: string): ConsoleLine {
  const clean = raw.replace(/\r+$/, '').replace(ANSI, '');
  const prefix = PREFIX.exec(clean);
  return { context: prefix?.[1] ?? '', text: clean.slice(prefix?.[0].length ?? 0), raw: clean };
}
