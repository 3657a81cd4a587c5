import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Range } from '../series/types.js';
import type { RunRecord } from '../store/records.js';
import { DEFAULT_MACHINE } from './options.js';
import type { RunOptions } from './options.js';

/** `text` as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** SERIES in a form that means the same tomorrow: what came on stdin as the file it was kept in, a range as commits. */
export function pinnedSeries(
  series: string | undefined,
  range: Range | undefined,
  kept: string | undefined,
): Pick<RunOptions, 'series'> {
  if (kept !== undefined) return { series: kept };
  const last = range?.commits.at(-1);
  if (range !== undefined && last !== undefined) return { series: `${range.from}..${last}` };
  return series === undefined ? {} : { series };
}

/** Ids of failing tests as `--test` takes them: without the profile, and without what is no test of a suite. */
export function failingTests(record: Pick<RunRecord, 'points'>, options: RunOptions): string[] {
  const { suites, profiles } = options;
  const suffixes = profiles.length > 1 ? profiles.map((profile) => `@${profile}`) : [];
  const ids = record.points
    .flatMap(({ tests }) => tests)
    .filter(({ verdict, suite }) => verdict === 'fail' && suites.includes(suite))
    .map(({ id }) => {
      const suffix = suffixes.find((one) => id.endsWith(one));
      return suffix === undefined ? id : id.slice(0, -suffix.length);
    });
  return [...new Set(ids)];
}

/**
 * The command line that repeats a run, with the base pinned to what was found. Paths are absolute.
 * @param options with `series` from pinnedSeries
 */
export function rerunArgv(options: RunOptions, launcher: string, base: string): readonly string[] {
  const argv = [launcher, 'run'];
  if (options.series !== undefined)
    argv.push(existsSync(options.series) ? path.resolve(options.series) : options.series);
  if (options.tree !== undefined) argv.push('--tree', path.resolve(options.tree));
  else argv.push('--source', options.source);
  if (options.series !== undefined) argv.push('--base', base);
  if (options.points !== 'all') argv.push('--points', options.points);
  for (const suite of options.suites) argv.push('--suite', suite);
  if (options.test !== undefined) argv.push('--test', options.test);
  for (const profile of options.profiles) argv.push('--profile', profile);
  for (const fragment of options.fragments) argv.push('--config', path.resolve(fragment));
  for (const one of options.makeOptions) argv.push('--make-option', one);
  if (options.accel !== 'auto') argv.push('--accel', options.accel);
  if (options.machine !== DEFAULT_MACHINE) argv.push('--machine', options.machine);
  if (options.seed !== undefined) argv.push('--seed', String(options.seed));
  if (options.minutes !== undefined) argv.push('--minutes', String(options.minutes));
  if (options.repeat !== 1) argv.push('--repeat', String(options.repeat));
  argv.push('--fresh');
  return argv;
}

/** Failing tests that get a line of their own; the others are run in the same way. */
const NAMED = 10;

/** Text of repro.sh: the whole run, and a line for each of the first failing tests. */
export function reproScript(argv: readonly string[], failing: readonly string[]): string {
  const command = argv.map(shellQuote).join(' ');
  const single = failing.slice(0, NAMED).map((id) => `# ${command} --test ${shellQuote(id)}`);
  if (failing.length > NAMED) single.push(`# and ${failing.length - NAMED} more, all in run.json`);
  return [
    '#!/bin/sh',
    '# Repeats this run. Results of earlier runs are not reused; kernels come from the cache where they are equal.',
    ...(single.length > 0 ? ['# One failing test alone:', ...single] : []),
    `exec ${command}`,
    '',
  ].join('\n');
}
