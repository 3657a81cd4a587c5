import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CiError } from '../process/errors.js';
import { RunRecord } from '../store/records.js';
import type { SummaryEntry } from '../store/records.js';
import type { BisectOptions } from './options.js';

/** What a finished run was about, as a bisect takes it. */
export type FromRun = Pick<
  BisectOptions,
  | 'series'
  | 'last'
  | 'tree'
  | 'source'
  | 'base'
  | 'suites'
  | 'profile'
  | 'fragments'
  | 'makeOptions'
  | 'machine'
> &
  Required<Pick<BisectOptions, 'test' | 'failure'>>;

/**
 * The failure that a finished run reported, and what that run tested: series, tree, base and configuration out of its
 * repro.sh, which has them as they were found.
 * @param test id of the test; absent: the first that the series broke, else the first that fails
 * @throws CiError('usage') for a run without a series, without such a failure, or that is not finished
 */
export async function fromRun(
  dir: string,
  test: string | undefined,
  defaults: FromRunDefaults,
): Promise<FromRun> {
  const read = (name: string): Promise<string> =>
    readFile(path.join(dir, name), 'utf8').catch((error: unknown) => {
      throw new CiError('usage', `the run in ${dir} is not finished: it has no ${name}`, { cause: error });
    });
  const record = RunRecord.parse(JSON.parse(await read('run.json')));
  const words = commandOf(await read('repro.sh'));
  const failure = failureOf(record, test, dir);
  const last = lastWith(failure, record);
  return { ...optionsOf(words, failure, record, defaults), ...(last === undefined ? {} : { last }) };
}

/** What a run leaves out of its command line where it is as usual. */
export interface FromRunDefaults {
  readonly source: string;
  readonly machine: string;
}

function failureOf({ summary }: RunRecord, test: string | undefined, dir: string): SummaryEntry {
  const all = [...summary.introduced, ...summary.stillFailing, ...summary.flaky];
  const found = all.find((entry) => test === undefined || entry.test === test);
  if (found !== undefined) return found;
  const names = [...new Set(all.map((entry) => entry.test))].slice(0, 12);
  const remedy =
    names.length === 0 ? 'name a test with --test' : `tests that fail there: ${names.join(', ')}`;
  const what = test === undefined ? `nothing fails in ${dir}` : `${test} does not fail in ${dir}`;
  throw new CiError('usage', what, { remedy });
}

/** The last patch before the one that ended a failure; undefined where none did. */
function lastWith({ test, point }: SummaryEntry, { summary }: RunRecord): number | undefined {
  const ends = summary.fixed.filter((entry) => entry.test === test && entry.point > point);
  return ends.length === 0 ? undefined : Math.min(...ends.map((entry) => entry.point)) - 1;
}

/** The words of the line of repro.sh that repeats the run, without the launcher. */
export function commandOf(script: string): string[] {
  const line = script.split('\n').find((one) => one.startsWith('exec '));
  if (line === undefined) throw new CiError('infra', 'repro.sh does not repeat its run');
  return shellWords(line).slice(3);
}

/** A line of a POSIX shell as words, as far as `shellQuote` writes them: bare, and in single quotes. */
export function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s'\\]|'[^']*'|\\.)+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ''),
  );
}

function optionsOf(
  words: readonly string[],
  { test, failureKey }: SummaryEntry,
  { profiles }: RunRecord,
  defaults: FromRunDefaults,
): FromRun {
  const [series] = words;
  if (series === undefined || series.startsWith('--'))
    throw new CiError('usage', 'the run had no series: there is nothing to search', {
      remedy: 'name two commits: ci bisect --tree DIR GOOD BAD',
    });
  const all = (name: string): string[] =>
    words.flatMap((word, index) => (word === `--${name}` ? [words[index + 1] ?? ''] : []));
  const optional = <K extends string>(name: K): { readonly [key in K]?: string } => {
    const [value] = all(name);
    return (value === undefined ? {} : { [name]: value }) as { readonly [key in K]?: string };
  };
  // In a run with several profiles the id of a test ends in its own.
  const profile = profiles.find((one) => profiles.length > 1 && test.endsWith(`@${one}`));
  return {
    series,
    ...optional('tree'),
    ...optional('base'),
    source: all('source')[0] ?? defaults.source,
    suites: all('suite'),
    profile: profile ?? profiles[0] ?? 'default',
    fragments: all('config'),
    makeOptions: all('make-option'),
    machine: all('machine')[0] ?? defaults.machine,
    test: profile === undefined ? test : test.slice(0, -profile.length - 1),
    failure: failureKey,
  };
}
