import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { suite } from '../harness/suite.js';
import { ci, scratch } from './support/cli.js';

const test = suite('e2e: reports on the command line', { timeoutMs: 120_000, fileTimeoutMs: 900_000 });

const RUNS = path.join(projectRoot(), 'tests/fixtures/runs');
const runAt = (name: string): string => path.join(RUNS, name);
const dir = mkdtempSync(path.join(scratch('report'), 'x-'));

for (const [format, extension] of [
  ['mail', 'mail'],
  ['junit', 'junit.xml'],
  ['ktap', 'ktap'],
  ['kcidb', 'kcidb.json'],
] as const) {
  test(`${format}: on stdout what a unit test knows, and in a file where one is named`, async () => {
    const golden = readFileSync(`tests/fixtures/formats/boot-lost.${extension}`, 'utf8');
    const shown = await ci(['report', runAt('boot-lost'), '--format', format]);
    assert.is(shown.code, 0, shown.stderr);
    // What known issues say today is in the mail and not in the golden.
    assert.is(shown.stdout.split('\nKnown deviations')[0], golden.split('\nKnown deviations')[0]);
    const out = path.join(dir, `x.${extension}`);
    const written = await ci(['report', runAt('boot-lost'), '--format', format, '--out', out]);
    assert.equal([written.code, written.stdout], [0, '']);
    assert.is(readFileSync(out, 'utf8'), shown.stdout);
  });
}

test('html: from events.jsonl alone, also of a journal older than the pages of a step', async () => {
  for (const name of ['order-9-to-0', 'reinit-lost']) {
    assert.equal(readdirSync(runAt(name)), ['events.jsonl']);
    const out = path.join(dir, `${name}.html`);
    const made = await ci(['report', runAt(name), '--format', 'html', '--out', out]);
    assert.equal([made.code, made.stdout], [0, ''], made.stderr);
    const page = readFileSync(out, 'utf8');
    assert.match(page, 'The picture of memory');
    assert.match(page, /<b>patch 2<\/b> introduces/);
  }
});

test('mail: Tested-by: is suggested for a complete good run, added when asked for, and refused for any other', async () => {
  const env = {
    HOME: dir,
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'user.name',
    GIT_CONFIG_VALUE_0: 'Jane',
    GIT_CONFIG_KEY_1: 'user.email',
    GIT_CONFIG_VALUE_1: 'jane@example.org',
  };
  const plain = await ci(['report', runAt('good'), '--format', 'mail'], { env });
  assert.not.match(plain.stdout, 'Tested-by');
  assert.match(plain.stderr, '--tested-by adds "Tested-by: Jane <jane@example.org>"');
  const signed = await ci(['report', runAt('good'), '--format', 'mail', '--tested-by'], { env });
  assert.match(signed.stdout, /^Tested-by: Jane <jane@example\.org>$/m);
  const bad = await ci(['report', runAt('introduced'), '--format', 'mail', '--tested-by'], { env });
  assert.equal([bad.code, bad.stdout], [129, '']);
  assert.match(bad.stderr, 'patch 2 is bad');
  const table = await ci(['report', runAt('good'), '--tested-by'], { env });
  assert.is(table.code, 129);
});

test('two runs: what differs, as text and as JSON; another format is a usage error', async () => {
  const text = await ci(['report', runAt('ends-nodebug'), runAt('introduced')]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, 'profile: nodebug, now default');
  const json = await ci(['report', runAt('introduced'), runAt('introduced'), '--format', 'json']);
  assert.is((JSON.parse(json.stdout) as { alike: number }).alike, 4);
  assert.is((await ci(['report', runAt('good'), runAt('good'), '--format', 'mail'])).code, 129);
});

test('list: runs of a folder, newest first', async () => {
  const text = await ci(['list', '--runs', RUNS]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /^run +when +verdict +points +what\n/);
  const json = await ci(['list', '--runs', RUNS, '--json', '--limit', '2']);
  assert.is((JSON.parse(json.stdout) as unknown[]).length, 2);
  assert.is((await ci(['list', '--runs', path.join(dir, 'none')])).stdout, 'no runs\n');
});

test('what is wrong is a usage error that says what to do', async () => {
  for (const [argv, words] of [
    [['report', 'no-such-run'], /no run "no-such-run"[^]*ci list/],
    [['report', runAt('good'), '--format', 'pdf'], /pdf/],
    [['report', runAt('good'), '--baseline', 'none-such'], /no baseline/],
    [['triage', runAt('good'), 'mixed-order/S2', '--as', 'unrelated'], /--reason|--link/],
    [
      [
        'triage',
        runAt('introduced'),
        'mixed-order/S2f',
        '--as',
        'invalid',
        '--reason',
        'x'.repeat(30),
        '--link',
        'https://a.example/',
      ],
      /never excused/,
    ],
    [['baseline', 'save', runAt('introduced')], /only the tests that match/],
    [['completion', 'csh'], /csh/],
  ] as const) {
    const result = await ci(argv);
    assert.equal([result.code, result.stdout], [129, ''], argv.join(' '));
    assert.match(result.stderr, words);
  }
});

test('completion and man come out of the commands', async () => {
  assert.match((await ci(['completion', 'bash'])).stdout, 'complete -o filenames -F _ci ci ./ci');
  assert.match((await ci(['man'])).stdout, /^\.TH CI 1/);
});

test.run();
