import { existsSync } from 'node:fs';
import path from 'node:path';
import { fromRun } from '../bisect/from-run.js';
import { MAIL_CONFIDENCE } from '../bisect/mail-text.js';
import type { BisectOptions } from '../bisect/options.js';
import { DEFAULT_OPTIONS } from '../bisect/state.js';
import { CiError } from '../process/errors.js';
import { DEFAULT_SUITES } from '../run/options.js';
import { configEnds } from './config-ends.js';
import { locateRun } from './locate-run.js';

/** The options of `ci bisect` as commander gives them. */
export interface BisectFlags extends Pick<
  BisectOptions,
  | 'tree'
  | 'source'
  | 'base'
  | 'test'
  | 'failure'
  | 'profile'
  | 'accel'
  | 'machine'
  | 'jobs'
  | 'fix'
  | 'maxRuns'
> {
  readonly suite: readonly string[];
  readonly config: readonly string[];
  readonly makeOption: readonly string[];
  readonly confidence?: number;
  readonly out?: string;
  readonly from?: string;
  readonly resume?: string | true;
  readonly json: boolean;
  readonly mail: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** @throws CiError('usage') for flags that exclude each other, and for nothing to search */
export function checkFlags(what: readonly string[], flags: BisectFlags): void {
  const { quiet, verbose, json, mail, resume, out } = flags;
  const usage = (message: string, remedy: string): CiError => new CiError('usage', message, { remedy });
  if (quiet && verbose) throw usage('-q and -v exclude each other', 'give only one of them');
  if (json && mail) throw usage('--json and --mail exclude each other', 'give only one of them');
  if (resume !== undefined) {
    if (what.length > 0 || out !== undefined)
      throw usage('--resume goes on with what was asked then', 'give nothing else');
    return;
  }
  if (flags.from !== undefined && what.length > 0)
    throw usage('--from takes the series of its run', 'give nothing else to search');
  if (flags.from === undefined && what.length === 0)
    throw usage(
      'nothing to bisect was given',
      'pass a SERIES, --tree DIR with the commits GOOD and BAD, or --config GOOD BAD',
    );
  if (what.length > 2)
    throw usage(`one SERIES or two commits, not ${what.length} arguments`, 'see ci bisect --help');
}

/** What is searched: a series, commits, configurations, or what a finished run was about. */
export async function asked(what: readonly string[], flags: BisectFlags): Promise<BisectOptions> {
  const ends = await configEnds(what, flags.config);
  if (ends !== undefined) {
    checkBetweenConfigs(ends.rest, flags);
    return { ...optionsOf(ends.rest, { ...flags, config: [] }), configs: ends.configs };
  }
  if (what.length === 2 && flags.base !== undefined)
    throw new CiError('usage', '--base is for a SERIES, and two commits were given', {
      remedy: 'leave it out',
    });
  const options = optionsOf(what, flags);
  if (flags.from === undefined) return options;
  const { series: _none, ...rest } = options;
  const { source, machine } = flags;
  const found = await fromRun(locateRun(flags.from), flags.test, { source, machine });
  return { ...rest, ...found, ...given('failure', flags.failure ?? found.failure) };
}

function checkBetweenConfigs({ length }: readonly string[], { mail }: BisectFlags): void {
  if (length > 1)
    throw new CiError('usage', 'between two configurations at most one SERIES, not two arguments', {
      remedy: 'see ci bisect --help',
    });
  if (mail)
    throw new CiError('usage', '--mail writes to the author of a change, and an option has none', {
      remedy: 'leave it out, or take --json',
    });
}

/** Paths are absolute: the bisect may be gone on with from elsewhere. */
function optionsOf(what: readonly string[], flags: BisectFlags): BisectOptions {
  const {
    suite,
    config,
    makeOption: makeOptions,
    source,
    profile,
    accel,
    machine,
    jobs,
    fix,
    maxRuns,
  } = flags;
  const [first, second] = what;
  const { tree, base, test, failure } = flags;
  return {
    ...(first === undefined
      ? {}
      : second === undefined
        ? { series: existsSync(first) ? path.resolve(first) : first }
        : { between: [first, second] as [string, string] }),
    ...given('tree', tree === undefined ? undefined : path.resolve(tree)),
    ...given('base', base),
    ...given('test', test),
    ...given('failure', failure),
    source,
    suites: suite.length > 0 ? [...new Set(suite)] : [...DEFAULT_SUITES],
    profile,
    fragments: config.map((file) => path.resolve(file)),
    makeOptions: [...makeOptions],
    accel,
    machine,
    jobs,
    fix,
    confidence: flags.confidence ?? (flags.mail ? MAIL_CONFIDENCE : DEFAULT_OPTIONS.confidence),
    maxRuns,
  };
}

/** A field that is there only with a value. */
export function given<K extends string, V>(name: K, value: V | undefined): { readonly [key in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in K]?: V };
}
