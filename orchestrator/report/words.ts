import type { Deviation, PointRecord, PointVerdict, RunRecord, TestRecord } from '../store/records.js';
import { isBoot } from '../verdict/point-tests.js';

/** `850 ms`, `4.2 s`, `1 min 05 s`, `2 h 03 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `stale-field at step 3, page 1 byte 56: memcg_data expected 0x0, found 0x200`. */
export function deviationInWords(deviation: Deviation): string {
  const { kind, step, page, byte, field, expected, found, writtenAs } = deviation;
  const where = page === undefined ? '' : `, page ${page}${byte === undefined ? '' : ` byte ${byte}`}`;
  const was = writtenAs === undefined || writtenAs === field ? '' : ` (written as ${writtenAs})`;
  return `${kind} at step ${step}${where}: ${field}${was} expected ${expected}, found ${found}`;
}

/** The deviation that a reader should see first: one that no known issue covers. */
export function firstDeviation(test: TestRecord): Deviation | undefined {
  return test.deviations.find((one) => one.known === undefined) ?? test.deviations[0];
}

/** Why a test failed, in lines: its first deviation with its story, else its reason, else its first splat. */
export function failureInWords(test: TestRecord): string[] {
  return [...failed(test), ...test.evidence.filter((line) => line.startsWith(SHRUNK))];
}

/** Words of evidence that say which scenario a generated failure was shrunk to. */
const SHRUNK = 'shrunk from ';

/** Somebody has looked for the shortest scenario with this failure: it tells more than those that fail alike. */
export function isShrunk(test: Pick<TestRecord, 'evidence'> | undefined): boolean {
  return test?.evidence.some((line) => line.startsWith(SHRUNK)) === true;
}

function failed(test: TestRecord): string[] {
  const deviation = firstDeviation(test);
  if (deviation !== undefined && test.kind !== 'splat' && test.kind !== 'hang' && test.kind !== 'boot') {
    return [deviationInWords(deviation), ...(deviation.story === undefined ? [] : [deviation.story])];
  }
  const splat = test.splats[0];
  const head = [test.kind, test.reason ?? splat?.title ?? test.failureKey].filter(
    (part) => part !== undefined,
  );
  const lines = [head.join(': ')];
  if (splat !== undefined && !lines[0]?.includes(splat.title)) lines.push(splat.title);
  if (splat !== undefined && splat.frames.length > 0)
    lines.push(`in ${splat.frames.slice(0, 5).join(' < ')}`);
  return lines;
}

/** The scenario of a test: `mixed-order/A2/9@0,4@16` is a case of `mixed-order/A2`. */
export function scenarioOf(id: string): string {
  return id.split('/').slice(0, 2).join('/');
}

/** Counts by verdict, the boot left out: `285 pass, 23 fail, 4 known`. Zero counts are not said. */
export function countsInWords(tests: readonly TestRecord[]): string {
  const order = ['pass', 'fail', 'flaky', 'known', 'skip', 'error'] as const;
  const counted = tests.filter((test) => !isBoot(test.id));
  const parts = order.flatMap((verdict) => {
    const n = counted.filter((test) => test.verdict === verdict).length;
    return n === 0 ? [] : [`${n} ${verdict}`];
  });
  return parts.length === 0 ? 'no tests' : parts.join(', ');
}

/** Milliseconds that went into a point: its build and its tests, without what was reused. */
export function pointTime(point: PointRecord): number {
  if (point.testMs !== undefined) return point.build.durationMs + point.testMs;
  // Of a run that was cut off, and of an older one, the times of its tests are known alone.
  const tests = point.tests.filter((test) => !test.reused).map((test) => test.durationMs);
  return tests.reduce((sum, ms) => sum + ms, point.build.durationMs);
}

/** What the user tested, in one line. */
export function titleOf(run: RunRecord): string {
  const { series } = run;
  if (series === undefined) return `the tree as it stands, ${run.base.describe}`;
  const version = series.version > 1 ? `v${series.version}, ` : '';
  const patches = series.patches === 1 ? '1 patch' : `${series.patches} patches`;
  return `${series.title} (${version}${patches})`;
}

/** `base` for point 0, else the number of the point. */
export function pointName(index: number, hasSeries: boolean): string {
  if (!hasSeries) return 'tree';
  return index === 0 ? 'base' : String(index);
}

export function verdictShade(verdict: PointVerdict): 'good' | 'bad' | 'warn' {
  if (verdict === 'good') return 'good';
  return verdict === 'bad' ? 'bad' : 'warn';
}

/** The tests of a point, or those of the point whose results it has taken over. */
export function testsOf(run: RunRecord, point: PointRecord): readonly TestRecord[] {
  if (point.tests.length > 0 || point.inheritedFrom === undefined) return point.tests;
  const origin = run.points.find(({ index }) => index === point.inheritedFrom);
  return origin === undefined || origin.index >= point.index ? [] : testsOf(run, origin);
}

/** Tests that hold a deviation of each known issue, by id, over all points; ids in order. */
export function knownCounts(run: RunRecord): ReadonlyMap<string, number> {
  const tests = new Map<string, Set<string>>();
  for (const test of run.points.flatMap((point) => point.tests)) {
    for (const { known } of test.deviations) {
      if (known !== undefined) tests.set(known, (tests.get(known) ?? new Set()).add(test.id));
    }
  }
  const sorted = [...tests].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([id, ids]) => [id, ids.size]));
}

/** A text up to its first full stop. */
export function firstSentence(text: string): string {
  const end = /\.(?=\s|$)/.exec(text);
  return end === null ? text : text.slice(0, end.index + 1);
}
