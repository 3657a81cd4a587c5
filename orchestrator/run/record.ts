import { randomBytes } from 'node:crypto';
import type { Intake } from '../series/intake.js';
import type { AskedFor, PointRecord, RunRecord } from '../store/records.js';
import { toolVersion } from '../store/version.js';
import type { KnownIssue } from '../verdict/known-issues.js';
import { knownMatcher } from '../verdict/match.js';
import type { PointFacts } from '../verdict/point-tests.js';
import { comparePoints } from '../verdict/points.js';
import { expiredTriage, markTriaged } from '../verdict/triage.js';
import type { SeriesName } from '../verdict/same-series.js';
import type { TriageEntry } from '../verdict/triage.js';
import type { RunDirectory } from './directory.js';
import type { GuestHost } from './guest-host.js';
import type { Leg } from './leg.js';
import type { RunOptions } from './options.js';
import type { Prepared } from './prepare.js';

/** The record of a run that has only begun. */
export function emptyRecord(
  options: RunOptions,
  asked: AskedFor,
  prepared: Prepared,
  dir: RunDirectory,
  host: GuestHost,
  started: Date,
): RunRecord {
  const { series, base } = prepared.intake;
  return {
    schemaVersion: 1,
    toolVersion: toolVersion(),
    id: dir.id,
    startedAt: started.toISOString(),
    ...(series === undefined
      ? {}
      : {
          series: {
            source: series.source,
            title: series.title,
            version: series.version,
            patches: series.patches.length,
            ...(series.messageId === undefined ? {} : { messageId: series.messageId }),
            ...(series.subject === undefined ? {} : { subject: series.subject }),
            ...(series.author === undefined ? {} : { author: series.author }),
          },
        }),
    base: { commit: base.commit, describe: base.describe, foundBy: base.foundBy, tree: prepared.source.name },
    profiles: [...options.profiles],
    askedFor: asked,
    machine: { name: options.machine, qemuVersion: host.qemuVersion, argv: [] },
    accelerator: host.accelerator,
    seed: prepared.campaign === undefined ? randomBytes(8).toString('hex') : String(prepared.campaign.seed),
    notes: [...prepared.notes],
    points: [],
    summary: { introduced: [], fixed: [], stillFailing: [], flaky: [], known: [] },
    timings: {},
    verdict: 'infra',
    exitCode: 128,
  };
}

/** The record of a run whose points are done, with their verdicts. */
export function finish(
  record: RunRecord,
  facts: readonly PointFacts[],
  taken: Intake,
  host: GuestHost,
  timings: Record<string, number>,
): RunRecord {
  const judged = comparePoints(facts, taken.series !== undefined);
  const points = facts.map((fact) => {
    const judgement = judged.points.find((one) => one.index === fact.index);
    if (judgement === undefined) throw new Error(`point ${fact.index} was not judged`);
    return recordOf(fact, taken, judgement);
  });
  return {
    ...record,
    finishedAt: new Date().toISOString(),
    machine: { ...record.machine, argv: [...host.argv] },
    accelerator: host.accelerator,
    points,
    summary: judged.summary,
    timings,
    verdict: judged.verdict,
    exitCode: judged.exitCode,
  };
}

/** What a point is until it is done. */
export const UNDONE = { verdict: 'infra', reason: 'did not finish' } as const;

export function recordOf(
  fact: PointFacts,
  taken: Intake,
  judged: Pick<PointRecord, 'verdict' | 'reason'>,
): PointRecord {
  const applied = taken.points.find((one) => one.index === fact.index);
  const patch = taken.series?.patches.find((one) => one.index === fact.index);
  const { onlyNotCompiled: _only, moduleError: _module, infra: _infra, ...kept } = fact;
  return {
    notCompiled: [],
    ...kept,
    tests: [...fact.tests],
    splats: [...fact.splats],
    commit: applied?.commit ?? '',
    ...(applied?.patchId === undefined ? {} : { patchId: applied.patchId }),
    ...(patch?.messageId === undefined ? {} : { messageId: patch.messageId }),
    ...(patch?.sha256 === undefined ? {} : { patchSha256: patch.sha256 }),
    verdict: judged.verdict,
    reason: judged.reason,
  };
}

/** Entries of known-issues.yaml that would hold for a kernel of this run, had they not expired. */
export function expiredNotes(legs: readonly Leg[], issues: readonly KnownIssue[], today: string): string[] {
  const kernels = new Set(legs.flatMap(({ artifact }) => (artifact === undefined ? [] : [artifact.release])));
  const expired = [...kernels].flatMap((kernel) => knownMatcher(issues, { kernel, today }).expired);
  return [...new Set(expired.map(({ id, expires }) => `known issue ${id} expired on ${expires}`))];
}

/** The facts with the failures marked that somebody excused for this series. */
export function withTriage<Facts extends PointFacts>(
  facts: readonly Facts[],
  triage: readonly TriageEntry[],
  taken: Pick<Intake, 'series'>,
  today: string,
): Facts[] {
  const name = seriesName(taken);
  return facts.map((fact) => ({ ...fact, tests: markTriaged(fact.tests, triage, name, today) }));
}

/** Said of entries that would have excused something. */
export function triageNotes(
  triage: readonly TriageEntry[],
  taken: Pick<Intake, 'series'>,
  today: string,
): string[] {
  return expiredTriage(triage, seriesName(taken), today).map(
    ({ signature, expires }) => `triage of "${signature}" expired on ${expires}`,
  );
}

function seriesName({ series }: Pick<Intake, 'series'>): SeriesName | undefined {
  return series && { title: series.title, subjects: series.patches.map(({ subject }) => subject) };
}
