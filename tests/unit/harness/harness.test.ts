import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { judge, uvuCount } from '../../harness/judge.js';
import { complaints, type FileReport, type SuiteReport } from '../../harness/registry.js';
import { runFile, type FileResult } from '../../harness/run-file.js';
import { findTests, runTests, withSource, type RunnerOptions } from '../../harness/runner.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('harness', { timeoutMs: 20_000 });

const SUITE_MODULE = JSON.stringify(new URL('../../harness/suite.js', import.meta.url).href);
const HEAD = `import { suite } from ${SUITE_MODULE};\nimport * as assert from 'uvu/assert';\n`;

function fixture(body: string, head = HEAD): { file: string; root: string } {
  const root = scratchDir('fixture');
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  symlinkSync(join(projectRoot(), 'node_modules'), join(root, 'node_modules'));
  const file = join(root, 'x.test.js');
  writeFileSync(file, head + body);
  return { file, root };
}

const OPTIONS: Omit<RunnerOptions, 'root'> = { jobs: 2, fileTimeoutMs: 5000, say: () => {} };

async function result(
  body: string,
  head?: string,
  options: Partial<RunnerOptions> = {},
): Promise<FileResult> {
  const { file, root } = fixture(body, head);
  return runFile(file, { ...OPTIONS, root, ...options });
}

test('a good file passes and is counted', async () => {
  const got = await result(`const t = suite('good'); t('a', () => {}); t('b', async () => {}); t.run();
const u = suite('also good'); u('c', () => assert.is(1, 1)); u.skip('d', 'no kvm'); u.run();`);
  assert.equal([got.passed, got.failed, got.skipped], [3, 0, 1], got.output + got.trouble.join('\n'));
  assert.equal(got.trouble, []);
});

/** Each of these is a hole of uvu, or was one of ours; each must fail, and say what was wrong. */
const BAD: readonly (readonly [name: string, body: string, says: RegExp])[] = [
  ['a failing assertion', `const t = suite('s'); t('a', () => assert.is(1, 2)); t.run();`, /failed: s "a"/],
  [
    'a throwing before()',
    `const t = suite('s'); t.before(() => { throw new Error('x'); }); t('a', () => {}); t.run();`,
    /failed: s "a"/,
  ],
  [
    'a throwing after()',
    `const t = suite('s'); t.after(() => { throw new Error('x'); }); t('a', () => {}); t.run();`,
    /after\(\)/,
  ],
  [
    'a throwing before.each',
    `const t = suite('s'); t.before.each(() => { throw new Error('x'); }); t('a', () => {}); t.run();`,
    /"a"/,
  ],
  [
    'a throwing after.each',
    `const t = suite('s'); t.after.each(() => { throw new Error('x'); }); t('a', () => {}); t.run();`,
    /"a"/,
  ],
  ['throw null', `const t = suite('s'); t('a', () => { throw null; }); t.run();`, /"a"/],
  [
    'throw null in before()',
    `const t = suite('s'); t.before(() => { throw null; }); t('a', () => {}); t.run();`,
    /"a"/,
  ],
  ['throw undefined', `const t = suite('s'); t('a', async () => { throw undefined; }); t.run();`, /"a"/],
  ['a forgotten run()', `const t = suite('s'); t('a', () => {});`, /run\(\) was never called/],
  [
    'a forgotten run() beside a good suite',
    `const t = suite('s'); t('a', () => {}); const u = suite('u'); u('b', () => {}); u.run();`,
    /suite s: \.run\(\) was never called/,
  ],
  ['an empty suite', `const t = suite('s'); t.run();`, /no tests/],
  [
    'a test that never ends',
    `const t = suite('s'); t('a', () => new Promise(() => {}), { timeoutMs: 50 }); t.run();`,
    /"a"/,
  ],
  [
    'a test with nothing to wake it',
    `const t = suite('s', { timeoutMs: Infinity }); t('a', () => new Promise(() => {})); t.run();`,
    /did not finish/,
  ],
  [
    'process.exit(0) in a test',
    `const t = suite('s'); t('a', () => process.exit(0)); t('b', () => {}); t.run();`,
    /did not finish/,
  ],
  ['an error while loading', `throw new Error('x');`, /did not report/],
  [
    'an error after the tests',
    `const t = suite('s'); t('a', () => { setTimeout(() => { throw new Error('late'); }, 100); }); t.run();`,
    /exit code/,
  ],
  [
    'an unhandled rejection',
    `const t = suite('s'); t('a', () => { void Promise.reject(new Error('late')); }); t.run();`,
    /exit code|did not finish/,
  ],
  ['a test after run()', `const t = suite('s'); t('a', () => {}); t.run(); t('b', () => {});`, /exit code/],
  [
    'two tests of one name',
    `const t = suite('s'); t('a', () => {}); t('a', () => {}); t.run();`,
    /never called/,
  ],
];
// Two at a time and ahead of the tests that look at them: most of the time goes into starting node.
const bad = new Map<string, FileResult>();
test.before(async () => {
  const queue = [...BAD];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      bad.set(next[0], await result(next[1]));
    }
  };
  await Promise.all([work(), work()]);
});
for (const [name, , says] of BAD) {
  test(`fails: ${name}`, () => {
    const got = bad.get(name);
    assert.ok(got !== undefined && got.failed > 0, got?.output);
    assert.match(got?.trouble.join('\n') ?? '', says);
  });
}

