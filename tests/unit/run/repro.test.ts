import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import {
  failingTests,
  pinnedSeries,
  reproScript,
  rerunArgv,
  shellQuote,
} from '../../../orchestrator/run/repro.js';
import type { RunRecord, TestRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { options } from './support.js';

const test = suite('run/repro');

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

test('the rerun of a campaign has its seed and time', () => {
  const argv = rerunArgv({ ...options, suites: ['random'], seed: 0, minutes: 2 }, 'ci', 'abc');
  assert.equal(argv.slice(argv.indexOf('--seed')), ['--seed', '0', '--minutes', '2', '--fresh']);
  assert.not.ok(rerunArgv(options, 'ci', 'abc').includes('--seed'));
});

test('the rerun names the base that was found, and paths that hold anywhere', () => {
  const dir = scratchDir();
  writeFileSync(path.join(dir, 'x.mbox'), '');
  const series = path.relative(process.cwd(), path.join(dir, 'x.mbox'));
  assert.ok(series.startsWith('..'));
  const argv = rerunArgv({ ...options, series, test: 'mixed-order/S2' }, '/p/ci', 'abc');
  assert.is(argv[0], '/p/ci');
  assert.is(argv[2], path.join(dir, 'x.mbox'));
  assert.is(argv[argv.indexOf('--base') + 1], 'abc');
  assert.is(argv[argv.indexOf('--test') + 1], 'mixed-order/S2');
  assert.ok(argv.includes('--fresh'));
});

test('what came on stdin is named by the file it is kept in, a range by its commits', () => {
  assert.equal(pinnedSeries('-', undefined, '/run/series.mbox'), { series: '/run/series.mbox' });
  assert.equal(pinnedSeries('v7.2..HEAD', { from: 'aa', commits: ['bb', 'cc'] }, undefined), {
    series: 'aa..cc',
  });
  assert.equal(pinnedSeries('x.mbox', undefined, undefined), { series: 'x.mbox' });
  assert.equal(pinnedSeries(undefined, undefined, undefined), {});
});

test('another machine is part of the command', () => {
  assert.ok(rerunArgv({ ...options, machine: 'big' }, 'ci', 'abc').includes('big'));
});

test('a failing test is named as --test takes it', () => {
  const failing = (id: string, of: string, verdict: TestRecord['verdict'] = 'fail'): TestRecord => ({
    id,
    suite: of,
    verdict,
    runs: 1,
    matches: 1,
    deviations: [],
    splats: [],
    evidence: [],
    durationMs: 1,
    reused: false,
  });
  const tests = [
    failing('mixed-order/A2/9@0,4@16@kasan', 'mixed-order'),
    failing('mixed-order/A2/9@0,4@16@default', 'mixed-order'),
    failing('mixed-order/S2@default', 'mixed-order', 'pass'),
    failing('boot@kasan', 'boot'),
    failing('console/WARNING in f', 'console'),
  ];
  const record = { points: [{ tests }] } as unknown as RunRecord;
  assert.equal(failingTests(record, { ...options, profiles: ['default', 'kasan'] }), [
    'mixed-order/A2/9@0,4@16',
  ]);
});

test('a range and a message-id are no paths', () => {
  for (const series of ['a..b', '20260119.x@example.org'])
    assert.is(rerunArgv({ ...options, series }, 'ci', 'abc')[2], series);
});

test('the script runs the whole, and names each failing test alone', () => {
  const text = reproScript(['ci', 'run', 'a b'], ['mixed-order/S2']);
  assert.match(text, /^#!\/bin\/sh\n/);
  assert.match(text, /^# ci run 'a b' --test mixed-order\/S2$/m);
  assert.match(text, /^exec ci run 'a b'$/m);
});

test.run();
