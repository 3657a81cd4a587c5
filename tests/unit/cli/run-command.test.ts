import * as assert from 'uvu/assert';
import { runOptions } from '../../../orchestrator/cli/run-command.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { DEFAULT_SUITES } from '../../../orchestrator/run/options.js';
import { suite } from '../../harness/suite.js';

const test = suite('cli/run-command');

const flags: Parameters<typeof runOptions>[1] = {
  source: '7.3',
  points: 'all',
  suite: [],
  profile: [],
  config: [],
  makeOption: [],
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

test('what is not given has its default', () => {
  const options = runOptions(undefined, flags);
  assert.equal(options.suites, DEFAULT_SUITES);
  assert.equal(options.profiles, ['default']);
  assert.is('series' in options, false);
});

test('a suite or profile that is given twice runs once', () => {
  const options = runOptions('x.mbox', {
    ...flags,
    suite: ['mixed-order', 'hmm-tests', 'mixed-order'],
    profile: ['kasan', 'kasan'],
  });
  assert.equal(options.suites, ['mixed-order', 'hmm-tests']);
  assert.equal(options.profiles, ['kasan']);
});

test('seed and minutes of a campaign are passed on, 0 too', () => {
  const options = runOptions(undefined, { ...flags, suite: ['random'], seed: 0, minutes: 0.5 });
  assert.equal([options.seed, options.minutes], [0, 0.5]);
  assert.is(runOptions(undefined, flags).seed, undefined);
});

for (const wrong of [
  { quiet: true, verbose: true },
  { dryRun: true, json: true },
]) {
  test(`${Object.keys(wrong).join(' and ')} exclude each other`, () => {
    try {
      runOptions(undefined, { ...flags, ...wrong });
    } catch (error) {
      assert.ok(error instanceof CiError && error.fault === 'usage');
      return;
    }
    assert.unreachable('was to be refused');
  });
}

test.run();
