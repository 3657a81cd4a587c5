import type { Effects } from '../../../orchestrator/model/operation.js';
import type { Splat as ModelSplat } from '../../../orchestrator/model/traps.js';
import type { Sent } from '../../../orchestrator/scenario/session.js';
import type { Splat } from '../../../orchestrator/store/records.js';
import type { Lines } from './lines.js';
import type { ObjectCode } from './object-code.js';

/** The end of a step by the model: a crash, a hang, or pages that go to code which the model does not have. */
export interface Foretold {
  readonly kind: 'crash' | 'hang' | 'foreign';
  readonly splat: ModelSplat;
}

export function foretold({ crash, hang, foreign }: Effects): Foretold | undefined {
  if (crash) return { kind: 'crash', splat: crash };
  if (hang) return { kind: 'hang', splat: hang };
  return foreign && { kind: 'foreign', splat: foreign };
}

/** The end that a guest came to, in the words of its console or stack. */
export interface Seen {
  readonly kind: 'crash' | 'hang' | 'silence';
  /** For a reader: the line, the title with the address, or the inner frames of the stack. */
  readonly where: string;
  /** `include/linux/page-flags.h:345`, where it says one. */
  readonly line?: string;
  /** What an oops could not read. */
  readonly address?: string;
  readonly frames: readonly string[];
  readonly text: string;
}

/** Complaints after which the kernel goes on. */
const WARNINGS = new Set(['warning', 'other-warning', 'page-dump']);

export function isWarning(splat: Splat): boolean {
  return WARNINGS.has(splat.fields['class'] ?? '');
}

/**
 * `file:line` of a complaint. The compiler may have been called from another folder; a module names headers by their whole
 * path, below the folder `src` of the build.
 */
export function lineOf(splat: Splat): string | undefined {
  const { file, line } = splat.fields;
  if (file === undefined || line === undefined) return undefined;
  return `${file.replace(/^\/.*\/src\//, '').replace(/^(\.\.?\/)+/, '')}:${line}`;
}

/** What ended a step that did not come back, or came back with the kernel broken; undefined where it went well. */
export function seenEnd(sent: Sent, nameOf: Lines['nameOf']): Seen | undefined {
  if (sent.kind === 'broken') return undefined;
  const fatal = sent.splats.filter((splat) => !isWarning(splat));
  const main = fatal.find((splat) => !splat.corrupted) ?? fatal[0];
  if (main !== undefined) {
    const { address } = main.fields;
    const raw = lineOf(main);
    const line = raw === undefined ? undefined : nameOf(raw);
    return {
      kind: 'crash',
      where: line ?? (address === undefined ? main.title : `${main.title} (${address})`),
      ...(line === undefined ? {} : { line }),
      ...(address === undefined ? {} : { address }),
      frames: main.frames,
      text: main.text,
    };
  }
  if (sent.kind === 'hang') {
    const frames = (sent.reply.stack ?? []).map((line) => line.replace(/\+0x.*$/, ''));
    return { kind: 'hang', where: frames.slice(0, 3).join(' < '), frames, text: frames.join('\n') };
  }
  if (sent.kind === 'lost') return { kind: 'silence', where: sent.why, frames: [], text: sent.console };
  return undefined;
}

/**
 * Whether a guest's end is the one foretold. A BUG names its line. An oops names the address that was read, where the
 * model foretells one, and has the function of the line among its frames; a task that hangs waits in one.
 */
export async function sameEnd(
  { kind, splat }: Foretold,
  seen: Seen,
  functionOf: Lines['functionOf'],
  code: ObjectCode,
): Promise<boolean> {
  // What the page allocator makes of such a page is not foretold; that it comes there was.
  if (kind === 'foreign') return true;
  if (kind !== seen.kind) return false;
  if (seen.line !== undefined) return splat.line === seen.line;
  const address = /address (0x[0-9a-f]+)/.exec(splat.why)?.[1];
  if (address !== undefined) return seen.address === address;
  const func = /:\d+$/.test(splat.line)
    ? await functionOf(splat.line)
    : splat.line.slice(splat.line.lastIndexOf(':') + 1);
  if (func === undefined) return false;
  const there = seen.frames.some((frame) => frame === func || frame.startsWith(`${func}.`));
  return kind === 'crash' ? there : waitsIn(func, there, seen.frames, code);
}

/**
 * Whether a task waits for a folio lock in a function. Where the wait is the last thing that it does, the compiler may
 * have made a jump of it, and of the one in `__folio_lock()` too: then the function that called it comes next on the stack, and
 * the object code must say all of that.
 */
async function waitsIn(
  func: string,
  onStack: boolean,
  frames: readonly string[],
  code: ObjectCode,
): Promise<boolean> {
  const last = frames.findLastIndex((frame) => WAITS.includes(frame));
  const [wait, caller] = [frames[last], frames[last + 1]];
  if (wait === undefined) return false;
  if (onStack) return true;
  return caller !== undefined && (await jumpsTo(wait, func, code)) && (await code.moduleCalls(caller, func));
}

async function jumpsTo(wait: string, func: string, code: ObjectCode): Promise<boolean> {
  if (await code.jumps(func, wait)) return true;
  for (const via of WAITS)
    if (via !== wait && (await code.jumps(func, via)) && (await code.jumps(via, wait))) return true;
  return false;
}

/** Where a task sleeps that waits for a folio lock (mm/filemap.c). */
const WAITS = ['folio_wait_bit_common', '__folio_lock'];