test('an error whose details are no text does not break off the suite', async () => {
  const got = await result(`const t = suite('s');
t('a', () => { throw Object.assign(new Error('first'), { details: { remedy: 'do that' }, name: 'CiError' }); });
t('b', () => { throw Object.assign(new Error('second'), { cause: new Error('deep') }); });
t('c', () => { throw Object.assign(new Error('third'), { name: '' }); });
t('d', () => {}); t.run();`);
  assert.equal([got.passed, got.failed], [1, 3], got.output);
  assert.match(got.output, /CiError: first[\s\S]*do that[\s\S]*second[\s\S]*deep/);
});

test('fails: uvu without the harness', async () => {
  const got = await result(`import { test } from 'uvu'; test('a', () => {}); test.run();`, '');
  assert.is(got.failed, 1);
  assert.match(got.trouble.join('\n'), /did not report/);
});

test('a file that keeps running is killed; one that states more time gets it', async () => {
  const slow = (options: string): string =>
    `const t = suite('s', ${options}); t('a', () => new Promise((r) => setTimeout(r, 700))); t.run();`;
  const killed = await result(slow('{}'), HEAD, { fileTimeoutMs: 400 });
  assert.is(killed.failed, 1);
  assert.match(killed.trouble[0] ?? '', /did not end within 400 ms/);
  const given = await result(slow('{ fileTimeoutMs: 5000 }'), HEAD, { fileTimeoutMs: 400 });
  assert.equal([given.passed, given.failed], [1, 0], given.trouble.join('\n'));
  const busy = await result(`const t = suite('s'); t('a', () => { for (;;); }); t.run();`, HEAD, {
    fileTimeoutMs: 400,
  });
  assert.is(busy.failed, 1);
});

test('the whole: one line a file, failures in full, and the sum alone on the last line', async () => {
  const good = fixture(`const t = suite('g'); t('a', () => {}); t('b', () => {}); t.run();`);
  const bad = fixture(
    `const t = suite('s'); t('a', () => {}); t('broken', () => assert.is(1, 2, 'reason')); t.run();`,
  );
  const said: string[] = [];
  const all = await runTests([good.file, bad.file], {
    ...OPTIONS,
    root: '/',
    say: (text) => void said.push(text),
  });
  assert.is(all, false);
  const text = said.join('\n');
  assert.match(text, /^ok {4}.*x\.test\.js {2}2 passed/m);
  assert.match(text, /^FAIL {2}.*x\.test\.js {2}1 passed, 1 failed/m);
  assert.match(text, 'reason');
  assert.is(said.at(-1), '3 passed, 1 failed');
  assert.is(await runTests([good.file], { ...OPTIONS, root: '/' }), true);
});

