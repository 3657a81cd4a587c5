import type { Intake } from '../series/intake.js';
import type { AppliedPoint } from '../series/types.js';
import { sha256 } from '../store/hash.js';
import type { BuildRecord, PointRecord } from '../store/records.js';
import type { PointFacts } from '../verdict/point-tests.js';
import { legTestId } from './leg-events.js';
import { nothingCompiled } from './leg.js';
import type { Leg } from './leg.js';

/**
 * The points that a run tests: the base always, then all of the series or its last one. What the last one changes is
 * then what the whole series changes: it is compared with the base.
 */
export function choosePoints(points: readonly AppliedPoint[], which: 'all' | 'ends'): AppliedPoint[] {
  if (which === 'all') return [...points];
  const last = points.at(-1);
  const base = points.filter((point) => point.index === 0);
  if (last === undefined || last.index === 0) return base;
  const changed = points.flatMap((point) => (point.index === 0 ? [] : point.changed));
  return [...base, { ...last, changed: [...new Set(changed)].toSorted() }];
}

/**
 * Legs of one point, each with its results. Where only some profiles have the kernel of an earlier point, the results
 * of those are copied here, since the point as a whole inherits nothing.
 * @param legs all legs of the run
 */
export function legsOf(point: AppliedPoint, legs: readonly Leg[]): Leg[] {
  const own = legs.filter((leg) => leg.point.index === point.index);
  const from = new Set(own.map((leg) => leg.inheritedFrom));
  if (from.size <= 1) return own;
  return own.map((leg) => {
    const origin = legs.find(
      (other) => other.profile === leg.profile && other.point.index === leg.inheritedFrom,
    );
    if (origin === undefined) return leg;
    const { tests, splats, cannotTell, infra } = origin;
    return {
      ...leg,
      tests,
      splats,
      ...(cannotTell === undefined ? {} : { cannotTell }),
      ...(infra === undefined ? {} : { infra }),
    };
  });
}

/** One point out of its legs. With one profile that is the leg itself; with more, test ids carry the profile. */
export function factsOf(
  legs: readonly Leg[],
): PointFacts & Pick<PointRecord, 'notCompiled' | 'kernelSignature'> {
  const [first] = legs;
  if (first === undefined) throw new Error('a point without legs');
  const several = legs.length > 1;
  const { point } = first;
  const signatures = legs.flatMap(({ artifact }) => (artifact === undefined ? [] : [artifact.signature]));
  const inherited = legs.every(
    (leg) => leg.inheritedFrom !== undefined && leg.inheritedFrom === first.inheritedFrom,
  );
  const moduleError = legs.find((leg) => leg.cannotTell !== undefined)?.cannotTell;
  const infra = legs.find((leg) => leg.infra !== undefined)?.infra;
  return {
    index: point.index,
    subject: point.subject,
    build: worstBuild(legs),
    tests: legs.flatMap((leg) =>
      leg.tests.map((test) => ({ ...test, id: legTestId(test.id, leg.profile, several) })),
    ),
    splats: legs.flatMap(({ splats }) => splats),
    notCompiled: first.notCompiled.filter((file) => legs.every((leg) => leg.notCompiled.includes(file))),
    onlyNotCompiled: legs.every(nothingCompiled) && first.artifact !== undefined,
    ...testTime(legs),
    ...(signatures.length === legs.length
      ? { kernelSignature: several ? sha256(...signatures) : (signatures[0] ?? '') }
      : {}),
    ...(inherited && first.inheritedFrom !== undefined ? { inheritedFrom: first.inheritedFrom } : {}),
    ...(moduleError === undefined ? {} : { moduleError }),
    ...(infra === undefined ? {} : { infra }),
  };
}

function testTime(legs: readonly Leg[]): { testMs?: number } {
  const times = legs.flatMap(({ testMs }) => (testMs === undefined ? [] : [testMs]));
  return times.length === 0 ? {} : { testMs: times.reduce((sum, ms) => sum + ms, 0) };
}

function worstBuild(legs: readonly Leg[]): BuildRecord {
  const order: readonly BuildRecord['status'][] = ['not-applied', 'failed', 'not-run', 'built', 'cached'];
  const worst = order.flatMap((status) => legs.filter((leg) => leg.build.status === status))[0];
  if (worst === undefined) throw new Error('a point without legs');
  const { error } = worst.build;
  const named = legs.length > 1 && error !== undefined ? { error: `profile ${worst.profile}: ${error}` } : {};
  return {
    ...worst.build,
    ...named,
    durationMs: Math.round(legs.reduce((sum, leg) => sum + leg.build.durationMs, 0)),
  };
}

/** Facts about the first patch that does not apply and of those after it, which nobody tried. */
export function unappliedFacts(intake: Intake): PointFacts[] {
  const { failed, series } = intake;
  if (failed === undefined || series === undefined) return [];
  return series.patches
    .filter((patch) => patch.index >= failed.index)
    .map((patch) => ({
      index: patch.index,
      subject: patch.subject,
      build:
        patch.index === failed.index
          ? { status: 'not-applied', durationMs: 0, error: failed.gitSays }
          : { status: 'not-run', durationMs: 0, error: `patch ${failed.index} does not apply` },
      tests: [],
      splats: [],
    }));
}
