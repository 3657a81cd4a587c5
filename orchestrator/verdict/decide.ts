import type { PointVerdict, SummaryEntry, TestRecord } from '../store/records.js';
import type { Comparison } from './compare.js';
import { isBoot } from './point-tests.js';
import type { PointFacts } from './point-tests.js';

interface Decision {
  readonly verdict: PointVerdict;
  readonly reason: string;
}

const NAMED = 3;

/** Verdict on a point that never came as far as its tests; undefined where there is something to compare. */
export function cannotTest(point: PointFacts): Decision | undefined {
  const { build } = point;
  const error = build.error === undefined ? '' : `: ${build.error}`;
  if (build.status === 'not-applied') return { verdict: 'skip', reason: `does not apply${error}` };
  if (point.onlyNotCompiled === true)
    return { verdict: 'skip', reason: 'changes only files that this config does not compile' };
  // With several profiles one may not compile while another has results, and these may be bad.
  if (point.tests.length > 0) return undefined;
  if (build.status === 'failed') return { verdict: 'skip', reason: `does not compile${error}` };
  if (point.infra !== undefined) return { verdict: 'infra', reason: point.infra };
  if (point.moduleError !== undefined) return { verdict: 'skip', reason: `module API: ${point.moduleError}` };
  if (build.status === 'not-run') return { verdict: 'skip', reason: `not tested${error}` };
  return undefined;
}

/** Verdict on a point from what its tests say beside those before it, in the order bad, infra, skip, good. */
export function decide(point: PointFacts, seen: Comparison, hasSeries: boolean): Decision {
  const boots = point.tests.filter((test) => isBoot(test.id));
  const boot = boots.find((test) => test.verdict === 'fail') ?? boots[0];
  const lost = boot?.verdict === 'fail';
  const why = lost && boot.reason !== undefined ? `: ${boot.reason}` : '';
  if (seen.introduced.some(({ test }) => test === boot?.id) && lost && boot.runs >= 2)
    return { verdict: 'bad', reason: `does not boot (${boot.runs} attempts)${why}` };
  if (lost && boot.runs < 2)
    return { verdict: 'infra', reason: `did not boot, and was not tried a second time${why}` };
  const fresh = seen.introduced.filter(({ test }) => !isBoot(test));
  if (fresh.length > 0)
    return { verdict: 'bad', reason: `fails ${names(fresh)}, which passed at the point before${also(seen)}` };
  const failing = [...seen.stillFailing, ...seen.unprecedented].filter(({ test }) => !isBoot(test));
  if (!hasSeries && failing.length > 0) return { verdict: 'bad', reason: `fails ${names(failing)}` };
  const fault = ourFault(point, seen, lost);
  if (fault !== undefined) return { verdict: 'infra', reason: fault };
  const { build } = point;
  if (build.status === 'failed')
    return { verdict: 'skip', reason: `does not compile: ${build.error ?? 'no reason given'}` };
  if (lost) {
    const beside = seen.stillFailing.some(({ test }) => test === boot.id)
      ? 'like the point before'
      : 'nothing to compare with';
    return { verdict: 'skip', reason: `does not boot (${boot.runs} attempts, ${beside})${why}` };
  }
  if (point.moduleError !== undefined) return { verdict: 'skip', reason: `module API: ${point.moduleError}` };
  return quiet(point, seen, hasSeries);
}

function ourFault(point: PointFacts, seen: Comparison, lost: boolean): string | undefined {
  if (point.infra !== undefined) return point.infra;
  const error = seen.errors[0];
  if (error !== undefined) {
    const more = seen.errors.length > 1 ? ` and ${seen.errors.length - 1} more` : '';
    return `${error.id}${more}: ${error.reason ?? 'error'}`;
  }
  const ran = point.tests.filter((test) => !isBoot(test.id)).length;
  return ran === 0 && !lost && point.moduleError === undefined ? 'no test ran' : undefined;
}

/** Nothing new fails and nothing went wrong: good, unless that says nothing. */
function quiet(point: PointFacts, seen: Comparison, hasSeries: boolean): Decision {
  const tests = point.tests.filter((test) => !isBoot(test.id));
  const silent = skippedSuite(tests);
  if (silent !== undefined) return { verdict: 'skip', reason: silent };
  const base = point.index === 0;
  if (seen.unprecedented.length > 0 && !base) {
    const reason = `fails ${names(seen.unprecedented)}, with no earlier result to compare with`;
    return { verdict: 'skip', reason };
  }
  // Where the base is flaky that is how things were; elsewhere somebody would have to be told, and cannot be.
  if (seen.undecided.length > 0 && !(base && hasSeries)) {
    return { verdict: 'skip', reason: `too flaky to tell: ${names(seen.undecided)}` };
  }
  if (base && seen.unprecedented.length > 0)
    return { verdict: 'good', reason: `pre-existing: ${names(seen.unprecedented)} fail before the series` };
  const parts = [
    ...(seen.fixed.length > 0 ? [`fixes ${names(seen.fixed)}`] : []),
    ...(seen.stillFailing.length > 0 ? [`${names(seen.stillFailing)} still failing`] : []),
    ...(seen.changed.length > 0 ? [`${seen.changed.length} of them in another way`] : []),
    ...(seen.triaged.length > 0 ? [`${names(seen.triaged)} fail and were triaged`] : []),
    ...(seen.flaky.length > 0 ? [`${names(seen.flaky)} flaky as before`] : []),
  ];
  if (parts.length > 0) return { verdict: 'good', reason: parts.join('; ') };
  const ran = tests.filter((test) => test.verdict !== 'skip').length;
  const of = ran === 1 ? 'with' : `${seen.known.length} of them with`;
  const known = seen.known.length > 0 ? `, ${of} known deviations only` : '';
  return { verdict: 'good', reason: `${ran === 1 ? '1 test' : `${ran} tests`} passed${known}` };
}

/**
 * Says so where a whole suite was skipped. That the others pass does not help: the user asked for this one, and a
 * kernel that lacks what it tests must not look tested.
 */
function skippedSuite(tests: readonly TestRecord[]): string | undefined {
  for (const suite of new Set(tests.map((test) => test.suite))) {
    const own = tests.filter((test) => test.suite === suite);
    if (own.some((test) => test.verdict !== 'skip')) continue;
    const reason = own.find((test) => test.reason !== undefined)?.reason ?? 'no reason given';
    const what = own.length === 1 ? 'the only test' : `all ${own.length} tests`;
    return `${what} of ${suite} skipped: ${reason}`;
  }
  return undefined;
}

function also(seen: Comparison): string {
  return seen.fixed.length > 0 ? `; fixes ${names(seen.fixed)}` : '';
}

/** `a, b, c and 20 more`. */
function names(entries: readonly SummaryEntry[]): string {
  const ids = entries.map(({ test }) => test);
  const shown = ids.slice(0, NAMED).join(', ');
  return ids.length > NAMED ? `${shown} and ${ids.length - NAMED} more` : shown;
}