test('no test at all is a failure', async () => {
  const said: string[] = [];
  assert.is(await runTests([], { ...OPTIONS, root: '/', say: (text) => void said.push(text) }), false);
  assert.is(said.at(-1), '0 passed, 1 failed');
});

test('finds tests in all folders, and leaves out those whose source is gone', () => {
  const root = scratchDir();
  const [out, source] = [join(root, 'out'), join(root, 'src')];
  for (const folder of [join(out, 'a'), join(source, 'a')]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(out, 'a', 'kept.test.js'), '');
  writeFileSync(join(out, 'a', 'gone.test.js'), '');
  writeFileSync(join(out, 'a', 'helper.js'), '');
  writeFileSync(join(source, 'a', 'kept.test.ts'), '');
  assert.equal(findTests(out), [join(out, 'a', 'gone.test.js'), join(out, 'a', 'kept.test.js')]);
  assert.equal(withSource(findTests(out), out, source), [join(out, 'a', 'kept.test.js')]);
});

test('complaints: every way in which a report can be short', () => {
  const ok: SuiteReport = { name: 's', state: 'finished', declared: 2, passed: 2, failures: [], skipped: [] };
  const file = (...suites: SuiteReport[]): FileReport => ({ complete: true, suites });
  assert.equal(complaints(file(ok)), []);
  assert.match(complaints(file({ ...ok, passed: 1 })).join(), 'only 1 accounted for');
  assert.match(complaints({ complete: false, suites: [ok] }).join(), 'did not come to its end');
  assert.match(complaints(file()).join(), 'no suite');
});

test('uvu is the second witness', () => {
  const ok: SuiteReport = { name: 's', state: 'finished', declared: 1, passed: 1, failures: [], skipped: [] };
  const end = { exitCode: 0, signal: null, stdout: '  Total:     2\n  Passed:    1\n' };
  assert.equal(uvuCount(end.stdout), { total: 2, passed: 1 });
  assert.match(judge(end, { complete: true, suites: [ok] }).join(), 'uvu passed 1 of 2');
  assert.match(judge({ ...end, stdout: '' }, { complete: true, suites: [ok] }).join(), 'did not count');
});

/** Runs files of one test each, which takes 50 ms; what they noted of their beginnings and ends. */
async function noted(names: readonly string[], options: Partial<RunnerOptions>): Promise<string[]> {
  const root = scratchDir('noted');
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  symlinkSync(join(projectRoot(), 'node_modules'), join(root, 'node_modules'));
  const log = join(root, 'log');
  const files = names.map((name) => {
    const file = join(root, `${name}.test.js`);
    const note = (what: string): string => `appendFileSync(${JSON.stringify(log)}, '${name} ${what}\\n');`;
    writeFileSync(
      file,
      `${HEAD}import { appendFileSync } from 'node:fs';
const t = suite('${name}');
t('a', async () => { ${note('begins')} await new Promise((done) => setTimeout(done, 50)); ${note('ends')} });
t.run();`,
    );
    return file;
  });
  assert.ok(await runTests(files, { ...OPTIONS, root, ...options }));
  return readFileSync(log, 'utf8').trim().split('\n');
}

test('a file that must be alone runs after the others, and nothing beside it', async () => {
  const lines = await noted(['alone', 'b', 'c'], { alone: (file) => file.endsWith('alone.test.js') });
  assert.equal(lines.slice(-2), ['alone begins', 'alone ends']);
});

test('files that wait run one by one and take no place of the others, but none of those that must be alone', async () => {
  const lines = await noted(['w', 'v', 'alone', 'a'], {
    jobs: 1,
    alone: (file) => file.endsWith('alone.test.js'),
    waits: (file) => /(w|v|alone)\.test\.js$/.test(file),
  });
  assert.equal(lines.slice(-2), ['alone begins', 'alone ends']);
  const before = lines.slice(0, -2);
  assert.equal(before.length, 6);
  assert.equal(
    before.filter((line) => !line.startsWith('a ')),
    ['w begins', 'w ends', 'v begins', 'v ends'],
  );
  // Each is a process of its own: with one place for both, one of them would end before the other begins.
  assert.ok(lines.indexOf('a begins') < lines.indexOf('v begins'));
});

test.run();
