import { DEFAULT_PROFILE } from '../run/options.js';
import { shellQuote } from '../run/repro.js';
import type { RunRecord } from '../store/records.js';
import { CONSOLE_PREFIX, isBoot } from '../verdict/point-tests.js';

/**
 * The command that runs this again on another machine, in pieces that a shell takes one after the other: no
 * path of this one is in it.
 * @param one id of the one test to run; absent: what the user asked for
 */
export function rerunWords(run: RunRecord, one?: string): readonly string[] {
  // Booting and what no test owns on a console come with any test.
  const test = one === undefined || isBoot(one) || one.startsWith(CONSOLE_PREFIX) ? undefined : one;
  const { series, askedFor, profiles } = run;
  const option = (name: string, value: string): string => `--${name} ${shellQuote(value)}`;
  const of = test === undefined ? undefined : profileOf(test, profiles);
  const only = test === undefined ? askedFor?.test : bare(test, of);
  const suites = test === undefined ? (askedFor?.suites ?? []) : [test.split('/')[0] ?? ''];
  const wanted = of === undefined ? profiles : [of];
  const named = wanted.length > 1 || wanted[0] !== DEFAULT_PROFILE ? wanted : [];
  return [
    ...command(series),
    ...(askedFor?.source === undefined
      ? ['--tree linux', ...pinned(run)]
      : [option('source', askedFor.source)]),
    ...suites.map((suite) => option('suite', suite)),
    ...(only === undefined ? [] : [option('test', only)]),
    ...named.map((profile) => option('profile', profile)),
    ...(askedFor?.fragments ?? []).map((file) => option('config', file)),
    ...(askedFor?.makeOptions ?? []).map((one) => option('make-option', one)),
    ...(askedFor !== undefined && askedFor.repeat > 1 ? [option('repeat', String(askedFor.repeat))] : []),
  ];
}

function command(series: RunRecord['series']): string[] {
  if (series === undefined) return ['./ci run'];
  // By its id and not `b4 am -o - ID | ci run -`: b4 0.12 ends in a traceback on a subject of two lines.
  if (series.messageId !== undefined) return [`./ci run ${shellQuote(series.messageId)}`];
  return [`./ci run ${shellQuote(portable(series.source))}`];
}

function pinned({ series, base }: RunRecord): string[] {
  return series === undefined ? [] : [`--base ${base.commit}`];
}

/** What the user gave as SERIES, without the folder where it is a file. */
function portable(source: string): string {
  const range = /[^./]\.\.[^./]/.test(source);
  return range ? source : (source.split('/').at(-1) ?? source);
}

/** The profile that the id of a test ends in; tests have one where a run has several. */
function profileOf(id: string, profiles: readonly string[]): string | undefined {
  return profiles.length > 1 ? profiles.find((one) => id.endsWith(`@${one}`)) : undefined;
}

function bare(id: string, profile: string | undefined): string {
  return profile === undefined ? id : id.slice(0, -profile.length - 1);
}

/** The pieces in lines of at most that many columns, joined by a backslash as a shell wants it; a longer one stays whole. */
export function shellLines(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > columns - 2) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}
