import type { Splat } from '../store/records.js';
import { CLASSES, CONTINUES, PAGE_DUMP, PANIC_REPEATS } from './classes.js';
import type { OopsClass } from './classes.js';
import { consoleLine } from './line.js';
import type { ConsoleLine } from './line.js';
import { pageDumpFields } from './page-dump.js';
import { OpenReport } from './report.js';

/** Lines kept of one report. A KASAN report with two stacks and a page dump has about 90. */
const MAX_LINES = 200;
/** Characters after which a line without an end is taken as it is; printk's own limit is 1024. */
const MAX_LINE = 16_384;
/** A panic that repeats a report ends it: at once where it has its stack, else from this length on. */
const PANIC_AFTER_LINES = 22;
/** Lines after which a page dump, or the text after "cut here", belongs to no header any more. */
const PATIENCE = 10;
/** A WARNING or BUG this near to the message that announces it is the same report. */
const PRECURSOR_LINES = 4;

const CUT_HERE = /^-+\[ cut here \]-+/;
const DUMP_START = /^page:\s*\S*\s*refcount:/;
const END_TRACE = /^---\[ end (?:trace|Kernel panic)/;

/** What was printed ahead of a possible header. */
interface Preamble {
  lines: string[];
  fields: Record<string, string>;
  isDump: boolean;
  age: number;
}

interface Context {
  open: OpenReport | undefined;
  preamble: Preamble | undefined;
}

/**
 * Finds the kernel's complaints in console text as it streams. Every printk context (`[T70]`, `[C0]`) is read on
 * its own, so that two CPUs that complain at once do not mix. `push` gives the splats that became complete with
 * that text, in the order of their ends; `end` those that are still open.
 */
export class SplatScanner {
  private rest = '';
  private readonly contexts = new Map<string, Context>();
  private seen = 0;
  private done: Splat[] = [];

  /** A report has begun, complete or not: the moment to stop trusting the guest. */
  get alarmed(): boolean {
    return this.seen > 0;
  }

  push(text: string): Splat[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > MAX_LINE) lines.push(this.takeRest());
    for (const line of lines) this.line(consoleLine(line));
    return this.taken();
  }

  end(): Splat[] {
    if (this.rest !== '') this.line(consoleLine(this.takeRest()));
    for (const context of this.contexts.values()) {
      this.close(context);
      this.dropPreamble(context);
    }
    return this.taken();
  }

  private takeRest(): string {
    const { rest } = this;
    this.rest = '';
    return rest;
  }

  private taken(): Splat[] {
    const splats = this.done;
    this.done = [];
    return splats;
  }

  private line(line: ConsoleLine): void {
    const context = this.context(line.context);
    const header = this.header(context, line);
    if (header === 'absorbed') return;
    if (header !== undefined) {
      this.close(context);
      this.start(context, header.oops, header.values, line);
      return;
    }
    if (context.open !== undefined) this.feed(context, context.open, line);
    else this.before(context, line);
  }

  private context(name: string): Context {
    const known = this.contexts.get(name);
    if (known !== undefined) return known;
    const context: Context = { open: undefined, preamble: undefined };
    this.contexts.set(name, context);
    return context;
  }

  /** The class that the line begins; 'absorbed' where it looks like a header and belongs to the open report. */
  private header(
    context: Context,
    line: ConsoleLine,
  ): { oops: OopsClass; values: Record<string, string> } | 'absorbed' | undefined {
    const oops = CLASSES.find((candidate) => candidate.header.test(line.text));
    if (oops === undefined) return undefined;
    const values = groups(oops.header, line.text);
    const { open } = context;
    if (oops.id === 'panic')
      return this.panic(context, values['text'] ?? '', line) ? 'absorbed' : { oops, values };
    if (open === undefined) return { oops, values };
    const follows = open.lineCount <= PRECURSOR_LINES && !open.hasFrames;
    const belongs =
      (CONTINUES.test(line.text) && !open.hasFrames) ||
      (follows && open.oops.precursor === true && (oops.id === 'warning' || oops.id === 'kernel-bug'));
    if (!belongs) return { oops, values };
    open.keepFields(values);
    open.take(line);
    return 'absorbed';
  }

  /** True where the panic only ends, or repeats, a report that is there already. */
  private panic(context: Context, reason: string, line: ConsoleLine): boolean {
    const { open } = context;
    if (open === undefined) return this.seen > 0 && PANIC_REPEATS.test(reason);
    if (!PANIC_REPEATS.test(reason) && open.hasFrames) return false;
    open.take(line);
    // Without a stack yet, the one that the panic prints is the report's.
    if (open.hasFrames || open.lineCount >= PANIC_AFTER_LINES) this.close(context);
    return true;
  }

  private start(context: Context, oops: OopsClass, values: Record<string, string>, line: ConsoleLine): void {
    const { preamble } = context;
    context.preamble = undefined;
    const report = new OpenReport(oops, values, preamble?.lines ?? [], preamble?.fields ?? {});
    context.open = report;
    this.seen++;
    report.take(line);
    if (oops.stack === 'none') this.close(context);
  }

  private feed(context: Context, report: OpenReport, line: ConsoleLine): void {
    const begins = CUT_HERE.test(line.text) || (report.oops.end === undefined && DUMP_START.test(line.text));
    if (begins && report.traceDone) {
      this.close(context);
      this.before(context, line);
      return;
    }
    report.take(line);
    const last = END_TRACE.test(line.text) || (report.oops.end?.test(line.text) === true && report.hasFrames);
    if (last || report.lineCount >= MAX_LINES) this.close(context);
  }

  /** Outside of a report: a page dump or a message after "cut here" may announce one. */
  private before(context: Context, line: ConsoleLine): void {
    const fields = pageDumpFields(line.text);
    const { preamble } = context;
    if (CUT_HERE.test(line.text) || (fields !== undefined && preamble === undefined)) {
      const kept = preamble ?? { lines: [], fields: {}, isDump: false, age: 0 };
      context.preamble = kept;
      this.addBefore(kept, line, fields);
      return;
    }
    if (preamble === undefined) return;
    this.addBefore(preamble, line, fields);
    if (preamble.age > PATIENCE) this.dropPreamble(context);
  }

  private addBefore(preamble: Preamble, line: ConsoleLine, fields: Record<string, string> | undefined): void {
    preamble.lines.push(line.raw);
    Object.assign(preamble.fields, fields ?? {});
    preamble.isDump ||= fields?.['dumpReason'] !== undefined;
    preamble.age = fields === undefined ? preamble.age + 1 : 0;
  }

  /** Gives up waiting for a header. A page dump is a complaint by itself, text after "cut here" is none. */
  private dropPreamble(context: Context): void {
    const { preamble } = context;
    context.preamble = undefined;
    if (preamble === undefined || !preamble.isDump) return;
    this.seen++;
    this.done.push(new OpenReport(PAGE_DUMP, {}, preamble.lines, preamble.fields).close());
  }

  private close(context: Context): void {
    const { open } = context;
    context.open = undefined;
    if (open !== undefined) this.done.push(open.close());
  }
}

/** All splats of a whole console log. */
export function scanConsole(text: string): Splat[] {
  const scanner = new SplatScanner();
  return [...scanner.push(text), ...scanner.end()];
}

function groups(pattern: RegExp, text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(pattern.exec(text)?.groups ?? {})) {
    if (typeof value === 'string') values[name] = value;
  }
  return values;
}
