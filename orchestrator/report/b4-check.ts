import type { PointVerdict, RunRecord } from '../store/records.js';
import { painter } from './colour.js';
import { patch, tellStory } from './mail-story.js';
import { printable } from './printable.js';
import { Text } from './text.js';
import { countsInWords, testsOf } from './words.js';

/** One result as `b4 review` reads it (b4 0.15, docs/maintainer/review.rst). */
export interface CheckResult {
  readonly tool: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly summary: string;
  readonly url?: string;
  readonly details: string;
}

const TOOL = 'zone-device-ci';
const COLUMNS = 76;
/** What could not be told is neither a pass nor a fault of the patch. */
const STATUS: Readonly<Record<PointVerdict, CheckResult['status']>> = {
  good: 'pass',
  bad: 'fail',
  skip: 'warn',
  infra: 'warn',
};

/**
 * What a run says of a patch, or of its whole series.
 * @param index point of the patch; absent: the series
 * @param url address of the page that tells more
 */
export function checkResult(run: RunRecord, index: number | undefined, url?: string): CheckResult {
  const point = run.points.find((one) => one.index === index);
  const only =
    point === undefined
      ? run
      : { ...run, verdict: point.verdict, points: [point], summary: at(run, point.index) };
  const counts = point === undefined ? series(run) : countsInWords(testsOf(run, point));
  const summary = point === undefined ? counts : `${point.reason} (${counts})`;
  const out = new Text(COLUMNS, painter(false));
  out.text(`${run.base.describe}, profile ${run.profiles.join(', ')}, run ${run.id}`, 0);
  out.blank();
  tellStory(
    out,
    point === undefined ? run : { ...only, points: run.points.filter((one) => one.index <= point.index) },
  );
  return {
    tool: TOOL,
    status: STATUS[only.verdict],
    summary: printable(summary),
    ...(url === undefined ? {} : { url }),
    details: out.toString().replaceAll(/\n{3,}/g, '\n\n'),
  };
}

function at({ summary }: RunRecord, index: number): RunRecord['summary'] {
  const only = (entries: RunRecord['summary']['fixed']): RunRecord['summary']['fixed'] =>
    entries.filter(({ point }) => point === index);
  return {
    introduced: only(summary.introduced),
    fixed: only(summary.fixed),
    stillFailing: only(summary.stillFailing),
    flaky: only(summary.flaky),
    known: only(summary.known),
    ...(summary.triaged === undefined ? {} : { triaged: only(summary.triaged) }),
  };
}

/** `patch 2/3 is bad; patch 3/3 fixes it`: what is worth knowing of each point. */
function series(run: RunRecord): string {
  const worse = run.points.filter(({ verdict }) => verdict !== 'good');
  const patches = run.points.length - 1;
  if (worse.length === 0) return patches === 1 ? 'the one patch is good' : `all ${patches} patches are good`;
  return worse.map(({ index, verdict, reason }) => `${patch(run, index)} ${verdict}: ${reason}`).join('; ');
}
