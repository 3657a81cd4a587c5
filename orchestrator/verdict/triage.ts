import { z } from 'zod';
import { CiError } from '../process/errors.js';
import { check, parseYaml } from '../scenario/yaml-source.js';
import { FailureKind } from '../store/records.js';
import type { RunRecord, TestRecord } from '../store/records.js';
import { isBoot } from './point-tests.js';
import { sameSeries } from './same-series.js';
import type { SeriesName } from './same-series.js';

/** Kinds that nobody can excuse: a splat pierces every list. */
const PIERCING: ReadonlySet<FailureKind> = new Set(['splat', 'hang', 'boot']);

/** What somebody who looked at a failure says of it, in results/triage.yaml. */
export const TriageEntry = z.strictObject({
  /** `unrelated`: real, and not this series' doing. `invalid`: the test is wrong. */
  as: z.enum(['unrelated', 'invalid']),
  /** The failure key, equal at other points, in other runs and for other versions of the series. */
  signature: z.string().min(1),
  kind: FailureKind.refine((kind) => !PIERCING.has(kind), 'a splat, a hang or a lost boot is never excused'),
  /** Title of the series without its version, and the subjects of its patches: by these its next version is known. */
  series: z.string().min(1),
  subjects: z.array(z.string()),
  reason: z.string().min(20, 'say in a sentence how you know'),
  link: z.url({ protocol: /^https?$/ }),
  expires: z.iso.date(),
  /** Run and test that it was said of. */
  run: z.string(),
  test: z.string(),
});
export type TriageEntry = z.infer<typeof TriageEntry>;

const File = z.strictObject({ entries: z.array(TriageEntry) });

/** Parses results/triage.yaml. Throws CiError('usage') with file, line and column. */
export function parseTriage(text: string, label: string): readonly TriageEntry[] {
  try {
    const source = parseYaml(text, label);
    return check(source, File, source.value).entries;
  } catch (error) {
    if (!(error instanceof CiError)) throw error;
    const remedy = '`ci triage` writes entries; docs/formats.md describes the fields';
    throw new CiError(error.fault, error.message, { ...error.details, remedy });
  }
}

function isAbout({ series: title, subjects }: TriageEntry, series: SeriesName): boolean {
  return sameSeries({ title, subjects }, series);
}

/**
 * Marks the failures that an entry excuses for this series on this day. A test with a splat, a hang or a lost boot is
 * never marked, whatever its key is; an entry still holds on the day it expires.
 */
export function markTriaged(
  tests: readonly TestRecord[],
  entries: readonly TriageEntry[],
  series: SeriesName | undefined,
  today: string,
): TestRecord[] {
  const valid =
    series === undefined ? [] : entries.filter((entry) => entry.expires >= today && isAbout(entry, series));
  return tests.map((test) => {
    const { triaged: _before, ...bare } = test;
    if (pierces(test)) return bare;
    const entry = valid.find(({ signature, kind }) => signature === test.failureKey && kind === test.kind);
    return entry === undefined
      ? bare
      : {
          ...bare,
          triaged: { as: entry.as, reason: entry.reason, link: entry.link, expires: entry.expires },
        };
  });
}

/** Entries for this series that have expired and excuse nothing any more. */
export function expiredTriage(
  entries: readonly TriageEntry[],
  series: SeriesName | undefined,
  today: string,
): TriageEntry[] {
  return series === undefined
    ? []
    : entries.filter((entry) => entry.expires < today && isAbout(entry, series));
}

function pierces(test: TestRecord): boolean {
  return (
    (test.verdict !== 'fail' && test.verdict !== 'flaky') ||
    test.kind === undefined ||
    PIERCING.has(test.kind) ||
    test.splats.length > 0 ||
    isBoot(test.id)
  );
}

/**
 * The entry for a failing test of a run.
 * @throws CiError('usage') where there is nothing that an entry could be about: no series, no such failure, a splat
 */
export function triageEntry(
  run: RunRecord,
  name: string,
  said: Pick<TriageEntry, 'as' | 'reason' | 'link' | 'expires'>,
): TriageEntry {
  const { series } = run;
  if (series === undefined)
    throw new CiError('usage', `run ${run.id} has no series that an entry could be about`, {
      remedy: 'a deviation of the kernel itself belongs into results/known-issues.yaml',
    });
  const failed = run.points
    .flatMap(({ tests }) => tests)
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'flaky');
  const test = failed.find(({ id, suite }) => id === name || id.slice(suite.length + 1) === name);
  if (test === undefined)
    throw new CiError('usage', `${name} does not fail in run ${run.id}`, {
      remedy: failed.length === 0 ? 'nothing fails in it' : `failing: ${named(failed.map(({ id }) => id))}`,
    });
  if (pierces(test) || test.failureKey === undefined || test.kind === undefined)
    throw new CiError(
      'usage',
      `${test.id} is a ${test.kind ?? 'failure without a signature'}: ${test.failureKey ?? ''}`,
      {
        remedy:
          'a splat, a hang or a lost boot is never excused; without the kind of a deviation nothing can be recognised',
      },
    );
  const subjects = run.points.filter(({ index }) => index > 0).map(({ subject }) => subject);
  return {
    ...said,
    signature: test.failureKey,
    kind: test.kind,
    series: series.title,
    subjects,
    run: run.id,
    test: test.id,
  };
}

function named(ids: readonly string[]): string {
  const all = [...new Set(ids)];
  return `${all.slice(0, 8).join(', ')}${all.length > 8 ? ` … (${all.length} in all)` : ''}`;
}
