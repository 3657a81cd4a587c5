import path from 'node:path';
import { shellQuote } from '../run/repro.js';
import { DEFAULT_PROFILE } from '../run/options.js';
import { writeFileAtomic } from '../store/atomic.js';
import { bisectMail } from './mail-text.js';
import { runsWanted } from './odds.js';
import type { BisectOptions } from './options.js';
import type { BisectRecord } from './record.js';

/** Writes what others read beside the journal: the record; the log for git, where the points are commits; and the mail, where one is named. */
export async function publishBisect(
  record: BisectRecord,
  options: BisectOptions,
  dir: string,
): Promise<void> {
  await writeFileAtomic(path.join(dir, 'bisect.json'), `${JSON.stringify(record, null, 2)}\n`);
  if (record.gitBisectLog !== '')
    await writeFileAtomic(path.join(dir, 'git-bisect.log'), record.gitBisectLog);
  const mail = bisectMail(record, reproducer(record, options));
  if (mail !== '') await writeFileAtomic(path.join(dir, 'mail.txt'), mail);
}

/** The command that shows the failure at the culprit on another machine, in pieces that a shell takes one after the other. */
export function reproducer(record: BisectRecord, options: BisectOptions): readonly string[] {
  const { series, tree, source, base, profile } = options;
  const culprit = record.points[record.culprits.at(-1) ?? record.points.length - 1];
  const option = (name: string, value: string): string => `--${name} ${shellQuote(value)}`;
  const test = record.target?.test;
  const repeat = runsWanted(record.rate.matches, record.rate.runs);
  const what =
    series === undefined
      ? [`./ci run ${culprit?.commit ?? ''}^..${culprit?.commit ?? ''}`, '--tree linux']
      : [
          `./ci run ${shellQuote(culprit?.messageId ?? path.basename(series))}`,
          tree === undefined ? option('source', source) : '--tree linux',
          ...(base === undefined ? [] : [option('base', base)]),
        ];
  return [
    ...what,
    ...(test === undefined ? [] : [option('suite', test.split('/')[0] ?? ''), option('test', test)]),
    ...(profile === DEFAULT_PROFILE ? [] : [option('profile', profile)]),
    ...(record.rate.estimate < 1 ? [option('repeat', String(repeat))] : []),
  ];
}
