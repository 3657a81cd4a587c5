import path from 'node:path';
import { readDigests } from '../report/digest.js';
import type { PageContext, ScoreRow } from '../report/page-context.js';
import { readScore, scoreFile } from '../score/record.js';
import type { MutantResult } from '../score/record.js';
import { readCoverage } from '../store/coverage-record.js';

/** What the page tells beside the events: earlier runs beside this one, and what the suites were measured by. */
export async function recordsContext(
  dir: string,
): Promise<Pick<PageContext, 'trend' | 'coverage' | 'score'>> {
  const [trend, coverage, score] = await Promise.all([
    readDigests(path.dirname(path.resolve(dir))),
    readCoverage(),
    readScore(scoreFile(undefined)),
  ]);
  return {
    trend,
    ...(coverage === undefined ? {} : { coverage }),
    ...(score.length === 0 ? {} : { score: score.map(scoreRow) }),
  };
}

function scoreRow({
  name,
  profile,
  subject,
  file,
  line,
  expect,
  ours,
  upstream,
  standing,
}: MutantResult): ScoreRow {
  const by = ours.text ?? upstream.text;
  return {
    name: profile === 'default' ? name : `${name} (${profile})`,
    subject,
    place: `${file}:${line}`,
    harmful: expect === 'killed',
    ours: ours.verdict,
    upstream: upstream.verdict,
    expected: standing !== 'unexpected',
    ...(by === undefined ? {} : { by: ours.test === undefined ? by : `${ours.test}: ${by}` }),
  };
}
