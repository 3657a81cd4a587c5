import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../../harness/suite.js';
import { isFailure, parseKtap } from '../../../orchestrator/ktap/parse.js';
import type { KtapReport } from '../../../orchestrator/ktap/parse.js';

const test = suite('ktap/parse');

function fixture(name: string): string {
  return readFileSync(join('tests/fixtures/ktap', name), 'utf8');
}

function short(report: KtapReport): string[] {
  return report.results.map((result) => `${result.status} ${result.id}`);
}

function problems(report: KtapReport): string[] {
  return report.problems.map((problem) => problem.kind);
}

/** One row a case: name, input lines, results, kinds of problems. */
type Row = readonly [string, readonly string[], readonly string[], (readonly string[])?];

const rows: readonly Row[] = [
  ['a plain list', ['TAP version 13', '1..2', 'ok 1 a', 'not ok 2 b'], ['pass a', 'fail b']],
  ['a dash before the name', ['1..1', 'ok 1 - a thing'], ['pass a thing']],
  ['without any version line or plan', ['ok 1 a', 'ok 2 b'], ['pass a', 'pass b']],
  [
    'console prefixes',
    [
      '<6>[    1.234567][   T70] KTAP version 1',
      '[    1.2] 1..2',
      '[   T70] ok 1 a',
      '<4>[    2.0][    C0]   ok x',
      'ok 2 b',
    ],
    ['pass a', 'pass b'],
  ],
  [
    'two-space nesting, three levels',
    [
      'KTAP version 1',
      '1..1',
      '  KTAP version 1',
      '  1..1',
      '    KTAP version 1',
      '    1..2',
      '    ok 1 x',
      '    not ok 2 y',
      '  not ok 1 mid',
      'not ok 1 top',
    ],
    ['pass top / mid / x', 'fail top / mid / y'],
  ],
  [
    'hash nesting, three levels',
    [
      'TAP version 13',
      '1..1',
      '# TAP version 13',
      '# 1..1',
      '# # TAP version 13',
      '# # 1..1',
      '# # ok 1 x',
      '# ok 1 mid',
      'ok 1 top',
    ],
    ['pass top / mid / x'],
  ],
  [
    'prefix and nesting together',
    [
      '[    T1] KTAP version 1',
      '[    T1] 1..1',
      '[    T1]     KTAP version 1',
      '[    T1]     # Subtest: s',
      '[    T1]     1..1',
      '[    T1]     ok 1 x',
      '[    T1] ok 1 s',
    ],
    ['pass s / x'],
  ],
  [
    'equal names in two parents',
    ['1..2', '  1..1', '  ok 1 t', 'ok 1 a', '  1..1', '  ok 1 t', 'ok 2 b'],
    ['pass a / t', 'pass b / t'],
  ],
  [
    'equal names side by side',
    ['1..3', 'ok 1 t', 'not ok 2 t', 'ok 3 t'],
    ['pass t', 'fail t (2)', 'pass t (3)'],
  ],
  [
    'directives',
    [
      '1..8',
      'ok 1 a # SKIP why',
      'not ok 2 b # SKIP',
      'not ok 3 c # XFAIL known',
      'not ok 4 d # TIMEOUT 30 seconds',
      'not ok 5 e # ERROR no device',
      'not ok 6 f # TODO later',
      'ok 7 g # XPASS oh',
      'ok 8 h # skip lower case',
    ],
    ['skip a', 'skip b', 'xfail c', 'timeout d', 'error e', 'xfail f', 'pass g', 'skip h'],
  ],
  ['ok with TIMEOUT is a failure', ['1..1', 'ok 1 a # TIMEOUT 45 seconds'], ['timeout a']],
  ['a remark is no directive', ['1..2', 'ok 1 a # rcode=0', 'not ok 2 b # error 5'], ['pass a', 'fail b']],
  ['a hash inside a name', ['1..1', 'ok 1 cpu#0 is up'], ['pass cpu#0 is up']],
  ['a skip without a name', ['1..2', 'ok 1 a', 'ok 2 # SKIP no memory'], ['pass a', 'skip test 2']],
  [
    "a parent's not ok wins over children that all pass",
    ['1..1', '  1..2', '  ok 1 x', '  ok 2 y', 'not ok 1 p'],
    ['pass p / x', 'pass p / y', 'fail p'],
  ],
  [
    'a parent in TIMEOUT stays one beside a failed child',
    ['1..1', '  1..1', '  not ok 1 x', 'not ok 1 p # TIMEOUT'],
    ['fail p / x', 'timeout p'],
  ],
  [
    "a child's failure survives a parent's ok",
    ['1..1', '  1..1', '  not ok 1 x', 'ok 1 p'],
    ['fail p / x'],
    ['contradiction'],
  ],
  [
    'missing plan entries are crashed',
    ['1..3', 'ok 1 a'],
    ['pass a', 'crashed test 2', 'crashed test 3'],
    ['missing'],
  ],
  ['a gap in the middle', ['1..3', 'ok 1 a', 'ok 3 c'], ['pass a', 'pass c', 'crashed test 2'], ['missing']],
  [
    'missing entries of a nested plan',
    ['1..2', '  1..2', '  ok 1 x', 'ok 1 p', 'ok 2 q'],
    ['pass p / x', 'crashed p / test 2', 'pass q'],
    ['missing', 'contradiction'],
  ],
  [
    'a parent that never reported',
    ['KTAP version 1', '1..2', '  KTAP version 1', '  # Subtest: first', '  1..2', '  ok 1 x'],
    ['pass first / x', 'crashed first / test 2', 'crashed first', 'crashed test 2'],
    ['missing', 'unfinished', 'missing'],
  ],
  [
    'a bail out',
    ['1..2', 'ok 1 a', 'Bail out! no /dev/hmm'],
    ['pass a', 'crashed test 2'],
    ['bail', 'missing'],
  ],
  ['more results than planned', ['1..1', 'ok 1 a', 'not ok 2 b'], ['pass a', 'fail b'], ['extra']],
  ['a number twice', ['1..2', 'ok 1 a', 'ok 1 b'], ['pass a', 'pass b'], ['number']],
  [
    'two programs in one stream',
    ['TAP version 13', '1..1', 'ok 1 a', 'TAP version 13', '1..2', 'ok 1 a', 'not ok 2 b'],
    ['pass a', 'pass a (2)', 'fail b'],
  ],
  ['kernel text in between', ['1..1', 'page: refcount:1', '  ok so far', 'ok', 'ok 1 a'], ['pass a']],
  [
    'a skipped block below a parent that says plain ok',
    ['1..1', '  1..0 # SKIP no device', 'ok 1 p'],
    ['skip p'],
  ],
  ['Windows line ends', ['1..1\r', 'ok 1 a # SKIP x\r'], ['skip a']],
];

