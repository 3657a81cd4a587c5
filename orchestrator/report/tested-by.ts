import { DEFAULT_SUITES } from '../run/options.js';
import type { RunRecord } from '../store/records.js';
import { pointName } from './words.js';

/**
 * Why a run is not enough to vouch for a series with a Tested-by: line; undefined where it is: all points good, every
 * patch tested on its own and compiled as a whole, with all tests of the default suites.
 */
export function notVouched(run: RunRecord): string | undefined {
  const { series, askedFor, points, verdict, exitCode } = run;
  if (series === undefined) return 'there is no series: the tree was tested as it stands';
  const other = points.find((point) => point.verdict !== 'good');
  if (other !== undefined) return `${nameOf(other.index)} is ${other.verdict}: ${other.reason}`;
  if (verdict !== 'good' || exitCode !== 0) return `the run is ${verdict}, exit code ${exitCode}`;
  const excused = run.summary.triaged?.[0];
  if (excused !== undefined) return `${excused.test} fails and was triaged`;
  if (askedFor === undefined) return 'the run does not say what it was asked for';
  if (points.length !== series.patches + 1) return 'not every patch was tested on its own (--points ends)';
  if (askedFor.test !== undefined) return `only tests that match ${askedFor.test} ran`;
  const missing = DEFAULT_SUITES.filter((suite) => !askedFor.suites.includes(suite));
  if (missing.length > 0) return `not all default suites ran: without ${missing.join(', ')}`;
  const left = points.find(({ notCompiled }) => notCompiled.length > 0);
  if (left !== undefined)
    return `${nameOf(left.index)} changes what was not compiled: ${left.notCompiled.join(', ')}`;
  return undefined;
}

function nameOf(index: number): string {
  return index === 0 ? 'the base' : `patch ${pointName(index, true)}`;
}
