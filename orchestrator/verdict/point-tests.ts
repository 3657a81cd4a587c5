import type { PointRecord, Splat, TestRecord } from '../store/records.js';

/** Id of the test that a kernel boots; `runs` counts the attempts. */
export const BOOT_TEST = 'boot';
/** Whether an id is that of booting; in a run with several profiles it is `boot@<profile>`. */
export function isBoot(id: string): boolean {
  return id === BOOT_TEST || id.startsWith(`${BOOT_TEST}@`);
}
/** Prefix of the tests made of splats that no test owns: `console/<title>`. */
export const CONSOLE_PREFIX = 'console/';

/**
 * What the verdict on a point is made of: its record, as far as it is known before the verdict, and what only the
 * runner of the point can tell.
 */
export interface PointFacts extends Pick<
  PointRecord,
  'index' | 'subject' | 'build' | 'testMs' | 'tests' | 'splats' | 'inheritedFrom'
> {
  /** Every file that the point changes is one that this config does not compile. */
  readonly onlyNotCompiled?: boolean;
  /** Why the guest module cannot be used here: it does not compile against this tree, or does not load. */
  readonly moduleError?: string;
  /** What went wrong on our side, if anything did. */
  readonly infra?: string;
}

/**
 * The record of booting: passed at the first attempt, flaky if it took another (a retry is data, and what the first
 * one showed is kept), or failed at every one.
 */
export function bootRecord(boot: {
  readonly booted: boolean;
  readonly attempts: number;
  readonly reason?: string;
  readonly splats?: readonly Splat[];
  readonly evidence?: readonly string[];
  readonly durationMs: number;
}): TestRecord {
  const atOnce = boot.booted && boot.attempts === 1;
  return {
    id: BOOT_TEST,
    suite: BOOT_TEST,
    verdict: atOnce ? 'pass' : boot.booted ? 'flaky' : 'fail',
    ...(atOnce ? {} : { kind: 'boot' as const, failureKey: bootKey(boot.splats ?? []) }),
    runs: boot.attempts,
    matches: boot.booted ? boot.attempts - 1 : boot.attempts,
    ...(boot.reason === undefined ? {} : { reason: boot.reason }),
    deviations: [],
    splats: [...(boot.splats ?? [])],
    evidence: [...(boot.evidence ?? [])],
    durationMs: boot.durationMs,
    reused: false,
  };
}

function bootKey(splats: readonly Splat[]): string {
  const first = splats.find((splat) => !splat.corrupted);
  return first === undefined ? 'boot' : `boot: ${first.title}`;
}

/**
 * The tests of a point with its stray splats as tests of their own. `titles` are those of all points, so that a
 * splat that is absent here counts as a pass. A corrupted splat is kept in the record and is no evidence.
 */
export function withConsole(facts: PointFacts, titles: ReadonlySet<string>): readonly TestRecord[] {
  const booted = facts.tests.some((test) => isBoot(test.id) && test.verdict !== 'fail');
  if (!booted && facts.splats.length === 0) return facts.tests;
  const stray = [...titles].map((title): TestRecord => {
    const splat = facts.splats.find((one) => one.title === title && !one.corrupted);
    const common = {
      id: `${CONSOLE_PREFIX}${title}`,
      suite: 'console',
      runs: 1,
      deviations: [],
      evidence: [],
    };
    return splat === undefined
      ? { ...common, verdict: 'pass', matches: 0, splats: [], durationMs: 0, reused: false }
      : {
          ...common,
          verdict: 'fail',
          kind: 'splat',
          failureKey: `splat: ${title}`,
          reason: title,
          matches: 1,
          splats: [splat],
          durationMs: 0,
          reused: false,
        };
  });
  return [...facts.tests, ...stray];
}

/** Titles of all splats that no test owns, at any point. */
export function consoleTitles(points: readonly PointFacts[]): ReadonlySet<string> {
  return new Set(
    points.flatMap(({ splats }) => splats.filter((splat) => !splat.corrupted).map(({ title }) => title)),
  );
}
