import type { StackSource } from './frames.js';

/**
 * One kind of complaint of the kernel. In titles `{frame}` is the innermost frame that is left, every other
 * placeholder a named group of `header` or `also`; a title with a placeholder that has no value is not made.
 */
export interface OopsClass {
  readonly id: string;
  readonly header: RegExp;
  /** In order of preference: the first that can be filled in is the title. */
  readonly titles: readonly string[];
  /** Further titles; two splats with one in common are the same bug. */
  readonly alt?: readonly string[];
  /** Looked for in the later lines of the report. */
  readonly also?: RegExp;
  /** Innermost frames that only report, or only sleep; never the code under test. */
  readonly skip?: RegExp;
  readonly stack: StackSource;
  /** Last line, where it is not `---[ end trace`. */
  readonly end?: RegExp;
  /** Printed before the WARNING or BUG that it belongs to, which is then no report of its own. */
  readonly precursor?: true;
}

const LOCKING =
  /^(?:print_\w+|check_\w+|mark_lock\w*|validate_chain|__lock_acquire|lock_acquire|lock_release|lockdep_\w+|_raw_(?:spin|read|write)_\w+|__?mutex_lock\w*|down_(?:read|write)\w*)$/;
const SANITIZER =
  /^(?:print_report|kasan_\w+|__kasan_\w+|__asan_\w+|check_region_\w+|kfence_\w+|__ubsan_\w+|ubsan_\w+)$/;
const SLEEPING =
  /^(?:__schedule|schedule|schedule_timeout|schedule_preempt_disabled|io_schedule|io_schedule_timeout|__switch_to|__wait_for_common|wait_for_completion\w*)$/;
const TRACE_END = /^\s*<\/TASK>/;
const SAME_LINE = /./;

/** Reports' own machinery at the inner end of any stack (kernel/panic.c, lib/dump_stack.c, lib/bug.c). */
export const REPORTING =
  /^(?:dump_stack(?:_lvl)?|__dump_stack|show_stack|show_regs|v?panic|__warn(?:_printk)?|warn_slowpath_\w+|__?report_bug|handle_bug|die|exc_\w+|asm_exc_\w+)$/;

/**
 * In order: the first whose header fits a line is its class. A line of the general forms at the end is still a
 * splat, since a complaint that the table does not know must not pass for a clean run.
 */
