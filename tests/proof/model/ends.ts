import type { Effects } from '../../../orchestrator/model/operation.js';
import type { Splat as ModelSplat } from '../../../orchestrator/model/traps.js';
import type { Sent } from '../../../orchestrator/scenario/session.js';
import type { Splat } from '../../../orchestrator/store/records.js';

/** The crash or hang that a step ends in, by the model. */
export interface Foretold {
  readonly kind: 'crash' | 'hang';
  readonly splat: ModelSplat;
}

export function foretold({ crash, hang }: Effects): Foretold | undefined {
  if (crash) return { kind: 'crash', splat: crash };
  return hang ? { kind: 'hang', splat: hang } : undefined;
}

/** The end that a guest came to, in the words of its console or stack. */
export interface Seen {
  readonly kind: 'crash' | 'hang' | 'silence';
  /** `include/linux/page-flags.h:345`, an address, or the inner frames of the stack. */
  readonly where: string;
  readonly frames: readonly string[];
  readonly text: string;
}

/** Complaints after which the kernel goes on. */
const WARNINGS = new Set(['warning', 'other-warning', 'page-dump']);

export function isWarning(splat: Splat): boolean {
  return WARNINGS.has(splat.fields['class'] ?? '');
}

/** `file:line` of a complaint; the compiler may have been called from another folder. */
export function lineOf(splat: Splat): string | undefined {
  const { file, line } = splat.fields;
  return file === undefined || line === undefined ? undefined : `${file.replace(/^(\.\.?\/)+/, '')}:${line}`;
}

/** What ended a step that did not come back, or came back with the kernel broken; undefined where it went well. */
export function seenEnd(sent: Sent): Seen | undefined {
  if (sent.kind === 'broken') return undefined;
  const fatal = sent.splats.filter((splat) => !isWarning(splat));
  const main = fatal.find((splat) => !splat.corrupted) ?? fatal[0];
  if (main !== undefined) {
    const address = main.fields['address'];
    const where = lineOf(main) ?? (address === undefined ? main.title : `${main.title} (${address})`);
    return { kind: 'crash', where, frames: main.frames, text: main.text };
  }
  if (sent.kind === 'hang') {
    const frames = (sent.reply.stack ?? []).map((line) => line.replace(/\+0x.*$/, ''));
    return { kind: 'hang', where: frames.slice(0, 3).join(' < '), frames, text: frames.join('\n') };
  }
  if (sent.kind === 'lost') return { kind: 'silence', where: sent.why, frames: [], text: sent.console };
  return undefined;
}

/** Functions whose frames show that a task waits where the model says it does. */
const WAITS: Readonly<Record<string, readonly string[]>> = {
  'mm/memremap.c:524': ['folio_wait_bit_common', 'zone_device_page_init'],
};

/**
 * Whether a guest's end is the one foretold. A line number must be the line of the splat; where the model names a
 * function or an address instead, the oops must be in that function's file or at that address.
 */
export function sameEnd({ kind, splat }: Foretold, seen: Seen): boolean {
  if (kind !== seen.kind) return false;
  if (kind === 'hang') {
    const wanted = WAITS[splat.line] ?? [splat.line];
    return wanted.every((name) =>
      seen.frames.some((frame) => frame === name || frame.startsWith(`${name}.`)),
    );
  }
  if (/:\d+$/.test(splat.line)) return splat.line === seen.where;
  const address = /address (0x[0-9a-f]+)/.exec(splat.why)?.[1];
  if (address !== undefined) return seen.where.endsWith(`(${address})`);
  const func = splat.line.slice(splat.line.lastIndexOf(':') + 1);
  return seen.frames.some((frame) => frame === func);
}

/** Lines of the warnings that a step printed, each once. */
export function seenWarnings(sent: Sent): string[] {
  if (sent.kind === 'broken') return [];
  return [...new Set(sent.splats.filter(isWarning).map((splat) => lineOf(splat) ?? splat.title))].sort();
}

/** Remembers which `_ONCE` warnings have spoken since the last reset, which rearms them. */
export class WarnOnce {
  readonly #spoken = new Set<string>();

  reset(): void {
    this.#spoken.clear();
  }

  /** Lines of the warnings that a step must print, each once. */
  expected(warnings: readonly ModelSplat[]): string[] {
    const lines = new Set<string>();
    for (const { line, why } of warnings) {
      const once = why.includes('_ONCE');
      if (once && this.#spoken.has(line)) continue;
      if (once) this.#spoken.add(line);
      lines.add(line);
    }
    return [...lines].sort();
  }
}
