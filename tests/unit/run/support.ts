import type { RunOptions } from '../../../orchestrator/run/options.js';

/** What `ci run` is asked with when the user gives nothing. */
export const options: RunOptions = {
  source: '7.3',
  points: 'all',
  suites: ['mixed-order'],
  profiles: ['default'],
  fragments: [],
  makeOptions: [],
  accel: 'auto',
  machine: 'x86_64',
  repeat: 1,
  jobs: 2,
  fresh: false,
  dryRun: false,
  json: false,
  verbose: false,
  quiet: false,
};
