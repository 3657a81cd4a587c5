import type { Splat as ModelSplat } from '../../../orchestrator/model/traps.js';
import type { Sent } from '../../../orchestrator/scenario/session.js';
import { isWarning, lineOf } from './ends.js';
import type { Lines } from './lines.js';

/** A warning of a guest. */
export interface SeenWarning {
  /** `mm/internal.h:737`, as 7.3 has it. */
  readonly line: string;
  /** `zone_device_page_init+0x5d`: the instruction, of which an inline function has one in each copy. */
  readonly site: string;
}

/** The warnings that a step printed. */
export function seenWarnings(sent: Sent, nameOf: Lines['nameOf']): SeenWarning[] {
  if (sent.kind === 'broken') return [];
  return sent.splats.filter(isWarning).map((splat) => ({
    line: nameOf(lineOf(splat) ?? splat.title),
    // lib/bug.c, __warn(): "WARNING: file:line at func+0x…/0x…"; before 6.19 without the "at".
    site: /WARNING: .*?([\w.]+\+0x[0-9a-f]+)\/0x/.exec(splat.text)?.[1] ?? '',
  }));
}

/**
 * `_ONCE` warnings since a reset, which rearms them. The kernel keeps BUGFLAG_DONE in the entry of `__bug_table`
 * (__report_bug(), lib/bug.c), so each copy that the compiler made of an inline function speaks once.
 */
export class WarnOnce {
  readonly #spoken = new Map<string, Set<string>>();

  /**
   * What is wrong with the warnings of a step; undefined if nothing. A line that is foretold speaks, unless it is a
   * `_ONCE` that has spoken; that one may speak again, but only from a copy that has not.
   */
  check(foretold: readonly ModelSplat[], seen: readonly SeenWarning[]): string | undefined {
    const once = new Map(foretold.map(({ line, why }) => [line, why.includes('_ONCE')]));
    const due = [...once].filter(([line, isOnce]) => !isOnce || !this.#spoken.has(line));
    const silent = due.filter(([line]) => seen.every((one) => one.line !== line)).map(([line]) => line);
    const surplus: string[] = [];
    for (const { line, site } of seen) {
      const isOnce = once.get(line);
      const sites = this.#spoken.get(line) ?? new Set();
      if (isOnce === undefined) surplus.push(line);
      else if (isOnce && (sites.has(site) || site === '')) surplus.push(`${line} again from ${site}`);
      if (isOnce === true) this.#spoken.set(line, sites.add(site));
    }
    if (silent.length === 0 && surplus.length === 0) return undefined;
    return `warnings foretold and not seen: ${list(silent)}; seen and not foretold: ${list(surplus)}`;
  }
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? 'none' : [...new Set(lines)].sort().join(', ');
}
