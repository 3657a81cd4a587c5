import path from 'node:path';
import { CiError } from '../process/errors.js';
import type { Supervision } from '../process/signals.js';
import type { RunContext } from '../run/context.js';
import type { RunDirectory } from '../run/directory.js';
import { expectedMs, readDurations } from '../run/expected.js';
import { GuestHost } from '../run/guest-host.js';
import type { Progress } from '../run/progress.js';
import type { Suite } from '../scenario/suite-file.js';
import { Journal, readLines } from '../store/journal.js';
import { withLock } from '../store/lock.js';
import { projectRoot } from '../store/paths.js';
import { announceOwner } from '../store/temp.js';
import { toolVersion } from '../store/version.js';
import { loadKnownIssues } from '../verdict/known-issues.js';
import { cpuMs } from './cpu-time.js';
import { JOURNAL } from './directory.js';
import { BisectEvent } from './events.js';
import { nothingFails, withTarget } from './find-target.js';
import type { Ground } from './ground.js';
import { KernelLab } from './kernel-lab.js';
import { after, nothingKnown } from './known.js';
import { movedOptions } from './moved-options.js';
import { openGround } from './open-ground.js';
import type { BisectOptions } from './options.js';
import type { BisectRecord } from './record.js';
import { runOptionsOf, suitesOf } from './run-options.js';
import { search } from './search.js';
import type { Searched } from './search.js';
import { start } from './state.js';
import { summaryOf } from './summary.js';
import { talkOf } from './talk.js';
import type { Costs } from './types.js';

/** Booting and saving, on top of a build, in seconds; a run in a restored guest. Measured with TCG. */
const BOOT_SECONDS = 6;
const RUN_SECONDS = 3;
const BUILD_MS = 20_000;

/** How long another process may take to leave a bisect alone. */
const LOCK_MS = 2000;

/**
 * A whole `ci bisect`; the journal is in the directory from the start on, so that whatever ends this process, the same call
 * with the same directory goes on and repeats no run that came to its end.
 * @param earlier what the journal says so far; empty for a new one
 */
export async function bisect(
  options: BisectOptions,
  dir: RunDirectory,
  earlier: readonly BisectEvent[],
  progress: Progress,
  supervision: Supervision,
): Promise<BisectRecord> {
  const lock = { what: 'a bisect', deadlineMs: LOCK_MS, signal: supervision.signal };
  return withLock(path.join(dir.dir, 'lock'), lock, () =>
    bisectAlone(options, dir, earlier, progress, supervision),
  );
}

async function bisectAlone(
  options: BisectOptions,
  dir: RunDirectory,
  earlier: readonly BisectEvent[],
  progress: Progress,
  { signal, teardown }: Supervision,
): Promise<BisectRecord> {
  const suites = await suitesOf(options);
  announceOwner();
  const ground = await openGround(options, dir.dir, progress, signal);
  for (const note of ground.notes) progress.note(note);
  const host = await GuestHost.open(options, signal, (text) => progress.note(text));
  teardown.add('guests', () => host.close());
  const file = path.join(dir.dir, JOURNAL);
  const journal = Journal.open<BisectEvent>(file);
  teardown.add('journal', () => journal.close());

  const first = startOf(options, ground, earlier);
  journal.append(earlier.length === 0 ? first : { t: Date.now(), type: 'resume' });
  let found: Found | undefined;
  try {
    const bench = { options, ground, dir, host, suites, signal, costs: first.costs };
    const append = (event: BisectEvent): void => journal.append(event);
    found = await carryOut(bench, earlier, append, (text) => progress.note(text));
  } finally {
    // The guests are gone by now, so that their time is in it.
    journal.append({ t: Date.now(), type: 'end', cpuMs: cpuMs(), answered: found !== undefined });
  }
  const { machine: name } = options;
  return summaryOf(found.answer, found.known, {
    id: dir.id,
    ground,
    options,
    machine: { name, qemuVersion: host.qemuVersion, accelerator: host.accelerator.name },
    events: readLines(file, BisectEvent),
    processors: options.jobs,
    now: Date.now(),
    ...(found.moved === undefined ? {} : { moved: found.moved }),
  });
}

interface Found extends Searched {
  /** Of a search between configurations. */
  readonly moved?: readonly string[] | undefined;
}

interface Bench {
  readonly options: BisectOptions;
  readonly ground: Ground;
  readonly dir: RunDirectory;
  readonly host: GuestHost;
  readonly suites: readonly Suite[];
  readonly signal: AbortSignal;
  readonly costs: Costs;
}

/** From what the journal says to the answer; every guest is gone when this returns. */
async function carryOut(
  { options, ground, dir, host, suites, signal, costs }: Bench,
  earlier: readonly BisectEvent[],
  append: (event: BisectEvent) => void,
  note: (text: string) => void,
): Promise<Found> {
  const { fix, confidence, maxRuns, test, failure, makeOptions, jobs } = options;
  const state = start(ground.history, { change: fix ? 'fixed' : 'introduced', confidence, maxRuns, costs });
  const knownIssues = await loadKnownIssues(path.join(projectRoot(), 'results', 'known-issues.yaml'));
  const today = new Date().toISOString().slice(0, 10);
  const shared = { dir, host, suites, knownIssues, today, signal };
  const asked = test === undefined ? {} : { test };
  await using lab = new KernelLab({ ...shared, ground, makeOptions, jobs, ...asked });
  const context: RunContext = {
    ...shared,
    options: runOptionsOf(options),
    emit: () => undefined,
    reusePoints: true,
  };
  const bench = { ground, lab, context, append, note };
  const known = await withTarget(earlier.reduce(after, nothingKnown(state)), options, bench);
  const wanted = failure === undefined ? {} : { wanted: failure };
  const talk = talkOf(ground.names, note);
  const found =
    nothingFails(known, options) ?? (await search(known, { lab, append, talk, signal, ...wanted }));
  if (ground.kind !== 'config') return found;
  return { ...found, moved: await movedOptions(found.answer, found.known.state, (at) => lab.artifact(at)) };
}

type Start = Extract<BisectEvent, { type: 'start' }>;

/** The first line of the journal. A resumed bisect must be about the same commits. */
function startOf(options: BisectOptions, ground: Ground, [first]: readonly BisectEvent[]): Start {
  const commits = ground.history.commits.map(({ id }) => id);
  if (first === undefined) {
    return {
      t: Date.now(),
      type: 'start',
      toolVersion: toolVersion(),
      options,
      commits,
      costs: costs(options),
    };
  }
  if (first.type !== 'start')
    throw new CiError('infra', 'the journal of the bisect does not begin with its start');
  if (first.commits.join() !== commits.join())
    throw new CiError('usage', 'the commits are not those that this bisect began with', {
      remedy: 'the series or the tree has changed since: begin a new bisect',
    });
  return first;
}

function costs({ jobs }: BisectOptions): Costs {
  const build = expectedMs(readDurations(), 'build-next') ?? BUILD_MS;
  return { buildSeconds: Math.round(build / 1000) + BOOT_SECONDS, runSeconds: RUN_SECONDS, lanes: jobs };
}
