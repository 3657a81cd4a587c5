import { factsOf } from '../run/points.js';
import { nothingCompiled } from '../run/leg.js';
import type { Leg } from '../run/leg.js';
import type { Suite } from '../scenario/suite-file.js';
import type { Mutant } from './mutant.js';
import type { MutantResult, Sight } from './record.js';
import { sightsOf } from './sight.js';
import { standingOf } from './standing.js';
import type { Watch } from './watch.js';

export interface Beside {
  /** The leg of the kernel without the mutant, in the same profile, and what describes that kernel. */
  readonly base: Leg;
  readonly baseName: string;
  /** Version of the suites. */
  readonly version: string;
  /** Name of the mutant that a point is; `the base` for 0. */
  readonly nameOf: (index: number) => string;
  /** All legs of this profile, for those that have the kernel of another. */
  readonly legs: readonly Leg[];
  readonly suites: readonly Suite[];
  readonly watch: Watch;
  /** What was known of it before. */
  readonly before?: MutantResult | undefined;
  readonly at: string;
}

const NOTHING: Sight = { verdict: 'error' };

/** The result of one mutant. Pure. */
export function resultOf(mutant: Mutant, leg: Leg, beside: Beside): MutantResult {
  const { base, legs, suites, watch, before } = beside;
  const common = { ...headOf(mutant, leg.profile, beside), buildMs: Math.round(leg.build.durationMs) };
  const blocked = cannotTell(leg);
  if (blocked !== undefined)
    return { ...common, ours: NOTHING, upstream: NOTHING, standing: 'cannot-tell', reason: blocked };
  const origin = legs.find(({ point }) => point.index === leg.inheritedFrom) ?? leg;
  const signature = leg.artifact?.signature;
  const kept = before?.kernelSignature === signature ? before : undefined;
  const seen = sightsOf(factsOf([base]), { ...factsOf([origin]), index: leg.point.index }, suites);
  const same = leg.inheritedFrom === base.point.index;
  // Of a run that was stopped, what failed until then did fail; what did not fail says nothing.
  if (leg.infra !== undefined && seen.ours.verdict !== 'killed')
    return {
      ...common,
      ...(signature === undefined ? {} : { kernelSignature: signature }),
      ours: { verdict: 'error', text: leg.infra },
      upstream: NOTHING,
      standing: 'infra',
      reason: leg.infra,
    };
  const ours = same ? seen.ours : timed(seen.ours, watch.oursMs(origin.point.index), kept?.ours);
  const upstream = same
    ? seen.upstream
    : leg.infra !== undefined && seen.upstream.verdict !== 'killed'
      ? NOTHING
      : timed(seen.upstream, watch.upstreamMs(origin.point.index), kept?.upstream);
  const testMs = same ? undefined : (leg.testMs ?? kept?.testMs);
  return {
    ...common,
    ...(signature === undefined ? {} : { kernelSignature: signature }),
    ...(leg.inheritedFrom === undefined ? {} : { sameAs: beside.nameOf(leg.inheritedFrom) }),
    ours,
    upstream,
    ...standingOf(mutant.expect, ours, same),
    ...(testMs === undefined ? {} : { testMs }),
  };
}

/** The result of a mutant that does not apply to the base. */
export function notApplied(
  mutant: Mutant,
  gitSays: string,
  profile: string,
  beside: Pick<Beside, 'baseName' | 'version' | 'at'>,
): MutantResult {
  const reason = `does not apply: ${gitSays.split('\n')[0] ?? ''}`;
  const head = headOf(mutant, profile, beside);
  return { ...head, buildMs: 0, ours: NOTHING, upstream: NOTHING, standing: 'cannot-tell', reason };
}

function headOf(
  { name, subject, file, line, expect, seenBy, why }: Mutant,
  profile: string,
  { baseName, version, at }: Pick<Beside, 'baseName' | 'version' | 'at'>,
): Pick<
  MutantResult,
  'name' | 'profile' | 'subject' | 'file' | 'line' | 'expect' | 'seenBy' | 'why' | 'base' | 'suites' | 'at'
> {
  const reason = why === undefined ? {} : { why };
  const where = { name, profile, subject, file, line, expect, seenBy };
  return { ...where, ...reason, base: baseName, suites: version, at };
}

/** A mistake in the mutant: it must compile, and change something that this config compiles. */
function cannotTell(leg: Leg): string | undefined {
  if (leg.build.status === 'failed') return `does not compile: ${leg.build.error ?? ''}`;
  if (nothingCompiled(leg)) return 'changes only what this config does not compile';
  if (leg.cannotTell !== undefined) return leg.cannotTell;
  if (leg.artifact === undefined || (leg.tested !== true && leg.inheritedFrom === undefined))
    return leg.infra === undefined ? 'did not finish' : undefined;
  return undefined;
}

function timed(sight: Sight, ms: number | undefined, before: Sight | undefined): Sight {
  const time = ms ?? (before?.verdict === sight.verdict ? before.ms : undefined);
  return time === undefined ? sight : { ...sight, ms: Math.round(time) };
}