export const CLASSES: readonly OopsClass[] = [
  // The two sanitizers come first: their headers begin with BUG: too.
  {
    id: 'kasan',
    header: /^BUG: KASAN: (?<type>[\w-]+)(?: in (?<func>[\w.]+)\+0x)?/,
    also: /^(?<access>Read|Write|Free) of (?:size|addr)/,
    titles: [
      'KASAN: {type} {access} in {frame}',
      'KASAN: {type} in {frame}',
      'KASAN: {type} in {func}',
      'KASAN: {type}',
    ],
    alt: ['KASAN: {type} in {frame}', 'bad-access in {frame}'],
    skip: SANITIZER,
    stack: 'trace',
    end: /^=====/,
  },
  {
    id: 'kfence',
    header: /^BUG: KFENCE: (?<type>[\w-]+(?: read| write)?)(?: in (?<func>[\w.]+)\+0x)?/,
    titles: ['KFENCE: {type} in {frame}', 'KFENCE: {type} in {func}', 'KFENCE: {type}'],
    alt: ['bad-access in {frame}'],
    skip: SANITIZER,
    stack: 'trace',
    end: /^=====/,
  },
  {
    id: 'ubsan',
    header: /^UBSAN: (?<type>[\w -]+?) in (?<file>[\w./-]+):\d+:\d+/,
    titles: ['UBSAN: {type} in {frame}', 'UBSAN: {type} in {file}'],
    alt: ['UBSAN: {type} in {file}'],
    skip: SANITIZER,
    stack: 'trace',
  },
  // Messages that a WARN or BUG follows (lib/list_debug.c, lib/percpu-refcount.c, mm/page_counter.c, lib/refcount.c).
  {
    id: 'list',
    header: /^(?<list>list_(?:add|del)) (?<what>corruption|double add)/,
    titles: ['{list} {what} in {frame}', '{list} {what}'],
    skip: /^__list_\w+_or_report$/,
    stack: 'regs',
    precursor: true,
  },
  {
    id: 'percpu-ref',
    header: /^percpu ref \((?<release>\w+)(?: \[[^\]]*\])?\) <= 0/,
    titles: ['percpu ref ({release}) <= 0'],
    stack: 'regs',
    precursor: true,
  },
  {
    id: 'page-counter',
    header: /^page_counter underflow:/,
    titles: ['page_counter underflow in {frame}', 'page_counter underflow'],
    stack: 'regs',
    precursor: true,
  },
  {
    id: 'refcount',
    header: /^refcount_t: (?<what>[\w -]+)[;.]/,
    titles: ['refcount_t: {what} in {frame}', 'refcount_t: {what}'],
    skip: /^refcount_warn_saturate$/,
    stack: 'regs',
    precursor: true,
  },
  {
    id: 'kernel-bug',
    header: /^kernel BUG at (?:(?<file>[\w./-]+):(?<line>\d+)!|(?<func>[\w.]+)\+0x)/,
    titles: ['kernel BUG in {frame}', 'kernel BUG in {func}', 'kernel BUG at {file}'],
    alt: ['{dumpReason} in {frame}'],
    stack: 'regs',
  },
  // 7.x: "WARNING: mm/x.c:1 at f+0x1/0x2, CPU#0: comm/pid"; before: "WARNING: CPU: 0 PID: 1 at mm/x.c:1 f+0x1/0x2"
  // (kernel/panic.c: __warn). The condition in brackets is CONFIG_DEBUG_BUGVERBOSE_DETAILED.
  {
    id: 'warning',
    header:
      /^WARNING: (?:\[.*\] )?(?:(?:CPU: \d+ PID: \d+ at )?(?<file>[\w./-]+):(?<line>\d+) (?:at )?|at )(?<func>[A-Za-z_][\w.]*)\+0x/,
    titles: ['WARNING in {func}'],
    alt: ['WARNING in {frame}', '{dumpReason} in {func}'],
    stack: 'regs',
  },
  {
    id: 'bad-page-state',
    header: /^BUG: Bad page (?<what>state|cache|map) in process (?<comm>.*?)\s+(?:pfn|pte):/,
    titles: ['BUG: Bad page {what} in {frame}', 'BUG: Bad page {what}'],
    alt: ['BUG: Bad page {what}: {dumpReason}'],
    skip: /^(?:bad_page|print_bad_pte|print_bad_page_map)$/,
    stack: 'trace',
    end: TRACE_END,
  },
  {
    id: 'rss-counter',
    header: /^BUG: Bad rss-counter state mm:\S+ (?:type:(?<type>\w+)|idx:(?<idx>\d+)) val:(?<value>-?\d+)/,
    titles: ['BUG: Bad rss-counter state ({type})', 'BUG: Bad rss-counter state'],
    stack: 'none',
    end: SAME_LINE,
  },
  {
    id: 'null-deref',
    header:
      /^(?:BUG: kernel NULL pointer dereference, address: |(?:BUG: )?[Uu]nable to handle kernel NULL pointer dereference at (?:virtual address )?)(?:0x)?(?<address>[0-9a-f]+)/,
    titles: ['BUG: kernel NULL pointer dereference in {frame}', 'BUG: kernel NULL pointer dereference'],
    alt: ['bad-access in {frame}'],
    stack: 'regs',
  },
  {
    id: 'page-fault',
    header:
      /^(?:BUG: unable to handle (?:page fault for address: |kernel paging request at )|Unable to handle kernel paging request at virtual address )(?:0x)?(?<address>[0-9a-f]+)/,
    titles: ['BUG: unable to handle page fault in {frame}', 'BUG: unable to handle page fault'],
    alt: ['bad-access in {frame}'],
    stack: 'regs',
  },
  {
    id: 'gpf',
    header:
      /^(?:Oops: )?(?:segment-related )?general protection fault(?:.*?(?:address|range) \[?0x(?<address>[0-9a-f]+))?/,
    titles: ['general protection fault in {frame}', 'general protection fault'],
    alt: ['bad-access in {frame}'],
    stack: 'regs',
  },
  {
    id: 'soft-lockup',
    header: /^(?:watchdog: )?BUG: soft lockup - CPU#\d+ stuck for/,
    titles: ['BUG: soft lockup in {frame}', 'BUG: soft lockup'],
    alt: ['stall in {frame}'],
    stack: 'interrupted',
    end: TRACE_END,
  },
  {
    id: 'hard-lockup',
    header: /^(?:NMI )?(?:watchdog: )?(?:CPU\d+: )?Watchdog detected hard LOCKUP on cpu/,
    titles: ['hard lockup in {frame}', 'hard lockup'],
    alt: ['stall in {frame}'],
    stack: 'interrupted',
    end: TRACE_END,
  },
  {
    id: 'hung-task',
    header: /^INFO: task (?<comm>.+):\d+ blocked(?: in I\/O wait)? for more than \d+ seconds/,
    titles: ['INFO: task hung in {frame}', 'INFO: task hung'],
    alt: ['stall in {frame}'],
    skip: SLEEPING,
    stack: 'trace',
    end: TRACE_END,
  },
  {
    id: 'rcu-stall',
    header: /^rcu: INFO: (?<flavour>\w+) (?:self-)?detected (?:expedited )?stalls?\b/,
    titles: ['INFO: {flavour} detected stall in {frame}', 'INFO: {flavour} detected stall'],
    alt: ['stall in {frame}'],
    skip: SLEEPING,
    stack: 'interrupted',
    end: TRACE_END,
  },
  {
    id: 'lockdep',
    header:
      /^WARNING: (?<what>possible (?:circular|recursive) locking(?: dependency)? detected|possible irq lock inversion dependency detected|inconsistent lock state|\S+-safe -> \S+-unsafe lock order detected|bad unlock balance detected!?|held lock freed!|suspicious RCU usage|Nested lock was not taken)/,
    titles: ['lockdep: {what} in {frame}', 'lockdep: {what}'],
    skip: LOCKING,
    stack: 'trace',
    end: TRACE_END,
  },
  {
    id: 'wait-context',
    header: /^\[ BUG: (?<what>Invalid wait context) \]/,
    titles: ['lockdep: {what} in {frame}', 'lockdep: {what}'],
    skip: LOCKING,
    stack: 'trace',
    end: TRACE_END,
  },
  {
    id: 'atomic-sleep',
    header: /^BUG: (?<what>sleeping function called from invalid context|scheduling while atomic)\b/,
    titles: ['BUG: {what} in {frame}', 'BUG: {what}'],
    skip: /^(?:__might_resched|__might_sleep|__schedule_bug|__schedule|schedule)$/,
    stack: 'trace',
    end: TRACE_END,
  },
  {
    id: 'double-fault',
    header: /^(?:traps: )?PANIC: (?<what>double fault|early exception)/,
    titles: ['PANIC: {what} in {frame}', 'PANIC: {what}'],
    stack: 'regs',
  },
  {
    id: 'panic',
    header: /^Kernel panic - not syncing: (?<text>.*)$/,
    titles: ['kernel panic: {text}'],
    stack: 'trace',
    end: /^---\[ end Kernel panic/,
  },
  {
    id: 'oops',
    header: /^Oops: (?<text>.+?)(?:, .*)?: [0-9a-f]{4} \[#\d+\]/,
    titles: ['Oops: {text} in {frame}', 'Oops: {text}'],
    stack: 'regs',
  },
  // Complaints without a word like BUG: entries that nobody knows (mm/pgtable-generic.c, mm/swapfile.c).
  {
    id: 'bad-entry',
    header: /^(?:[\w./-]+:\d+: )?bad (?<what>p[gu4m]d|pte) [0-9a-f]{8,}/,
    titles: ['bad {what}'],
    stack: 'none',
    end: SAME_LINE,
  },
  {
    id: 'bad-swap-entry',
    header: /^(?:(?<func>\w+): )?(?<what>Bad swap (?:file|offset) entry) [0-9a-f]+/,
    titles: ['{what} in {func}', '{what}'],
    stack: 'none',
    end: SAME_LINE,
  },
  {
    id: 'info',
    header: /^INFO: (?<text>trying to register non-static key)/,
    titles: ['INFO: {text} in {frame}', 'INFO: {text}'],
    skip: LOCKING,
    stack: 'trace',
    end: TRACE_END,
  },
  {
    id: 'other-bug',
    header: /^(?:[\w-]+: )?BUG: (?<text>.*)$/,
    titles: ['BUG: {text}'],
    stack: 'regs',
  },
  {
    id: 'other-warning',
    header: /^WARNING: (?<text>.*)$/,
    titles: ['WARNING: {text}'],
    stack: 'regs',
  },
];

/** A page dump that no header follows (mm/debug.c: dump_page). Made by the scanner, never by a header. */
export const PAGE_DUMP: OopsClass = {
  id: 'page-dump',
  header: /^page dumped because: (?<dumpReason>.*)$/,
  titles: ['page dumped because: {dumpReason}'],
  stack: 'none',
};

/** Reasons of a panic that only repeat the report before it (panic_on_oops, hung_task_panic, panic_on_warn …). */
export const PANIC_REPEATS =
  /^(?:Fatal exception|kernel: panic_on_warn set|panic_on_warn set|hung_task: blocked tasks|softlockup: hung tasks|Hard LOCKUP|RCU Stall|KASAN: panic|KFENCE: panic|UBSAN: panic|panic_on_\w+ set)/;

/** Lines that follow a header and look like one of their own. */
export const CONTINUES = /^Oops: (?:Oops|invalid opcode): /;
