import path from 'node:path';
import { readDigests } from '../report/digest.js';
import type { PageContext, Score, ScoreRow } from '../report/page-context.js';
import { suiteVersion } from '../run/digest.js';
import { mutantNames } from '../score/load.js';
import { readScore, scoreFile } from '../score/record.js';
import type { MutantResult } from '../score/record.js';
import { readCoverage } from '../store/coverage-record.js';
import { projectRoot } from '../store/paths.js';

/** What the page tells beside the events: earlier runs beside this one, and what the suites were measured by. */
export async function recordsContext(
  dir: string,
): Promise<Pick<PageContext, 'trend' | 'coverage' | 'score'>> {
  const [trend, coverage, score] = await Promise.all([
    readDigests(path.dirname(path.resolve(dir))),
    readCoverage(),
    readScoreRows(),
  ]);
  return {
    trend,
    ...(coverage === undefined ? {} : { coverage }),
    ...(score === undefined ? {} : { score }),
  };
}

async function readScoreRows(): Promise<Score | undefined> {
  const results = await readScore(scoreFile(undefined));
  if (results.length === 0) return undefined;
  const version = await suiteVersion();
  const mutants = new Set(await mutantNames(projectRoot()));
  // One whose file has gone is no mutant any more.
  const rows = results.filter(({ name }) => mutants.has(name)).map((one) => scoreRow(one, version));
  return { rows, mutants: mutants.size };
}

function scoreRow(one: MutantResult, version: string): ScoreRow {
  const { name, profile, subject, file, line, expect, ours, upstream, standing, suites, at } = one;
  const by = ours.text ?? upstream.text;
  return {
    name: profile === 'default' ? name : `${name} (${profile})`,
    subject,
    place: `${file}:${line}`,
    harmful: expect === 'killed',
    ours: ours.verdict,
    upstream: upstream.verdict,
    expected: standing !== 'unexpected',
    on: at.slice(0, 10),
    suites: suites === undefined ? 'unknown' : suites === version ? 'this' : 'earlier',
    ...(by === undefined ? {} : { by: ours.test === undefined ? by : `${ours.test}: ${by}` }),
  };
}
