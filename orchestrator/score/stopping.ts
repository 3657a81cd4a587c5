import type { Case } from '../scenario/schema.js';
import type { Suite } from '../scenario/suite-file.js';
import { sha256 } from '../store/hash.js';
import type { TestRecord } from '../store/records.js';

/** How long upstream's program may run on a mutant, which may hang it, in milliseconds before the time scale. */
const UPSTREAM_MS = 40_000;

/**
 * The cases with one of every scenario first, then the second of each, and so on: what a mutant breaks is seen by one
 * scenario long before the hundreds of cases of another have run.
 */
export function breadthFirst(cases: readonly Case[]): Case[] {
  const seen = new Map<string, number>();
  const ranked = cases.map((one) => {
    const rank = seen.get(one.scenario) ?? 0;
    seen.set(one.scenario, rank + 1);
    return { one, rank };
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ one }) => one);
}

/**
 * The suites as they run on mutants: scenarios breadth first and up to the first failure, upstream's programs to their end.
 * Their digests are others than those of the whole suites: what they leave out is no result.
 * @param base what the kernel without any mutant comes to
 */
export function stoppingSuites(suites: readonly Suite[], base: readonly TestRecord[]): Suite[] {
  const failing = base.filter((test) => !passed(test)).map(({ id }) => id);
  return suites.map((suite) =>
    // Stops by itself, and is refused for mutants: a score must not depend on a seed.
    suite.kind === 'random'
      ? suite
      : suite.kind === 'scenarios'
        ? {
            ...suite,
            cases: breadthFirst(suite.cases),
            digest: sha256(suite.digest, 'up to the first failure', ...failing.toSorted()),
          }
        : {
            ...suite,
            deadlineMs: Math.min(suite.deadlineMs, UPSTREAM_MS),
            digest: sha256(suite.digest, String(UPSTREAM_MS)),
          },
  );
}

/** Whether a failure is one that the kernel without the mutant does not have. */
export function isNewTo(base: readonly TestRecord[]): (failure: TestRecord) => boolean {
  const good = new Set(base.filter(passed).map(({ id }) => id));
  return ({ id }) => good.has(id);
}

function passed({ verdict }: TestRecord): boolean {
  return verdict === 'pass' || verdict === 'known';
}
