/** Which part of a report holds the stack that says where it happened. */
export type StackSource = 'regs' | 'trace' | 'interrupted' | 'none';

const FRAME =
  /^\s*(?:\[<[0-9a-f]+>\]\s*)?(\? )?([A-Za-z_$][\w.$]*)\+0x[0-9a-f]+\/0x[0-9a-f]+(?:\s+\[[^\]]*\])?\s*$/;
const RIP = /^(?:RIP: [0-9a-f]{4}:|pc : |epc : )([A-Za-z_$][\w.$]*)\+0x[0-9a-f]+\/0x[0-9a-f]+/;
const MARKER = /^\s*<(\/?)(TASK|IRQ|NMI|SOFTIRQ|#\w+)>\s*$/;
const REGISTERS =
  /^(?:RIP|RSP|RAX|RBX|RCX|RDX|RSI|RDI|RBP|R\d\d|FS|GS|CS|CR\d|DR\d|PKRU|ORIG_RAX|Code)\b.*:|^Code: |^\s*$/;
const SUFFIX = /\.(?:isra|constprop|part|llvm|cold|lto_priv)(?:\.\d+)*/g;

/**
 * Collects function names as the lines of one report pass by. Frames with `?` are guesses of the unwinder and
 * are dropped; only the first `Call Trace:` counts (arch/x86/kernel/dumpstack.c: show_trace_log_lvl).
 */
export class FrameCollector {
  private rip: string | undefined;
  private readonly task: string[] = [];
  private readonly interrupt: string[] = [];
  private section: 'head' | 'trace' | 'after' = 'head';
  private inInterrupt = false;

  /** The trace is over: a line that belongs to none has come after its frames. */
  get finished(): boolean {
    return this.section === 'after';
  }

  get hasFrames(): boolean {
    return this.task.length > 0 || this.interrupt.length > 0;
  }

  take(text: string): void {
    if (/^\s*(?:Call Trace|Call trace|Backtrace):/.test(text)) {
      if (this.section === 'head') this.section = 'trace';
      return;
    }
    if (this.section === 'head') {
      const rip = RIP.exec(text);
      if (rip !== null) this.rip ??= bare(rip[1] ?? '');
      return;
    }
    if (this.section === 'after') return;
    const marker = MARKER.exec(text);
    if (marker !== null) {
      if (marker[2] !== 'TASK') this.inInterrupt = marker[1] === '';
      else if (marker[1] === '/') this.section = 'after';
      return;
    }
    const frame = FRAME.exec(text);
    if (frame !== null) {
      if (frame[1] === undefined) (this.inInterrupt ? this.interrupt : this.task).push(bare(frame[2] ?? ''));
      return;
    }
    if (!REGISTERS.test(text)) this.section = 'after';
  }

  /** The frames, innermost first. */
  frames(source: StackSource): string[] {
    if (source === 'none') return [];
    const both = [...this.interrupt, ...this.task];
    const trace = source === 'interrupted' && this.task.length > 0 ? this.task : both;
    if (source === 'trace' || this.rip === undefined || trace[0] === this.rip) return [...trace];
    return [this.rip, ...trace];
  }
}

/** A function's name without what the compiler appended: `.isra.0`, `.part.0`, `.cold`. */
export function bare(name: string): string {
  return name.replace(SUFFIX, '');
}
