import * as assert from 'uvu/assert';
import type { RunOptions } from '../../../orchestrator/run/options.js';
import { reproScript, rerunArgv, shellQuote } from '../../../orchestrator/run/repro.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/repro');

const options: RunOptions = {
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

test('quotes what a shell would take apart', () => {
  for (const [word, quoted] of [
    ['mixed-order/A2/9@0,4@16', 'mixed-order/A2/9@0,4@16'],
    ['a b', "'a b'"],
    ["it's", `'it'\\''s'`],
    ['$(rm -rf .)', "'$(rm -rf .)'"],
    ['', "''"],
  ] as const)
    assert.is(shellQuote(word), quoted);
});

test('the rerun names the base that was found, and paths that hold anywhere', () => {
  const argv = rerunArgv({ ...options, series: 'x.mbox', test: 'mixed-order/S2' }, '/p/ci', 'abc');
  assert.is(argv[0], '/p/ci');
  assert.ok(argv[2]?.startsWith('/') && argv[2].endsWith('/x.mbox'));
  assert.is(argv[argv.indexOf('--base') + 1], 'abc');
  assert.is(argv[argv.indexOf('--test') + 1], 'mixed-order/S2');
  assert.ok(argv.includes('--fresh'));
});

test('a range, a message-id and stdin are no paths', () => {
  for (const series of ['a..b', '20260119.x@example.org', '-'])
    assert.is(rerunArgv({ ...options, series }, 'ci', 'abc')[2], series);
});

test('the script runs the whole, and names each failing test alone', () => {
  const text = reproScript(['ci', 'run', 'a b'], ['mixed-order/S2']);
  assert.match(text, /^#!\/bin\/sh\n/);
  assert.match(text, /^# ci run 'a b' --test mixed-order\/S2$/m);
  assert.match(text, /^exec ci run 'a b'$/m);
});

test.run();
