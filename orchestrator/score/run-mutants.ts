import { CiError } from '../process/errors.js';
import type { Supervision } from '../process/signals.js';
import type { RunDirectory } from '../run/directory.js';
import type { RunContext } from '../run/context.js';
import { stoppedLegs } from '../run/leg.js';
import type { Leg } from '../run/leg.js';
import { Pipeline } from '../run/pipeline.js';
import type { Progress } from '../run/progress.js';
import { suiteVersion } from '../run/digest.js';
import { loadSuite } from '../scenario/suite-file.js';
import type { Suite } from '../scenario/suite-file.js';
import type { Intake } from '../series/intake.js';
import { projectRoot } from '../store/paths.js';
import { isBoot } from '../verdict/point-tests.js';
import { openBench } from './bench.js';
import { applyMutants } from './apply.js';
import type { AppliedMutant } from './apply.js';
import type { Mutant } from './mutant.js';
import { runOptionsOf } from './options.js';
import type { MutateOptions } from './options.js';
import { mergeResults, readScore, scoreFile, writeScore } from './record.js';
import type { MutantResult } from './record.js';
import { notApplied, resultOf } from './result.js';
import { isNewTo, stoppingSuites } from './stopping.js';
import { Watch } from './watch.js';

export interface MutateResult {
  /** In the order of the mutants. */
  readonly results: readonly MutantResult[];
  readonly dir: RunDirectory;
  /** What kept it from its end; what was found until then is in `results` and in the record. */
  readonly stopped?: unknown;
}

/**
 * Builds and tests every mutant beside the base, each alone, profile after profile. Results are in the record
 * (results/score/mutants.json) as soon as they are there, and are taken over where the kernel, the suites and the machine
 * are the same again. Throws CiError for what keeps it from beginning, for a base that does not compile or boot too.
 */
export async function runMutants(
  mutants: readonly Mutant[],
  options: MutateOptions,
  progress: Progress,
  supervision: Supervision,
): Promise<MutateResult> {
  const { signal } = supervision;
  const suites = await Promise.all(options.suites.map((name) => loadSuite(projectRoot(), name)));
  const random = suites.find(({ kind }) => kind === 'random');
  if (random !== undefined)
    throw new CiError('usage', `suite ${random.id} draws its tests: a score must not depend on a seed`, {
      remedy: `leave --suite ${random.id} out`,
    });
  const { taken, shared } = await openBench(options, progress, supervision);
  const applied = await applyMutants(mutants, taken, signal);
  const ledger = await Ledger.open(scoreFile(options.record));
  const version = await suiteVersion();
  let stopped: unknown;
  for (const [profile, members] of byProfile(applied, options.profile)) {
    if (stopped !== undefined) break;
    const context = {
      ...shared,
      suites,
      options: runOptionsOf(options, profile),
      reusePoints: true as const,
    };
    stopped = await runProfile(profile, members, { suites, version }, taken, context, ledger, progress);
  }
  signal.throwIfAborted();
  const order = new Map(mutants.map(({ name }, index) => [name, index]));
  const results = ledger.now.toSorted((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  return { results, dir: shared.dir, ...(stopped === undefined ? {} : { stopped }) };
}

/** The results, and the file that they are kept in. */
class Ledger {
  readonly before: readonly MutantResult[];
  now: readonly MutantResult[] = [];
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, before: readonly MutantResult[]) {
    this.#file = file;
    this.before = before;
  }

  static async open(file: string): Promise<Ledger> {
    return new Ledger(file, await readScore(file));
  }

  add(results: readonly MutantResult[]): void {
    this.now = mergeResults(this.now, results);
    const all = mergeResults(this.before, this.now);
    this.#writing = this.#writing.then(() => writeScore(this.#file, all));
  }

  written(): Promise<void> {
    return this.#writing;
  }
}

function byProfile(
  applied: readonly AppliedMutant[],
  wanted: string | undefined,
): ReadonlyMap<string, readonly AppliedMutant[]> {
  const groups = new Map<string, AppliedMutant[]>();
  for (const one of applied) {
    const profile = wanted ?? one.mutant.profile;
    groups.set(profile, [...(groups.get(profile) ?? []), one]);
  }
  return groups;
}

/** Answers what stopped it, if anything did. */
async function runProfile(
  profile: string,
  members: readonly AppliedMutant[],
  { suites, version }: { readonly suites: readonly Suite[]; readonly version: string },
  taken: Intake,
  context: RunContext,
  ledger: Ledger,
  progress: Progress,
): Promise<unknown> {
  const base = await runBase(profile, taken, context, progress);
  const watch = new Watch(suites.filter(({ kind }) => kind === 'kselftest').map(({ id }) => id));
  const points = members.flatMap((one) => ('point' in one ? [one.point] : []));
  const view = progress.lines(
    points.map(({ subject }) => (profile === 'default' ? subject : `${subject} (${profile})`)),
  );
  const resultNow = (legs: readonly Leg[]): MutantResult[] =>
    members.flatMap((one) => {
      const at = new Date().toISOString();
      const baseName = taken.base.describe;
      if ('gitSays' in one) return [notApplied(one.mutant, one.gitSays, profile, { baseName, version, at })];
      const leg = legs.find(({ point }) => point.index === one.index);
      const before = ledger.before.find((old) => old.name === one.mutant.name && old.profile === profile);
      if (leg === undefined) return [];
      const nameOf = (index: number): string =>
        members.find((other) => other.index === index)?.mutant.name ?? 'the base';
      const all = [base, ...legs];
      const beside = { base, baseName, version, nameOf, legs: all, suites, watch, before, at };
      return [resultOf(one.mutant, leg, beside)];
    });
  const pipeline = new Pipeline(
    {
      ...context,
      suites: stoppingSuites(suites, base.tests),
      stopAt: isNewTo(base.tests),
      emit: (event) => {
        context.emit(event);
        watch.note(event);
        if (event.type === 'station' && event.name === 'test' && event.phase === 'end')
          ledger.add(resultNow(pipeline.legs.filter(({ tested }) => tested === true)));
      },
    },
    taken,
    [base],
  );
  let stopped: unknown;
  let legs: readonly Leg[];
  try {
    legs = await pipeline.run(points, view.lines);
  } catch (error) {
    if (error instanceof CiError && error.fault === 'usage') throw error;
    stopped = error;
    const why = error instanceof Error ? error.message : String(error);
    legs = stoppedLegs(points, [profile], pipeline.legs, why);
  } finally {
    await view.finish();
  }
  ledger.add(resultNow(legs));
  await ledger.written();
  return stopped;
}

/** The kernel without any mutant, whose results of an earlier run do as well. */
async function runBase(
  profile: string,
  taken: Intake,
  context: RunContext,
  progress: Progress,
): Promise<Leg> {
  const points = taken.points.slice(0, 1);
  const view = progress.lines([profile === 'default' ? 'base' : `base (${profile})`]);
  try {
    const [leg] = await new Pipeline(context, taken).run(points, view.lines);
    if (leg === undefined) throw new Error('there is no base');
    const why = leg.build.error ?? leg.cannotTell;
    if (why !== undefined) throw new CiError('build', `the base cannot be tested: ${why}`);
    const boot = leg.tests.find(({ id }) => isBoot(id));
    if (boot?.verdict === 'fail') throw new CiError('boot', `the base does not boot: ${boot.reason ?? ''}`);
    return leg;
  } finally {
    await view.finish();
  }
}
