import type { BisectPoint, BisectRecord } from './record.js';

/**
 * A log that `git bisect replay` takes, with every commit that was tested as the answer has it: one whose runs were all
 * passes counts as passing, one that matched as failing, whatever a single run said. git then names the same commit.
 */
export function bisectLog(record: Pick<BisectRecord, 'points' | 'culprits' | 'change' | 'verdict'>): string {
  const { points, culprits, change, verdict } = record;
  const [before, later] = change === 'introduced' ? ['good', 'bad'] : ['broken', 'fixed'];
  const old = points[0];
  const latest = points.at(-1);
  if (old === undefined || latest === undefined) return '';
  const about = (point: BisectPoint): string => `[${point.commit}] ${point.subject}`;
  const lines = [
    change === 'introduced'
      ? 'git bisect start'
      : `git bisect start '--term-old=${before}' '--term-new=${later}'`,
    `# ${later}: ${about(latest)}`,
    `git bisect ${later} ${latest.commit}`,
    `# ${before}: ${about(old)}`,
    `git bisect ${before} ${old.commit}`,
  ];
  const has = changed(points, culprits);
  const said = points.slice(1, -1).flatMap((point) => {
    const told = point.match + point.pass > 0;
    const term = point.untestable !== undefined ? 'skip' : !told ? undefined : has(point) ? later : before;
    return term === undefined ? [] : [{ point, term }];
  });
  // For git the last commit with the change that it is told is the oldest of them: the newest come first.
  const inOrder = [
    ...said.filter(({ term }) => term !== later),
    ...said.filter(({ term }) => term === later).toReversed(),
  ];
  for (const { point, term } of inOrder)
    lines.push(`# ${term}: ${about(point)}`, `git bisect ${term} ${point.commit}`);
  const [only] = culprits;
  const culprit = only === undefined || verdict !== 'culprit' ? undefined : points[only];
  if (culprit !== undefined) lines.push(`# first ${later} commit: ${about(culprit)}`);
  return `${lines.join('\n')}\n`;
}

/** Whether a point has all of the culprits' changes; with no culprit, whether it was seen as the new end is. */
function changed(
  points: readonly BisectPoint[],
  culprits: readonly number[],
): (point: BisectPoint) => boolean {
  const last = culprits.at(-1);
  if (last === undefined) return ({ match }) => match > 0;
  const descends = new Set([last]);
  for (const { number, parents } of points)
    if (parents.some((parent) => descends.has(parent))) descends.add(number);
  return ({ number }) => descends.has(number);
}
