import { EXIT } from '../process/errors.js';
import type { ExitCode } from '../process/errors.js';
import type { PointVerdict, Summary, SummaryEntry } from '../store/records.js';
import { compareTests, withPoint } from './compare.js';
import type { Comparison, History } from './compare.js';
import { consoleTitles, isBoot, withConsole } from './point-tests.js';
import type { PointFacts } from './point-tests.js';
import { cannotTest, decide } from './decide.js';

export interface PointJudgement {
  readonly index: number;
  readonly verdict: PointVerdict;
  /** One line. */
  readonly reason: string;
}

export interface RunJudgement {
  readonly points: readonly PointJudgement[];
  readonly summary: Summary;
  readonly verdict: PointVerdict;
  readonly exitCode: ExitCode;
}

/**
 * Judges all points of a run (DESIGN: Points), in the order of the series. Pure: the same records give the same
 * verdicts, so that a report can be made again from the events alone.
 * @param hasSeries false where only the tree as it stands is tested: then any failure is bad
 */
export function comparePoints(points: readonly PointFacts[], hasSeries: boolean): RunJudgement {
  const ordered = points.toSorted((a, b) => a.index - b.index);
  const titles = consoleTitles(ordered);
  const judged: PointJudgement[] = [];
  const comparisons: Comparison[] = [];
  let history: History = new Map();
  for (const point of ordered) {
    const facts = inherit(point, ordered);
    const blocked = cannotTest(facts);
    if (blocked !== undefined) {
      judged.push({ index: point.index, ...blocked });
      continue;
    }
    const tests = withConsole(facts, titles);
    const comparison = compareTests(point.index, tests, history);
    comparisons.push(comparison);
    const decided = decide(facts, comparison, hasSeries);
    const inherited = point.inheritedFrom === undefined ? '' : sameKernel(point.inheritedFrom);
    judged.push({ index: point.index, verdict: decided.verdict, reason: inherited + decided.reason });
    history = withPoint(history, point.index, tests);
  }
  const verdict = runVerdict(judged.map((one) => one.verdict));
  return { points: judged, summary: summarise(comparisons), verdict, exitCode: exitCodeFor(verdict) };
}

/** bad > infra > skip > good; a run without points could not do its work. */
export function runVerdict(verdicts: readonly PointVerdict[]): PointVerdict {
  if (verdicts.length === 0) return 'infra';
  const order: readonly PointVerdict[] = ['bad', 'infra', 'skip', 'good'];
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'infra';
}

/** Exit code of a run verdict, safe under `git bisect run`. */
export function exitCodeFor(verdict: PointVerdict): ExitCode {
  switch (verdict) {
    case 'bad':
      return EXIT.bad;
    case 'infra':
      return EXIT.infra;
    case 'skip':
      return EXIT.cannotTell;
    case 'good':
      return EXIT.good;
  }
}

/**
 * A point of the same kernel as an earlier one has that one's results. They are compared anew, since what came in
 * between may differ: a revert inherits from the base and still fixes what the point before it broke.
 */
function inherit(point: PointFacts, all: readonly PointFacts[]): PointFacts {
  if (point.inheritedFrom === undefined || point.onlyNotCompiled === true) return point;
  const origin = all.find((other) => other.index === point.inheritedFrom);
  if (origin === undefined || origin.index >= point.index) return point;
  const { tests, splats, moduleError, infra } = inherit(origin, all);
  return {
    ...point,
    tests: point.tests.length > 0 ? point.tests : tests,
    splats: point.splats.length > 0 ? point.splats : splats,
    ...(moduleError === undefined ? {} : { moduleError }),
    ...(infra === undefined ? {} : { infra }),
  };
}

function sameKernel(from: number): string {
  return `same kernel as ${from === 0 ? 'the base' : `point ${from}`}, not booted again: `;
}

function summarise(comparisons: readonly Comparison[]): Summary {
  const all = (key: Exclude<keyof Comparison, 'errors'>): SummaryEntry[] =>
    comparisons.flatMap((comparison) => comparison[key]);
  const triaged = all('triaged');
  return {
    introduced: all('introduced').toSorted(bootFirst),
    fixed: all('fixed').toSorted(bootFirst),
    stillFailing: [...all('stillFailing'), ...all('unprecedented')].toSorted(bootFirst),
    flaky: all('flaky'),
    known: all('known'),
    ...(triaged.length > 0 ? { triaged } : {}),
  };
}

function bootFirst(a: SummaryEntry, b: SummaryEntry): number {
  return a.point - b.point || Number(isBoot(b.test)) - Number(isBoot(a.test));
}