for (const [name, lines, expected, kinds] of rows) {
  test(name, () => {
    const report = parseKtap(`${lines.join('\n')}\n`);
    assert.equal(short(report), expected);
    assert.equal(problems(report), kinds ?? []);
    assert.is(report.zeroTests, false);
  });
}

for (const text of [
  '',
  'TAP version 13\n',
  'TAP version 13\n1..0\n',
  'sh: hmm-tests: not found\n',
  '[    T1] ok then\n',
]) {
  test(`zero tests are flagged: ${JSON.stringify(text)}`, () => {
    const report = parseKtap(text);
    assert.equal(report.results, []);
    assert.is(report.zeroTests, true);
  });
}

test('a program that skips everything is neither zero tests nor a pass', () => {
  const report = parseKtap('TAP version 13\n1..0 # SKIP test_hmm is not loaded\n');
  assert.is(report.zeroTests, false);
  assert.is(report.skippedAll, 'test_hmm is not loaded');
  assert.equal(report.results, []);
});

test('reasons and diagnostics reach the result', () => {
  const [first, second] = parseKtap(
    '1..2\n# mm.c:12: expected 1, got 2\nnot ok 1 a # errno 5\nok 2 b # SKIP no swap\n',
  ).results;
  assert.is(first?.reason, 'errno 5');
  assert.equal(first?.diagnostics, ['# mm.c:12: expected 1, got 2']);
  assert.is(first?.line, 3);
  assert.is(second?.reason, 'no swap');
});

test('a last line cut inside a result is not trusted', () => {
  const report = parseKtap('1..3\nok 1 a\nok 2 bbb');
  assert.equal(short(report), ['pass a', 'crashed test 2', 'crashed test 3']);
  assert.ok(problems(report).includes('cut'));
});

test('a complete output whose last newline was trimmed is complete', () => {
  assert.equal(short(parseKtap('1..2\nok 1 a\nok 2 b')), ['pass a', 'pass b']);
});

test('hmm-tests: failures, skips and passes of the harness', () => {
  const report = parseKtap(fixture('hmm-tests-fail-skip.tap'));
  assert.is(report.planned, 38);
  assert.is(report.results.length, 38);
  assert.equal(problems(report), []);
  const failed = report.results.filter((result) => isFailure(result.status));
  assert.equal(
    failed.map((result) => result.id),
    ['hmm.hmm_device_private.migrate_fault'],
  );
  assert.ok(failed[0]?.diagnostics.some((line) => line.includes('Expected ptr[i] (0) == i (1)')));
  const skipped = report.results.filter((result) => result.status === 'skip');
  assert.equal(
    skipped.map((result) => result.reason),
    ['Huge page not available', 'Skipping test, could not find gup_test driver'],
  );
});

test('hmm-tests that died: the test that was running is named', () => {
  const report = parseKtap(fixture('hmm-tests-died.tap'));
  const crashed = report.results.filter((result) => result.status === 'crashed');
  assert.is(crashed[0]?.id, 'hmm.hmm_device_private.migrate_fault');
  assert.is(crashed.length, 38 - 12);
  assert.is(report.results.length, 38);
});

test('hmm-tests below kselftest: the last pass hides nothing', () => {
  const report = parseKtap(fixture('kselftest-nested.tap'));
  assert.is(report.results.length, 39);
  assert.is(report.results[0]?.id, 'selftests: mm: hmm-tests / hmm.hmm_device_private.open_close');
  assert.equal(report.results.at(-1)?.status, 'skip');
  assert.equal(report.results.at(-1)?.reason, 'no KSM in this kernel');
  assert.equal(problems(report), []);
});

test('hmm-tests as Linux 7.3.4 printed it on a console, without /tmp and debugfs', () => {
  const report = parseKtap(fixture('recorded-hmm-tests.tap'));
  assert.is(report.planned, 78);
  assert.equal(problems(report), []);
  const count = (status: string): number =>
    report.results.filter((result) => result.status === status).length;
  // "Totals: pass:35 fail:3 xfail:0 xpass:0 skip:40 error:0", by its own words.
  assert.equal([count('pass'), count('fail'), count('skip'), report.results.length], [35, 3, 40, 78]);
  const failed = report.results.find(({ status }) => status === 'fail');
  assert.is(failed?.id, 'hmm.hmm_device_private.file_read');
  assert.ok(failed?.diagnostics.some((line) => line.includes('file_read:Expected fd (-1) >= 0 (0)')));
  assert.ok(report.results.some(({ reason }) => reason === 'DEVICE_COHERENT not available'));
});

test.run();
