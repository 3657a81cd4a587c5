import { CiError } from '../../process/errors.js';
import type { Supervision } from '../../process/signals.js';
import type { RunContext } from '../../run/context.js';
import type { RunDirectory } from '../../run/directory.js';
import type { Leg } from '../../run/leg.js';
import { DEFAULT_PROFILE } from '../../run/options.js';
import type { RunOptions } from '../../run/options.js';
import { Pipeline } from '../../run/pipeline.js';
import type { Progress } from '../../run/progress.js';
import { loadSuite } from '../../scenario/suite-file.js';
import type { CoverageRecord } from '../../store/coverage-record.js';
import { readCoverage, writeCoverage } from '../../store/coverage-record.js';
import { projectRoot } from '../../store/paths.js';
import { isBoot } from '../../verdict/point-tests.js';
import { openBench } from '../bench.js';
import type { Bench } from '../bench.js';
import { coverageRecord, SIDES } from './record.js';
import type { Measured, Side } from './record.js';
import { Tally } from './tally.js';
import { GuestTracer } from './trace-guest.js';
import { scenarioWatch } from './watch-scenarios.js';

/** What the user asked of one `ci coverage`, checked and with the defaults filled in. */
export interface CoverageOptions extends Pick<
  RunOptions,
  'tree' | 'source' | 'makeOptions' | 'accel' | 'machine' | 'jobs' | 'out' | 'verbose' | 'quiet'
> {
  /** Sides to measure now; the other stays as the record has it. */
  readonly sides: readonly Side[];
  /** File that the record is kept in. */
  readonly record: string;
}

/** How each side is measured. */
interface Method {
  readonly name: string;
  readonly suites: readonly string[];
  readonly profile: string;
  readonly by: string;
}

const METHODS: Readonly<Record<Side, Method>> = {
  ours: {
    name: 'our suite',
    suites: ['mixed-order'],
    profile: DEFAULT_PROFILE,
    by: 'struct pages after every answer of the guest, and the calls of the driver that came with it',
  },
  upstream: {
    name: 'hmm-tests',
    suites: ['hmm-tests'],
    profile: 'trace',
    by: 'kprobes on zone_device_page_init(), free_zone_device_folio() and the folio_split operation of test_hmm',
  },
};

/**
 * Measures on the base of a tree which transitions between roles pages go through, and keeps it in the record as soon as a
 * side is done. Throws CiError where nothing can be said: no kernel, no boot, a trace with holes.
 */
export async function runCoverage(
  options: CoverageOptions,
  progress: Progress,
  supervision: Supervision,
): Promise<{ readonly record: CoverageRecord; readonly dir: RunDirectory }> {
  const bench = await openBench(options, progress, supervision);
  let record = await readCoverage(options.record);
  for (const side of SIDES.filter((one) => options.sides.includes(one))) {
    const measured = await measure(METHODS[side], options, bench, progress);
    record = coverageRecord({ [side]: measured }, record);
    await writeCoverage(options.record, record);
  }
  return { record: record ?? coverageRecord({}), dir: bench.shared.dir };
}

async function measure(
  method: Method,
  options: CoverageOptions,
  { taken, shared }: Bench,
  progress: Progress,
): Promise<Measured> {
  const { name, suites: wanted, profile, by } = method;
  const suites = await Promise.all(wanted.map((suite) => loadSuite(projectRoot(), suite)));
  const tally = new Tally();
  const tracer = new GuestTracer(tally);
  const context: RunContext = {
    ...shared,
    suites,
    options: runOptionsOf(options, method),
    watch: scenarioWatch(tally),
    trace: tracer.trace,
  };
  const view = progress.lines([name]);
  const started = Date.now();
  const [leg] = await new Pipeline(context, taken)
    .run(taken.points.slice(0, 1), view.lines)
    .finally(() => view.finish());
  const tests = testsOf(leg);
  if (tracer.problem) throw tracer.problem;
  return {
    about: {
      name,
      suites: [...wanted],
      by,
      base: taken.base.describe,
      profile,
      kernelSignature: leg?.artifact?.signature ?? '',
      tests: tests.filter(({ verdict }) => verdict !== 'skip').length,
      failed: tests
        .filter(({ verdict }) => verdict !== 'pass' && verdict !== 'known' && verdict !== 'skip')
        .map(({ id }) => id),
      at: new Date(started).toISOString(),
      ms: leg?.testMs ?? 0,
    },
    tally,
  };
}

/** Results of a leg without its boot. @throws CiError where it was not built, did not boot or ran nothing */
function testsOf(leg: Leg | undefined): Leg['tests'] {
  const why = leg?.build.error ?? leg?.cannotTell ?? leg?.infra;
  if (leg === undefined || why !== undefined)
    throw new CiError('build', `the kernel cannot be tested: ${why ?? 'there is none'}`);
  const boot = leg.tests.find(({ id }) => isBoot(id));
  if (boot?.verdict === 'fail') throw new CiError('boot', `the kernel does not boot: ${boot.reason ?? ''}`);
  const tests = leg.tests.filter(({ id }) => !isBoot(id));
  if (!tests.some(({ verdict }) => verdict !== 'skip')) throw new CiError('infra', 'no test was run');
  return tests;
}

/** Everything is run anew: results of an earlier run show no transition. */
function runOptionsOf(options: CoverageOptions, { suites, profile }: Method): RunOptions {
  const { sides: _sides, record: _record, ...same } = options;
  return {
    ...same,
    points: 'all',
    suites,
    profiles: [profile],
    fragments: [],
    repeat: 1,
    fresh: true,
    dryRun: false,
    json: false,
  };
}
