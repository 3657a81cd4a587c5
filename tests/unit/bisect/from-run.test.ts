import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fromRun, shellWords } from '../../../orchestrator/bisect/from-run.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { reproScript, rerunArgv, shellQuote } from '../../../orchestrator/run/repro.js';
import type { RunOptions } from '../../../orchestrator/run/options.js';
import type { RunRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';
import { options as plain } from '../run/support.js';

const test = suite('bisect/from-run');
const defaults = { source: '7.3', machine: 'x86_64' };

const options: RunOptions = {
  ...plain,
  series: '<20260119.1@example.org>',
  tree: "/home/o'hara/linux tree",
  suites: ['mixed-order', 'hmm-tests'],
  profiles: ['default', 'nodebug'],
  fragments: ['/tmp/a.config'],
  makeOptions: ['LLVM=1'],
};

function runDir(summary: Partial<RunRecord['summary']>, series: RunOptions = options): string {
  const dir = scratchDir('run');
  const { profiles } = series;
  const record: RunRecord = {
    schemaVersion: 1,
    toolVersion: '1',
    id: 'x',
    startedAt: '2026-01-19T06:00:05Z',
    base: { commit: 'f'.repeat(40), describe: 'v7.3', foundBy: 'head', tree: '/src' },
    profiles: [...profiles],
    machine: { name: 'x86_64', qemuVersion: 'QEMU', argv: [] },
    accelerator: { name: 'tcg', why: 'x' },
    seed: '1',
    notes: [],
    points: [],
    summary: { introduced: [], fixed: [], stillFailing: [], flaky: [], known: [], ...summary },
    timings: {},
    verdict: 'bad',
    exitCode: 1,
  };
  writeFileSync(join(dir, 'run.json'), JSON.stringify(record));
  const argv = rerunArgv(series, '/opt/ci dir/ci', 'f'.repeat(40));
  writeFileSync(join(dir, 'repro.sh'), reproScript(argv, ['mixed-order/S1']));
  return dir;
}

const introduced = [
  { test: 'mixed-order/S1@nodebug', point: 2, failureKey: 'stale-field x' },
  { test: 'mixed-order/S2@default', point: 2, failureKey: 'hang: y' },
];

test('the first failure of a run, and what it tested, as repro.sh has it', async () => {
  assert.equal(await fromRun(runDir({ introduced }), undefined, defaults), {
    series: '<20260119.1@example.org>',
    tree: "/home/o'hara/linux tree",
    base: 'f'.repeat(40),
    source: '7.3',
    suites: ['mixed-order', 'hmm-tests'],
    profile: 'nodebug',
    fragments: ['/tmp/a.config'],
    makeOptions: ['LLVM=1'],
    machine: 'x86_64',
    test: 'mixed-order/S1',
    failure: 'stale-field x',
  });
});

test('the one that was asked for', async () => {
  const found = await fromRun(runDir({ introduced }), 'mixed-order/S2@default', defaults);
  assert.equal([found.test, found.profile, found.failure], ['mixed-order/S2', 'default', 'hang: y']);
});

test('a failure that a later patch ends: the search ends before that one', async () => {
  const ended = (point: number): RunRecord['summary']['fixed'] => [
    { test: 'mixed-order/S1@nodebug', point, failureKey: 'stale-field x' },
  ];
  const lastOf = async (fixed: RunRecord['summary']['fixed'], name?: string): Promise<unknown> =>
    (await fromRun(runDir({ introduced, fixed }), name, defaults)).last;
  assert.is(await lastOf(ended(5)), 4);
  assert.is(await lastOf([...ended(7), ...ended(5)]), 4, 'the first that ends it');
  assert.is(await lastOf(ended(1)), undefined, 'it ended, and came back');
  assert.is(await lastOf(ended(5), 'mixed-order/S2@default'), undefined, 'another test');
});

/** Words that a shell takes apart as they were put together. */
test('words of a shell', () => {
  const words = ['plain', 'two words', "it's", '*', "''", 'a\\b'];
  assert.equal(shellWords(words.map(shellQuote).join(' ')), words);
});

test('usage: nothing fails, no such test, no series, not finished', async () => {
  const { series: _, ...rest } = options;
  const cases: readonly (readonly [string, string | undefined, RegExp])[] = [
    [runDir({}), undefined, /nothing fails/],
    [runDir({ introduced }), 'mixed-order/S9', /does not fail/],
    [runDir({ introduced }, rest), undefined, /no series/],
    [scratchDir('empty'), undefined, /not finished/],
  ];
  for (const [dir, name, words] of cases) {
    const error: unknown = await fromRun(dir, name, defaults).catch((reason: unknown) => reason);
    assert.ok(error instanceof CiError && error.fault === 'usage', String(error));
    assert.match(error.message, words);
  }
});

test.run();
