import { loadKnownIssues } from '../verdict/known-issues.js';
import { comparePoints } from '../verdict/points.js';
import type { PointFacts } from '../verdict/point-tests.js';
import { loadSuite, selectCases } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import { CiError } from '../process/errors.js';
import type { Supervision } from '../process/signals.js';
import { intake } from '../series/intake.js';
import type { Intake } from '../series/intake.js';
import { writeFileAtomic } from '../store/atomic.js';
import { Journal } from '../store/journal.js';
import { projectRoot } from '../store/paths.js';
import type { PointRecord, RunRecord } from '../store/records.js';
import { toolVersion } from '../store/version.js';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createRunDirectory } from './directory.js';
import type { RunDirectory } from './directory.js';
import { GuestHost } from './guest-host.js';
import type { Leg } from './leg.js';
import type { RunOptions } from './options.js';
import { Pipeline } from './pipeline.js';
import { choosePoints, factsOf, unappliedFacts } from './points.js';
import type { Progress } from './progress.js';
import { reproScript, rerunArgv } from './repro.js';
import { chooseSource } from './source.js';
import type { Source } from './source.js';
import { Stopwatch } from './stopwatch.js';

export interface RunResult {
  readonly record: RunRecord;
  readonly dir: RunDirectory;
  /** Said to the user beside the verdicts: patches left out, expired entries, a stand-in for the source. */
  readonly notes: readonly string[];
}

/** Everything before the first build: what to test, from where, on what. */
export interface Prepared {
  readonly source: Source;
  readonly intake: Intake;
  readonly suites: readonly Suite[];
  readonly notes: readonly string[];
}

/** Reads the user's input and finds the base. Throws CiError('usage') before anything costly has begun. */
export async function prepare(
  options: RunOptions,
  progress: Progress,
  signal: AbortSignal,
  watch: Stopwatch,
): Promise<Prepared> {
  const suites = await Promise.all(options.suites.map((name) => loadSuite(projectRoot(), name)));
  assertSomeTest(options, suites);
  const source = await watch.time('source', () =>
    progress.stage('Source', (say) => chooseSource(options, say, signal)),
  );
  const taken = await watch.time('series', () =>
    progress.stage('Series', (say) =>
      intake({
        tree: source.tree,
        signal,
        progress: say,
        ...(options.series === undefined ? {} : { spec: options.series }),
        ...(options.base === undefined ? {} : { base: options.base }),
        stdin: process.stdin,
      }),
    ),
  );
  return { source, intake: taken, suites, notes: [...source.notes, ...taken.notes] };
}

/** Zero tests is an error, never a pass. */
function assertSomeTest(options: RunOptions, suites: readonly Suite[]): void {
  const { test } = options;
  if (test === undefined) return;
  const chosen = suites.flatMap((suite) =>
    suite.kind === 'scenarios' ? selectCases(suite.cases, test) : [],
  );
  if (chosen.length === 0)
    throw new CiError('usage', `--test ${test} matches no test of ${options.suites.join(', ')}`, {
      remedy: 'a test is named suite/scenario/case, and * stands for anything: --test "mixed-order/A2/*"',
    });
}

/** A whole `ci run`: the record is in the run directory when this returns. */
export async function run(
  options: RunOptions,
  progress: Progress,
  supervision: Supervision,
): Promise<RunResult> {
  const { signal, teardown } = supervision;
  const watch = new Stopwatch();
  const prepared = await prepare(options, progress, signal, watch);
  const knownIssues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
  for (const note of prepared.notes) progress.note(note);
  const { base } = prepared.intake;
  progress.note(`base ${base.describe} (${base.foundBy})`);

  const dir = await createRunDirectory(options.out);
  const journal = Journal.open(dir.events);
  teardown.add('journal', () => journal.close());
  const host = await GuestHost.open(options, signal, (text) => progress.note(text));
  teardown.add('guests', () => host.close());
  const started = new Date();
  const record = emptyRecord(options, prepared, dir, host, started);
  journal.append({ t: started.getTime(), type: 'run-start', run: record });

  const chosen = choosePoints(prepared.intake.points, options.points);
  const view = progress.lines(
    chosen.map((point) =>
      point.index === 0
        ? 'base'
        : `${point.index}/${prepared.intake.series?.patches.length ?? chosen.length - 1} ${point.subject}`,
    ),
  );
  const pipeline = new Pipeline(
    {
      options,
      dir,
      suites: prepared.suites,
      knownIssues,
      today: started.toISOString().slice(0, 10),
      host,
      emit: (event) => journal.append(event),
      signal,
    },
    prepared.intake,
  );
  let legs: Leg[];
  try {
    legs = await watch.time('points', () => pipeline.run(chosen, view.lines));
  } finally {
    await view.finish();
  }
  const facts = [
    ...chosen.map((point) => factsOf(legs.filter((leg) => leg.point === point))),
    ...unappliedFacts(prepared.intake),
  ];
  const finished = finish(record, facts, prepared.intake, host, watch.timings(legs));
  for (const point of finished.points) journal.append({ t: Date.now(), type: 'point-end', point });
  const { verdict, exitCode, summary, timings } = finished;
  journal.append({ t: Date.now(), type: 'run-end', verdict, exitCode, summary, timings });
  await publish(finished, options, dir);
  return { record: finished, dir, notes: prepared.notes };
}

function emptyRecord(
  options: RunOptions,
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
          },
        }),
    base: { commit: base.commit, describe: base.describe, foundBy: base.foundBy, tree: prepared.source.name },
    profiles: [...options.profiles],
    machine: { name: options.machine, qemuVersion: host.qemuVersion, argv: [] },
    accelerator: host.accelerator,
    seed: randomBytes(8).toString('hex'),
    points: [],
    summary: { introduced: [], fixed: [], stillFailing: [], flaky: [], known: [] },
    timings: {},
    verdict: 'infra',
    exitCode: 128,
  };
}

function finish(
  record: RunRecord,
  facts: readonly PointFacts[],
  taken: Intake,
  host: GuestHost,
  timings: Record<string, number>,
): RunRecord {
  const judged = comparePoints(facts, taken.series !== undefined);
  const points = facts.map((fact): PointRecord => {
    const judgement = judged.points.find((one) => one.index === fact.index);
    if (judgement === undefined) throw new Error(`point ${fact.index} was not judged`);
    const applied = taken.points.find((one) => one.index === fact.index);
    const { onlyNotCompiled: _only, moduleError: _module, infra: _infra, ...kept } = fact;
    return {
      notCompiled: [],
      ...kept,
      tests: [...fact.tests],
      splats: [...fact.splats],
      commit: applied?.commit ?? '',
      ...(applied?.patchId === undefined ? {} : { patchId: applied.patchId }),
      verdict: judgement.verdict,
      reason: judgement.reason,
    };
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

async function publish(record: RunRecord, options: RunOptions, dir: RunDirectory): Promise<void> {
  const failing = record.points.flatMap((point) =>
    point.tests.filter((test) => test.verdict === 'fail').map((test) => test.id),
  );
  const argv = rerunArgv(options, path.join(projectRoot(), 'ci'), record.base.commit);
  await writeFileAtomic(dir.repro, reproScript(argv, [...new Set(failing)]));
  await writeFileAtomic(dir.runJson, `${JSON.stringify(record, null, 2)}\n`);
}
