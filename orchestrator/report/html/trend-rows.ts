import { sameSeries } from '../../verdict/same-series.js';
import type { SeriesName } from '../../verdict/same-series.js';
import type { RunDigest } from '../digest.js';

/** Earlier versions of a series, and earlier runs of the same version or base, that are listed. */
const VERSIONS_MOST = 8;
const RUNS_MOST = 4;
const TREE_RUNS_MOST = 12;

/** A run beside the last one before it that was tested to its end. */
export interface Against {
  /** Tests that fail now and did not before. */
  readonly appeared: readonly string[];
  /** Tests that fail in both, for another reason. */
  readonly otherwise: readonly string[];
  /** Tests that do not fail any more. */
  readonly gone: readonly string[];
  /** Tests that failed and were skipped this time. */
  readonly notRun: readonly string[];
  /** Number of those that fail in both alike. */
  readonly still: number;
}

export interface TrendRow {
  readonly digest: RunDigest;
  /** Absent for the first, and for a run that was not tested to its end: what it did not come to says nothing. */
  readonly against?: Against;
}

/**
 * Runs of the same series up to this version, the last one of each version before it, in the order of the versions; where there is
 * no series, of the same base, by their time. Only runs that were asked for the same tests. This one is the last.
 */
export function trendOf(own: RunDigest, all: readonly RunDigest[]): readonly TrendRow[] {
  const earlier = all
    .filter((one) => one.id !== own.id && one.startedAt < own.startedAt && akin(one, own))
    .toSorted((one, other) => versionOf(one) - versionOf(other) || byTime(one, other));
  let before: RunDigest | undefined;
  return [...chosen(earlier, own), own].map((digest) => {
    const against = before === undefined || !isComplete(digest) ? undefined : beside(before, digest);
    if (isComplete(digest)) before = digest;
    return { digest, ...(against === undefined ? {} : { against }) };
  });
}

function chosen(earlier: readonly RunDigest[], own: RunDigest): readonly RunDigest[] {
  if (own.series === undefined) return earlier.slice(1 - TREE_RUNS_MOST);
  const same = earlier.filter((one) => versionOf(one) === versionOf(own));
  const others = new Map<number, RunDigest>();
  for (const one of earlier.filter((run) => versionOf(run) < versionOf(own))) {
    const known = others.get(versionOf(one));
    // A run that was cut off stands for its version only where there is no other.
    if (known === undefined || isComplete(one) || !isComplete(known)) others.set(versionOf(one), one);
  }
  return [...[...others.values()].slice(-VERSIONS_MOST), ...same.slice(-RUNS_MOST)];
}

function akin(one: RunDigest, own: RunDigest): boolean {
  if (one.profiles.join() !== own.profiles.join() || one.asked !== own.asked) return false;
  if (own.series !== undefined)
    return one.series !== undefined && isAnother(one.series, own.series) && versionOf(one) <= versionOf(own);
  return one.series === undefined && one.base.commit === own.base.commit;
}

type Series = NonNullable<RunDigest['series']>;

function isAnother(one: Series, own: Series): boolean {
  return sameSeries(nameOf(one), nameOf(own));
}

function nameOf({ title, subjects = [] }: Series): SeriesName {
  return { title, subjects };
}

function beside(before: RunDigest, now: RunDigest): Against {
  const [was, is] = [keysOf(before), keysOf(now)];
  const appeared = now.failing.filter((id) => !was.has(id));
  // Digests of before have no keys: then a test that fails is all that is known.
  const otherwise = now.failing.filter((id) => differ(was.get(id), is.get(id)));
  const skipped = new Set(now.skipped);
  const lost = before.failing.filter((id) => !is.has(id));
  return {
    appeared,
    otherwise,
    gone: lost.filter((id) => !skipped.has(id)),
    notRun: lost.filter((id) => skipped.has(id)),
    still: now.failing.length - appeared.length - otherwise.length,
  };
}

function keysOf({ failing, keys = [] }: RunDigest): ReadonlyMap<string, string> {
  return new Map(failing.map((id, i) => [id, keys[i] ?? '']));
}

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one !== '' && other !== '' && one !== other;
}

function isComplete({ complete = true }: RunDigest): boolean {
  return complete;
}

function versionOf({ series }: RunDigest): number {
  return series?.version ?? 0;
}

function byTime(one: RunDigest, other: RunDigest): number {
  return one.startedAt < other.startedAt ? -1 : 1;
}
