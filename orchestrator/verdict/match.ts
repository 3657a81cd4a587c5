import type { Deviation } from '../store/records.js';
import { inRange } from './kernel-range.js';
import type { KnownIssue } from './known-issues.js';

type Matched = Pick<Deviation, 'kind' | 'field' | 'mask' | 'transition'>;

export interface KnownContext {
  /** Version of the kernel under test, for example `7.3.4` or `7.3.0-rc7`. */
  readonly kernel: string;
  /** Day of the run, `2026-11-23`; an entry still holds on the day it expires. */
  readonly today: string;
}

export interface KnownMatcher {
  /** Id of the entry that covers the deviation. */
  readonly match: (deviation: Matched) => string | undefined;
  /** Entries for this kernel that would hold, had they not expired: to be reported. */
  readonly expired: readonly KnownIssue[];
}

/** The entries that hold for one kernel on one day. */
export function knownMatcher(issues: readonly KnownIssue[], context: KnownContext): KnownMatcher {
  const here = issues.filter((issue) => inRange(context.kernel, issue.kernelRange));
  const valid = here.filter((issue) => issue.expires >= context.today);
  return {
    match: (deviation) => valid.find((issue) => covers(issue, deviation))?.id,
    expired: here.filter((issue) => issue.expires < context.today),
  };
}

/**
 * Whether an entry covers one deviation: kind and field equal, transition matched, and every differing bit inside
 * the entry's mask. A deviation without a mask is covered only by `mask: any`, one without a transition by nothing:
 * nobody could say that it is no more than what the entry describes.
 */
export function covers(issue: KnownIssue, deviation: Matched): boolean {
  const { match } = issue;
  if (deviation.kind !== match.kind) return false;
  if (!match.field.includes(deviation.field)) return false;
  const { transition } = deviation;
  if (transition === undefined || !match.transition.some((pattern) => glob(pattern, transition)))
    return false;
  if (match.mask === 'any') return true;
  return deviation.mask !== undefined && (BigInt(deviation.mask) & ~BigInt(match.mask)) === 0n;
}

/** Marks each deviation that is known; `allKnown` only if there is at least one and none is left over. */
export function markKnown(
  deviations: readonly Deviation[],
  matcher: KnownMatcher,
): { deviations: Deviation[]; allKnown: boolean } {
  const marked = deviations.map((deviation): Deviation => {
    const { known: _before, ...bare } = deviation;
    const known = matcher.match(deviation);
    return known === undefined ? bare : { ...bare, known };
  });
  return {
    deviations: marked,
    allKnown: marked.length > 0 && marked.every((one) => one.known !== undefined),
  };
}

function glob(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}
