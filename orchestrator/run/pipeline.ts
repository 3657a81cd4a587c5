import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';
import { configDiff } from '../kernel/config-diff.js';
import { ensureKernel } from '../kernel/ensure.js';
import { notCompiled } from '../kernel/not-compiled.js';
import { CiError } from '../process/errors.js';
import type { Intake } from '../series/intake.js';
import type { AppliedPoint } from '../series/types.js';
import type { RunContext } from './context.js';
import { elapsedOf, expectedMs, readDurations, testKind, withDuration, writeDurations } from './expected.js';
import { readGuestEnders } from './guest-enders.js';
import { LegEvents } from './leg-events.js';
import { newLeg, nothingCompiled } from './leg.js';
import type { Leg } from './leg.js';
import { saveConfig } from './evidence.js';
import { Outlook } from './outlook.js';
import type { Work } from './outlook.js';
import { seconds } from './progress.js';
import type { Line } from './progress.js';
import { testKernel } from './test-kernel.js';

/** How often a line says how long something has been going on, in milliseconds. */
const TICK_MS = 1000;

/**
 * Builds the points one after another and tests each while the next is being built. A kernel that was tested already
 * in this run is not booted again. Rejects only for what ends the whole run: an abort, or a machine that cannot go on.
 */
export class Pipeline {
  readonly #context: RunContext;
  readonly #intake: Pick<Intake, 'clone'>;
  /** First leg with a signature, by profile and signature. */
  readonly #bySignature = new Map<string, Leg>();
  #testing: Promise<void> = Promise.resolve();
  #durations = readDurations();
  #outlook: Outlook | undefined;
  #firstFault: Error | undefined;
  /** Begun so far, in the order of the points, profile after profile. */
  readonly legs: Leg[] = [];

