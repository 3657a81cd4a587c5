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
  splats: Splat[];
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
