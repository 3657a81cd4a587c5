import { loadTriage } from '../verdict/triage-file.js';
import { loadKnownIssues } from '../verdict/known-issues.js';
import { Quota } from '../scenario/random/campaign.js';
import { CiError } from '../process/errors.js';
import { Interrupted } from '../process/signals.js';
import type { Supervision } from '../process/signals.js';
import { writeFileAtomic } from '../store/atomic.js';
import { Journal } from '../store/journal.js';
import { projectRoot } from '../store/paths.js';
import type { RunRecord } from '../store/records.js';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { askedFor } from './asked-for.js';
import { assertOutFree, createRunDirectory } from './directory.js';
import type { RunDirectory } from './directory.js';
import { GuestHost } from './guest-host.js';
import { LoadSampler } from './load.js';
import { newLeg, stoppedLegs } from './leg.js';
import type { Leg } from './leg.js';
import type { RunOptions } from './options.js';
import { Pipeline } from './pipeline.js';
import { choosePoints, factsOf, legsOf, unappliedFacts } from './points.js';
import type { Progress } from './progress.js';
import { failingTests, pinnedSeries, reproScript, rerunArgv, shellQuote } from './repro.js';
import { prepare } from './prepare.js';
import type { Prepared } from './prepare.js';
import { emptyRecord, expiredNotes, finish, recordOf, triageNotes, UNDONE, withTriage } from './record.js';
import { Stopwatch } from './stopwatch.js';

export interface RunResult {
  readonly record: RunRecord;
  readonly dir: RunDirectory;
  /** What kept the run from coming to its end; the record holds what was found until then. */
  readonly stopped?: unknown;
}

/**
 * A whole `ci run`: the record is in the run directory when this returns, and also, as far as the run came, when it
 * rejects because it was aborted. Rejects with CiError('usage') for what the user got wrong.
 */
export async function run(
  options: RunOptions,
  progress: Progress,
  supervision: Supervision,
): Promise<RunResult> {
  const { signal, teardown } = supervision;
  const watch = new Stopwatch();
  await assertOutFree(options.out);
  const prepared = await prepare(options, progress, signal, watch);
  const asked = await askedFor(options);
  const knownIssues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
  const triage = await loadTriage();
  for (const note of prepared.notes) progress.note(note);
  const { base } = prepared.intake;
  progress.note(`base ${base.describe} (${base.foundBy})`);

  const host = await GuestHost.open(options, signal, (text) => progress.note(text));
  const dir = await createRunDirectory(options.out);
  const journal = Journal.open(dir.events);
  teardown.add('journal', () => journal.close());
  teardown.add('guests', () => host.close());
  // At once: nobody can give it to us a second time.
  if (prepared.stdin !== undefined) await writeFileAtomic(dir.series, prepared.stdin);
  const started = new Date();
  const today = started.toISOString().slice(0, 10);
  const record = emptyRecord(options, asked, prepared, dir, host, started);
  const chosen = choosePoints(prepared.intake.points, options.points);
  const planned = [
    ...chosen.map((point) => factsOf([newLeg(point, '')])),
    ...unappliedFacts(prepared.intake),
  ];
  const plan = { ...record, points: planned.map((facts) => recordOf(facts, prepared.intake, UNDONE)) };
  journal.append({ t: started.getTime(), type: 'run-start', run: plan });
  const load = new LoadSampler((event) => journal.append(event));
  // Taken down in the opposite order: no sample comes when the journal is closed.
  teardown.add('load', () => load.stop());

  const titles = chosen.map((point) =>
    point.index === 0
      ? 'base'
      : `${point.index}/${prepared.intake.series?.patches.length ?? chosen.length - 1} ${point.subject}`,
  );
  // One kernel is all there is: its own line says how far it is.
  const several = chosen.length * options.profiles.length > 1;
  const view = progress.lines(several ? [...titles, 'in all'] : titles);
  const argv = rerunOf(options, prepared, dir);
  const pipeline = new Pipeline(
    {
      options,
      dir,
      suites: prepared.suites,
      knownIssues,
      today,
      host,
      ...(prepared.campaign && {
        campaign: {
          ...prepared.campaign,
          quota: new Quota(),
          again: (test) => [...argv, '--test', test].map(shellQuote).join(' '),
        },
      }),
      emit: (event) => journal.append(event),
      signal,
    },
    prepared.intake,
  );
  let legs: readonly Leg[];
  let stopped: unknown;
  try {
    legs = await watch.time('points', () =>
      pipeline.run(chosen, view.lines, several ? view.lines.at(-1) : undefined),
    );
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage') throw error;
    stopped = error;
    const why = error instanceof Error ? error.message : String(error);
    legs = stoppedLegs(chosen, options.profiles, pipeline.legs, why);
  } finally {
    await view.finish();
    load.stop();
  }
  const found = [...chosen.map((point) => factsOf(legsOf(point, legs))), ...unappliedFacts(prepared.intake)];
  const facts = withTriage(found, triage, prepared.intake, today);
  const expired = expiredNotes(legs, knownIssues, today);
  const judged = finish(record, facts, prepared.intake, host, watch.timings(legs));
  const finished = {
    ...judged,
    notes: [...record.notes, ...expired, ...triageNotes(triage, prepared.intake, today)],
    exitCode: signal.reason instanceof Interrupted ? signal.reason.exitCode : judged.exitCode,
  };
  // What only the first boot could tell; a report that is made from the events takes the last start.
  const { machine, accelerator, notes } = finished;
  journal.append({ t: Date.now(), type: 'run-start', run: { ...plan, machine, accelerator, notes } });
  for (const point of finished.points) journal.append({ t: Date.now(), type: 'point-end', point });
  const { verdict, exitCode, summary, timings } = finished;
  journal.append({ t: Date.now(), type: 'run-end', verdict, exitCode, summary, timings });
  await publish(finished, options, prepared, dir);
  if (signal.aborted) progress.note(`what was found so far: ci report ${dir.dir}`);
  signal.throwIfAborted();
  return { record: finished, dir, ...(stopped === undefined ? {} : { stopped }) };
}

/** The command line that repeats this run. */
function rerunOf(
  options: RunOptions,
  { intake, stdin, campaign }: Prepared,
  dir: RunDirectory,
): readonly string[] {
  const series = stdin === undefined ? undefined : dir.series;
  return rerunArgv(
    { ...options, ...campaign, ...pinnedSeries(options.series, intake.series?.range, series) },
    path.join(projectRoot(), 'ci'),
    intake.base.commit,
  );
}

async function publish(
  record: RunRecord,
  options: RunOptions,
  prepared: Prepared,
  dir: RunDirectory,
): Promise<void> {
  const argv = rerunOf(options, prepared, dir);
  await writeFileAtomic(dir.repro, reproScript(argv, failingTests(record, options)));
  await chmod(dir.repro, 0o755);
  await writeFileAtomic(dir.runJson, `${JSON.stringify(record, null, 2)}\n`);
}