  /** @param tested legs of an earlier pipeline: who has one of their kernels inherits from them */
  constructor(context: RunContext, intake: Pick<Intake, 'clone'>, tested: readonly Leg[] = []) {
    const enders = Object.entries(readGuestEnders());
    const idsOf = (some: typeof enders): ReadonlySet<string> => new Set(some.map(([id]) => id));
    this.#context = {
      last: idsOf(enders),
      hangs: idsOf(enders.filter(([, { hung }]) => hung)),
      ...context,
    };
    this.#intake = intake;
    for (const leg of tested)
      if (leg.artifact !== undefined) this.#bySignature.set(`${leg.profile} ${leg.artifact.signature}`, leg);
  }

  /** @param total the line of the whole run */
  async run(points: readonly AppliedPoint[], lines: readonly Line[], total?: Line): Promise<readonly Leg[]> {
    const { profiles } = this.#context.options;
    if (total !== undefined)
      this.#outlook = new Outlook(
        points.length * profiles.length,
        profiles.length === 1 ? 'points' : 'points × profiles',
        (work, leg) => expectedMs(this.#durations, this.#kindOf(work, leg)),
        total,
      );
    try {
      await this.#buildAll(points, lines);
    } finally {
      // Tests under way come to their end whatever ended the builds: their results count. An abort ends them too.
      await this.#testing;
      this.#outlook?.close();
    }
    this.#throwFault();
    // Only the forecast of the next run needs it.
    await writeDurations(this.#durations).catch(() => undefined);
    return this.legs;
  }

  async #buildAll(points: readonly AppliedPoint[], lines: readonly Line[]): Promise<void> {
    for (const profile of this.#context.options.profiles) {
      for (const [row, point] of points.entries()) {
        this.#throwFault();
        const leg = newLeg(point, profile);
        this.legs.push(leg);
        const line = lines[row];
        if (line === undefined) throw new Error(`no line for point ${point.index}`);
        await this.#build(leg, line);
        this.#queueTests(leg, line, profile === this.#context.options.profiles.at(-1));
      }
    }
  }

  #throwFault(): void {
    this.#context.signal.throwIfAborted();
    if (this.#firstFault !== undefined) throw this.#firstFault;
  }

  /** The first kernel is built from nothing, those after it from what the one before left. */
  #kindOf(work: Work, leg: number): string {
    if (work === 'test') return testKind(this.#context.options);
    return leg === 0 ? 'build-first' : 'build-next';
  }

  async #build(leg: Leg, line: Line): Promise<void> {
    const { context, started } = { context: this.#context, started: Date.now() };
    const dir = context.dir.pointDir(leg.point.index);
    await mkdir(dir, { recursive: true });
    const number = this.legs.indexOf(leg);
    const kind = this.#kindOf('build', number);
    const expected = expectedMs(this.#durations, kind);
    let what = '';
    const tick = (): void =>
      line.update('building', `${elapsedOf(Date.now() - started, expected)} ${what}`.trim());
    const timer = setInterval(tick, TICK_MS);
    tick();
    this.#outlook?.begin('build', number);
    context.emit({ t: started, type: 'station', name: 'build', phase: 'start', point: leg.point.index });
    try {
      const artifact = await ensureKernel({
        gitDir: this.#intake.clone.gitDir,
        commit: leg.point.commit,
        tree: leg.point.tree,
        profile: leg.profile,
        fragments: context.options.fragments,
        makeOptions: context.options.makeOptions,
        logFile: path.join(dir, 'build.log'),
        jobs: context.options.jobs,
        signal: context.signal,
        progress: (text) => {
          what = text;
          tick();
        },
      });
      if (artifact.status === 'built')
        this.#durations = withDuration(this.#durations, kind, artifact.durationMs);
      await this.#built(leg, artifact, dir);
    } catch (error) {
      context.signal.throwIfAborted();
      // What the user got wrong, or this machine lacks, is the same for every point.
      if (!(error instanceof CiError) || error.fault !== 'build') throw error;
      leg.build = {
        status: 'failed',
        durationMs: Date.now() - started,
        error: error.message,
        log: this.#log(leg),
      };
    } finally {
      clearInterval(timer);
      this.#outlook?.end('build', number);
    }
    const { build } = leg;
    context.emit({ t: Date.now(), type: 'station', name: 'build', phase: 'end', point: leg.point.index });
    context.emit({
      t: Date.now(),
      type: 'point-built',
      index: leg.point.index,
      build,
      notCompiled: [...leg.notCompiled],
      ...(leg.artifact === undefined ? {} : { kernelSignature: leg.artifact.signature }),
    });
  }

  #log(leg: Leg): string {
    return path.join('points', String(leg.point.index), 'build.log');
  }

  async #built(leg: Leg, artifact: KernelArtifact, dir: string): Promise<void> {
    leg.artifact = artifact;
    const differs = await this.#configDiffers(leg, artifact);
    leg.build = {
      status: artifact.status,
      durationMs: artifact.durationMs,
      compiler: artifact.compiler,
      configHash: artifact.configHash,
      ...(differs.length > 0 ? { configDiffers: differs } : {}),
      ...(artifact.status === 'built' ? { log: this.#log(leg) } : {}),
    };
    leg.notCompiled = notCompiled(leg.point.changed, artifact);
    await saveConfig(artifact, dir, leg.profile);
  }

  /** A series may bring options of its own, or take some away. */
  async #configDiffers(leg: Leg, { config, configHash }: KernelArtifact): Promise<string[]> {
    const base = this.legs.find(({ point, profile }) => point.index === 0 && profile === leg.profile);
    if (base?.artifact === undefined || base.artifact.configHash === configHash) return [];
    return configDiff(await readFile(base.artifact.config, 'utf8'), await readFile(config, 'utf8'));
  }

  /** Tests run in the order of the points, one kernel at a time, beside the builds. */
  #queueTests(leg: Leg, line: Line, last: boolean): void {
    const { artifact } = leg;
    const number = this.legs.indexOf(leg);
    const say = (text: string): void => {
      this.#outlook?.end('test', number);
      if (last) line.done(text);
      else line.update(text);
    };
    const built = `${leg.build.status}${leg.build.status === 'built' ? ` in ${seconds(leg.build.durationMs)}` : ''}`;
    if (artifact === undefined) return say(`does not compile: ${leg.build.error ?? ''}`);
    if (nothingCompiled(leg)) return say(`${built}; changes only files that this config does not compile`);
    const key = `${leg.profile} ${artifact.signature}`;
    const same = this.#bySignature.get(key);
    if (same !== undefined) {
      leg.inheritedFrom = same.point.index;
      return say(`${built}; same kernel as point ${same.point.index}, not booted again`);
    }
    this.#bySignature.set(key, leg);
    line.update(`${built}; waits for its tests`);
    this.#testing = this.#testing.then(() => this.#test(leg, artifact, line, built, say));
  }

  async #test(
    leg: Leg,
    artifact: KernelArtifact,
    line: Line,
    built: string,
    say: (text: string) => void,
  ): Promise<void> {
    if (this.#firstFault !== undefined || this.#context.signal.aborted) return;
    const started = Date.now();
    const { index } = leg.point;
    const kind = testKind(this.#context.options);
    const several = this.#context.options.profiles.length > 1;
    const events = new LegEvents(this.#context.emit, leg.profile, several);
    try {
      this.#outlook?.begin('test', this.legs.indexOf(leg));
      events.emit({ t: started, type: 'station', name: 'test', phase: 'start', point: index });
      const context = { ...this.#context, emit: events.emit };
      const results = await testKernel(artifact, index, leg.profile, context, (text) =>
        line.update(
          `${built}; testing`,
          [elapsedOf(Date.now() - started, expectedMs(this.#durations, kind)), text]
            .filter((part) => part !== '')
            .join(', '),
        ),
      );
      leg.tests = [...results.tests];
      leg.splats = [...results.splats];
      if (results.moduleError !== undefined) leg.cannotTell = results.moduleError;
      if (results.infra !== undefined) leg.infra = results.infra;
      leg.tested = true;
      if (leg.tests.some((test) => !test.reused)) leg.testMs = Date.now() - started;
      events.emit({ t: Date.now(), type: 'station', name: 'test', phase: 'end', point: index });
      const ran = leg.tests.filter((test) => !test.reused).length;
      const failed = leg.tests.filter((test) => test.verdict === 'fail').length;
      if (ran > 0) this.#durations = withDuration(this.#durations, kind, Date.now() - started);
      say(
        `${built}; ${ran} tests in ${seconds(Date.now() - started)}, ${leg.tests.length - ran} reused, ${failed} failed`,
      );
    } catch (error) {
      leg.tests = events.tests;
      // The point that is being built now ends by its own; the run then stops with this.
      this.#firstFault ??= error instanceof Error ? error : new Error(String(error));
    }
  }
}
