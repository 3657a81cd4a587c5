import type { RunOptions } from '../run/options.js';
import { MUTANTS } from './load.js';

/** What the user asked of one `ci mutate`, checked and with the defaults filled in. */
export interface MutateOptions extends Pick<
  RunOptions,
  | 'tree'
  | 'source'
  | 'suites'
  | 'makeOptions'
  | 'accel'
  | 'machine'
  | 'jobs'
  | 'out'
  | 'fresh'
  | 'verbose'
  | 'quiet'
> {
  /** Instead of the profile that each mutant names. */
  readonly profile?: string;
  /** File that results are kept in; absent: results/score/mutants.json. */
  readonly record?: string;
  readonly json: boolean;
}

/** What mutants are tried by. Their paths are those of device-private memory, and there are many of them. */
export const MUTATE_SUITES = ['mixed-order', 'hmm-tests-quick'] as const;

/** A run's options for the kernels of one profile. A mutant is to the base what a point of a series is. */
export function runOptionsOf(options: MutateOptions, profile: string): RunOptions {
  const { profile: _wanted, record: _record, ...same } = options;
  return {
    ...same,
    series: MUTANTS,
    points: 'all',
    profiles: [profile],
    fragments: [],
    repeat: 1,
    dryRun: false,
  };
}
