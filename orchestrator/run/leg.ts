import type { KernelArtifact } from '../kernel/artifact.js';
import type { AppliedPoint } from '../series/types.js';
import type { BuildRecord, Splat, TestRecord } from '../store/records.js';

/**
 * One point under one config profile: what was built of it and what its tests said. A point of a run with several
 * profiles has several legs; its record is made of all of them.
 */
export interface Leg {
  readonly point: AppliedPoint;
  readonly profile: string;
  build: BuildRecord;
  artifact?: KernelArtifact;
  /** Why nothing of this leg can be told: the build failed, the module does not load. Empty while all is well. */
  cannotTell?: string;
  /** Ours: the machine failed, not the patch. */
  infra?: string;
  notCompiled: readonly string[];
  /** Index of the earlier point whose kernel is the same. */
  inheritedFrom?: number;
  tests: TestRecord[];
  /** Wall time of booting and testing, in milliseconds. */
  testMs?: number;
  splats: Splat[];
  /** All of its suites came to their end. */
  tested?: true;
}

export function newLeg(point: AppliedPoint, profile: string): Leg {
  return {
    point,
    profile,
    build: { status: 'not-run', durationMs: 0 },
    notCompiled: [],
    tests: [],
    splats: [],
  };
}

/** A point whose patch changes only files that this config does not compile was not tested by testing it. */
export function nothingCompiled(leg: Leg): boolean {
  return (
    leg.point.index > 0 && leg.point.changed.length > 0 && leg.notCompiled.length === leg.point.changed.length
  );
}

/** Whether everything about the leg is known: nothing that was still to come could change it. */
function isComplete(leg: Leg): boolean {
  if (leg.build.status === 'failed' || leg.tested === true || leg.inheritedFrom !== undefined) return true;
  return leg.artifact !== undefined && nothingCompiled(leg);
}

/**
 * The legs of a run that was stopped, one for each point and profile: what is complete stays, the others keep the
 * results they have and say in `infra` that they are not all.
 */
export function stoppedLegs(
  points: readonly AppliedPoint[],
  profiles: readonly string[],
  legs: readonly Leg[],
  why: string,
): Leg[] {
  return profiles.flatMap((profile) =>
    points.map((point) => {
      const leg =
        legs.find((one) => one.point === point && one.profile === profile) ?? newLeg(point, profile);
      return isComplete(leg) ? leg : { ...leg, infra: leg.infra ?? `did not finish: ${why}` };
    }),
  );
}
