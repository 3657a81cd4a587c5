import type { Paint, Shade } from '../report/colour.js';
import { Text } from '../report/text.js';
import { clip, padEnd } from '../report/width.js';
import { duration } from '../report/words.js';
import type { MutantResult, Sight } from './record.js';
import { scoreOf } from './standing.js';
import type { Ratio } from './standing.js';

export interface ScoreContext {
  readonly columns: number;
  readonly paint: Paint;
  /** Where the record is, as shown to the user. */
  readonly record: string;
  readonly runDirectory: string;
  readonly exitCode: number;
}

const SHADES: Readonly<Record<MutantResult['standing'], Shade>> = {
  'as-expected': 'good',
  unexpected: 'bad',
  'cannot-tell': 'warn',
  infra: 'warn',
};

/** The results as text: two or three lines a mutant, then the score. Newline at the end. */
export function renderScore(results: readonly MutantResult[], context: ScoreContext): string {
  const text = new Text(context.columns, context.paint);
  for (const one of results) {
    const reason = one.reason === undefined ? '' : `: ${one.reason}`;
    const times = [
      `build ${duration(one.buildMs)}`,
      ...(one.testMs === undefined ? [] : [`test ${duration(one.testMs)}`]),
    ].join(', ');
    const word = one.standing === 'as-expected' ? one.expect : one.standing;
    text.text(
      `${one.name} ${clip(`${one.file}:${one.line}`, 60)} ${word}${reason} (${one.profile}; ${times})`,
      0,
      SHADES[one.standing],
    );
    if (one.sameAs !== undefined) text.text(`same kernel as ${one.sameAs}, not booted`);
    text.pair('ours', WIDTH, sightInWords(one.ours));
    text.pair('hmm-tests', WIDTH, sightInWords(one.upstream));
    if (one.ours.verdict === 'survived' && one.expect === 'killed')
      text.pair('to be seen', WIDTH, one.seenBy);
  }
  const score = scoreOf(results);
  text.section('score');
  const unasked = results.some(({ expect }) => expect === 'killed') ? 'not run' : 'none';
  text.text(padEnd('killed by our suites', NAME) + ratio(score.ours, unasked));
  text.text(padEnd('killed by hmm-tests', NAME) + ratio(score.upstream, unasked));
  text.text(padEnd('neutral, green', NAME) + ratio(score.neutral));
  text.text(padEnd('equivalent, green', NAME) + ratio(score.equivalent));
  const odd = results.filter(({ standing }) => standing !== 'as-expected');
  if (odd.length > 0) {
    text.section('not as expected', 'bad');
    for (const one of odd) text.text(`${one.name}: ${one.reason ?? one.standing}`);
  }
  text.blank();
  text.text(`record  ${context.record}`, 0);
  text.text(`run     ${context.runDirectory}`, 0);
  text.text(`exit code ${context.exitCode}`, 0);
  return text.toString();
}

const WIDTH = 'to be seen'.length;
const NAME = 24;

function ratio({ k, n }: Ratio, none = 'none'): string {
  return n === 0 ? none : `${k} of ${n} (${Math.round((100 * k) / n)} %)`;
}

function sightInWords({ verdict, test, text, ms }: Sight): string {
  const time = ms === undefined ? '' : ` after ${duration(ms)}`;
  if (verdict === 'not-run') return 'not run';
  if (verdict === 'survived') return `survived${time}${text === undefined ? '' : `; ${text}`}`;
  return `${verdict}${time} by ${test ?? 'nothing'}: ${text ?? ''}`;
}
